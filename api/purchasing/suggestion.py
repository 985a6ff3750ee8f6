"""How many packs to order, with every term of the arithmetic kept so that it can be shown. Standard library only."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Any

TWICE = Decimal(2)


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known of one product at one place, in its stock unit."""

    on_hand: Decimal
    on_order: Decimal
    reorder_point: Decimal | None
    par_level: Decimal | None
    unit: str


@dataclass(frozen=True, slots=True)
class PackTerms:
    """How the product is sold: one pack in stock units, the fewest packs of a line, and their multiple."""

    stock_quantity: Decimal
    minimum: int = 1
    multiple: int = 1


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The answer and its terms: quantities in the product's stock unit, `packs` in whole packs."""

    rule: str
    need: Decimal
    on_hand: Decimal
    on_order: Decimal
    have: Decimal
    raw: Decimal
    pack: Decimal
    packs_exact: Decimal
    packs_whole: int
    minimum_packs: int
    pack_multiple: int
    packs: int
    unit: str

    def terms(self) -> dict[str, Any]:
        """The terms as they are kept beside the order's line: decimals as strings."""
        return {name: _plain(value) for name, value in asdict(self).items()}


def suggest(situation: Situation, pack: PackTerms) -> Suggestion:
    """`raw = max(0, need - have)`, then up to whole packs, the line's minimum and its multiple.

    `need` is the par level; without one, twice the reorder point: enough to stand as far above it as zero is below.
    `have` is what is on hand (debts of stock count: they are used already) and what is on order.
    """
    rule, need = _need(situation)
    have = situation.on_hand + situation.on_order
    raw = max(Decimal(0), need - have)
    exact = raw / pack.stock_quantity
    whole = int(exact.to_integral_value(ROUND_CEILING))
    return Suggestion(
        rule=rule,
        need=need,
        on_hand=situation.on_hand,
        on_order=situation.on_order,
        have=have,
        raw=raw,
        pack=pack.stock_quantity,
        packs_exact=exact.quantize(Decimal("0.001")),
        packs_whole=whole,
        minimum_packs=pack.minimum,
        pack_multiple=pack.multiple,
        packs=_fit(whole, pack),
        unit=situation.unit,
    )


def _need(situation: Situation) -> tuple[str, Decimal]:
    reorder_point = situation.reorder_point or Decimal(0)
    if situation.par_level is not None and situation.par_level > reorder_point:
        return "par_level", situation.par_level
    return "twice_reorder_point", reorder_point * TWICE


def _fit(whole: int, pack: PackTerms) -> int:
    """Raise to the minimum, then to the multiple; nothing stays nothing."""
    if whole <= 0:
        return 0
    raised = max(whole, pack.minimum)
    return -(-raised // pack.multiple) * pack.multiple


def _plain(value: Any) -> Any:
    """A decimal in plain notation without trailing zeros."""
    if not isinstance(value, Decimal):
        return value
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
