"""What a label of a house says: the item's code without the value, and the value."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from biip.checksums import gs1_price_weight_check_digit

from api.domain.label_patterns import PREFIXES, LabelPattern, Reading

STARTS = tuple(f"0{prefix}" for prefix in PREFIXES)


class Template(Protocol):
    """A label template, whichever query it came from."""

    @property
    def pattern(self) -> str:
        """The places of the label."""

    @property
    def unit(self) -> str | None:
        """What a weight or quantity is in."""

    @property
    def decimals(self) -> int:
        """How many digits of the value stand behind the point."""

    @property
    def location_id(self) -> UUID | None:
        """Where it holds; None means everywhere."""


@dataclass(frozen=True, slots=True)
class Label:
    """A label that was read: `key` is its item's code in 14 digits; `amount` is in `unit`, a price in money."""

    key: str
    measures: str
    amount: Decimal
    unit: str | None
    is_sound: bool
    """Whether the value's own check digit fits, where the label has one."""


def may_be_label(key: str) -> bool:
    """Whether a 14-digit code is one for circulation within a company, which a template may give a meaning."""
    return len(key) == 14 and key.startswith(STARTS)


def read_label(key: str, templates: Iterable[Template], location_id: UUID | None) -> Label | None:
    """What the label says there: the location's template before one for everywhere, a narrower before a wider."""
    readings = readings_of(key, [t for t in templates if t.location_id in {None, location_id}])
    return readings[0] if readings else None


def readings_of(key: str, templates: Sequence[Template]) -> list[Label]:
    """What each fitting template makes of the label, the nearest and narrowest first."""
    if not may_be_label(key):
        return []
    patterns = [(LabelPattern.of(template.pattern), template) for template in templates]
    patterns.sort(key=lambda pair: (pair[1].location_id is None, -pair[0].literals, pair[0].places))
    found = [(pattern, template, pattern.read(key[1:])) for pattern, template in patterns]
    return [_label(pattern, template, reading) for pattern, template, reading in found if reading is not None]


def _label(pattern: LabelPattern, template: Template, reading: Reading) -> Label:
    amount = Decimal(int(reading.value)).scaleb(-template.decimals)
    is_sound = reading.check is None or gs1_price_weight_check_digit(reading.value) == int(reading.check)
    return Label(reading.base, pattern.measures, amount, template.unit, is_sound)
