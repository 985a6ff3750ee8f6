"""Labels of the house among unknown codes: a template says which digits are the item and which the value.

Nothing here runs for a code that the catalogue knows as it is; a batch with labels costs two or three further queries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Protocol

from api.catalog.label_templates.reading import Label, may_be_label, read_label
from api.domain.units import as_stored
from api.ledger import scanning
from api.ledger.scanning import Connection, Resolved
from api.scans import planning, repository
from api.scans.planning import Capture, Reading
from api.scans.repository import LabelPrice


class Labelled(Protocol):
    """A scan in the works."""

    n: int
    capture: Capture
    reading: Reading
    found: Resolved | None


def is_candidate(plan: Labelled) -> bool:
    """Whether the code is unknown as it stands, and may be a label."""
    found = plan.found
    return found is not None and found.product_id is None and may_be_label(plan.reading.key)


async def read_labels(connection: Connection, plans: Sequence[Labelled]) -> None:
    """Read each label by its location's templates and look its item up; what fits none is left as it is."""
    templates = await repository.label_templates(connection)
    labels: dict[int, tuple[Labelled, Label]] = {}
    for plan in plans:
        label = read_label(plan.reading.key, templates, plan.capture.scan.location_id)
        if label is not None:
            labels[plan.n] = (plan, label)
    if not labels:
        return
    wanted = [planning.wanted(n, plan.capture.scan, label.key) for n, (plan, label) in labels.items()]
    priced = {label.key for _, label in labels.values() if label.measures == "price"}
    prices = await repository.label_prices(connection, priced) if priced else {}
    for found in await scanning.resolve(connection, wanted):
        plan, label = labels[found.n]
        plan.found = found
        plan.reading = _reading(plan, label, prices.get((label.key, plan.capture.scan.location_id)))


def _reading(plan: Labelled, label: Label, price: LabelPrice | None) -> Reading:
    reading = replace(plan.reading, key=label.key)
    if not label.is_sound:
        return replace(reading, problem="bad_check_digit")
    if label.measures == "price":
        if price is None:
            asks = "The label says a price alone, and the code has no price per pack in this currency: say how much."
            return replace(reading, asks=asks)
        return replace(reading, measure=(_packs_for(label.amount, price), price.pack_unit))
    assert label.unit is not None
    return replace(reading, measure=(label.amount, label.unit))


def _packs_for(amount: Decimal, price: LabelPrice) -> Decimal:
    """How much of the pack's unit costs `amount`: 4.98 at 24.90 for 1 kg is 0.2 kg; rounded once, to six decimals."""
    return as_stored(Fraction(amount) / Fraction(price.pack_price) * Fraction(price.pack_quantity))
