"""A whole sheet as people see it: counted, expected at that moment, what varies and what looks wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from api.catalog.models import Product
from api.catalog.repository import get_location, get_products
from api.core.access import Principal
from api.domain.units import UNITS
from api.inventory.counts import repository
from api.inventory.counts.flags import Evidence, flags
from api.inventory.counts.lines import units_of
from api.inventory.counts.models import Count, CountItem, CountLine
from api.inventory.counts.repository import Found
from api.inventory.counts.schemas import (
    AreaReference,
    CountAnswer,
    CountItemAnswer,
    LastCount,
    LineAnswer,
    RecountAnswer,
    Totals,
)
from api.inventory.counts.sheets import product_of, summary_fields
from api.ledger.counting import (
    CountableItem,
    DailyUsage,
    Measure,
    daily_usage,
    items_by_id,
    measures,
    moved_otherwise,
)

APPROVE = "counts.approve"
USAGE_DAYS = 28
COMPANIONS = {"g": "kg", "kg": "g", "ml": "l", "l": "ml"}
"""The unit beside the stock unit that is on every scale and jug."""


@dataclass(frozen=True, slots=True)
class Tally:
    """An item of a sheet and what its latest round says: the sum of its lines, and when they were counted."""

    item: CountItem
    lines: Sequence[CountLine]
    counted: Decimal | None
    first_at: datetime | None
    last_at: datetime | None

    @property
    def latest(self) -> list[CountLine]:
        """The lines that count."""
        return standing(self.item, self.lines)


@dataclass(frozen=True, slots=True)
class Books:
    """What the ledger and earlier counts know about the items of a sheet."""

    kept: Mapping[UUID, CountableItem]
    products: Mapping[UUID, Product]
    measured: Mapping[UUID, Measure]
    last: Mapping[UUID, Found]
    usage: Mapping[UUID, DailyUsage]
    otherwise: Mapping[UUID, Decimal]


def standing(item: CountItem, lines: Iterable[CountLine]) -> list[CountLine]:
    """The lines of an item's latest round that were not withdrawn."""
    return [line for line in lines if line.round == item.round and not line.is_withdrawn]


def tallies(session: Session, count: Count) -> list[Tally]:
    """What each item of the sheet was counted at, in shelf order.

    Sub-counts add up. They are measured as of the first of them: see the README beside this file.
    """
    lines = repository.lines_of(session, count.id)
    found = []
    for item in repository.items_of(session, count.id):
        own = lines.get(item.id, [])
        latest = standing(item, own)
        moments = [line.counted_at for line in latest]
        found.append(
            Tally(
                item,
                own,
                sum((line.quantity for line in latest), Decimal(0)) if latest else None,
                min(moments, default=None),
                max(moments, default=None),
            )
        )
    return found


def shows_expected(principal: Principal, count: Count) -> bool:
    """Whether this person may see what the books say: on a blind sheet not before it is reviewed."""
    if not count.is_blind or count.status == "posted":
        return True
    return count.status != "counting" and principal.may(APPROVE, count.location_id)


def present(session: Session, principal: Principal, count: Count) -> CountAnswer:
    """The sheet as this person may see it."""
    shelf = tallies(session, count)
    books = _books(session, count, shelf)
    is_open = shows_expected(principal, count)
    items = [_item(tally, books, count, is_open=is_open) for tally in shelf]
    done = {count.id: (len(shelf), sum(tally.counted is not None for tally in shelf))}
    return CountAnswer(
        **summary_fields(count, done),
        areas=[AreaReference(id=row.area_id, name=row.name) for row in repository.areas_of(session, count.id)],
        shows_expected=is_open,
        items=items,
        recounts=[RecountAnswer.model_validate(row) for row in repository.recounts_of(session, count.id)],
        totals=_totals(items, _currency(session, count), is_open=is_open),
    )


def _currency(session: Session, count: Count) -> str:
    location = get_location(session, count.location_id)
    assert location is not None
    return location.currency


def _books(session: Session, count: Count, shelf: Sequence[Tally]) -> Books:
    item_ids = [tally.item.item_id for tally in shelf]
    kept = items_by_id(session, count.location_id, item_ids)
    last = repository.last_found(session, item_ids, besides=count.id)
    counted = [(tally.item.item_id, tally.first_at) for tally in shelf if tally.first_at is not None]
    spans = [(item_id, last[item_id].measured_at, at) for item_id, at in counted if item_id in last]
    return Books(
        kept=kept,
        products=get_products(session, {item.product_id for item in kept.values()}),
        measured=measures(session, [(tally.item.item_id, tally.first_at, tally.last_at) for tally in shelf]),
        last=last,
        usage=daily_usage(session, counted, days=USAGE_DAYS),
        otherwise=moved_otherwise(session, spans),
    )


def _item(tally: Tally, books: Books, count: Count, *, is_open: bool) -> CountItemAnswer:
    item = tally.item
    kept = books.kept[item.item_id]
    product = books.products[kept.product_id]
    latest = tally.latest
    answer: dict[str, Any] = {
        "id": item.id,
        "item_id": item.item_id,
        "product": product_of(kept),
        "area": AreaReference(id=kept.area_id, name=kept.area_name),
        "unit": kept.unit,
        "units": offered_units(product),
        "position": item.position,
        "is_found": item.is_found,
        "round": item.round,
        "is_recount_due": item.round > 1 and not latest,
        "lines": [LineAnswer.model_validate(line) for line in tally.lines],
        "counted": tally.counted,
        "measured_at": tally.first_at,
        "last_counted_at": tally.last_at,
        "movement_id": item.movement_id,
    }
    hidden = ("expected", "moved_meanwhile", "variance", "unit_cost", "variance_value", "last_count", "flags")
    seen = _what_the_books_say(tally, books, product, count) if is_open else dict.fromkeys(hidden)
    return CountItemAnswer(**answer, **seen)


def _what_the_books_say(tally: Tally, books: Books, product: Product, count: Count) -> dict[str, Any]:
    """Expected, variance and value: of a posted count as it was posted, else as it would be posted now."""
    item, measure = tally.item, books.measured[tally.item.item_id]
    expected, variance, value = item.expected, item.variance, item.variance_value
    if count.status != "posted":
        expected = measure.expected
        variance = None if tally.counted is None else tally.counted - expected
        value = None if variance is None else round(variance * measure.avg_cost, 6)
    last = books.last.get(item.item_id)
    return {
        "expected": expected,
        "moved_meanwhile": None if tally.counted is None else measure.moved,
        "variance": variance,
        "unit_cost": _unit_cost(measure, variance, value),
        "variance_value": value,
        "last_count": None if last is None else LastCount(quantity=last.counted, counted_at=last.measured_at),
        "flags": _flags(tally, books, product, expected),
    }


def _unit_cost(measure: Measure, variance: Decimal | None, value: Decimal | None) -> Decimal:
    """The average cost at which the variance is valued; for a posted one that of then."""
    return round(value / variance, 6) if variance and value is not None else measure.avg_cost


def _flags(tally: Tally, books: Books, product: Product, expected: Decimal | None) -> list[Any]:
    if tally.counted is None or tally.first_at is None or expected is None:
        return []
    item_id = tally.item.item_id
    last, usage = books.last.get(item_id), books.usage.get(item_id)
    return flags(
        Evidence(
            unit=product.stock_unit,
            counted=tally.counted,
            expected=expected,
            measured_at=tally.first_at,
            moved_meanwhile=books.measured[item_id].moved,
            packs=_packs(product),
            last_count=None if last is None else last.counted,
            last_counted_at=None if last is None else last.measured_at,
            came_otherwise=books.otherwise.get(item_id, Decimal(0)),
            usage_mean=None if usage is None else usage.mean,
            usage_deviation=Decimal(0) if usage is None else usage.deviation,
        )
    )


def offered_units(product: Product) -> list[str]:
    """The units that a counter is offered, the stock unit first; others that convert are taken as well."""
    offered = [product.stock_unit, *(unit.unit for unit in product.units)]
    offered += [COMPANIONS[product.stock_unit]] if product.stock_unit in COMPANIONS else []
    return list(dict.fromkeys(offered))


def _packs(product: Product) -> dict[str, Fraction]:
    """The units that are easily mistaken for the stock unit, with their stock units."""
    units = units_of(product)
    companion = COMPANIONS.get(product.stock_unit)
    packs = {unit.unit: units.factor(unit.unit) for unit in product.units}
    if companion is not None and companion in UNITS:
        packs.setdefault(companion, units.factor(companion))
    return packs


def _totals(items: Sequence[CountItemAnswer], currency: str, *, is_open: bool) -> Totals:
    counted = [item for item in items if item.counted is not None]
    answer: dict[str, Any] = {"items": len(items), "counted_items": len(counted), "currency": currency}
    if not is_open:
        hidden = ("varying_items", "flagged_items", "expected_value", "counted_value")
        return Totals(**answer, **dict.fromkeys((*hidden, "gain_value", "loss_value", "variance_value")))
    values = [item.variance_value or Decimal(0) for item in counted]
    expected = sum((_worth(item, item.expected) for item in counted), Decimal(0))
    return Totals(
        **answer,
        varying_items=sum(bool(item.variance) for item in counted),
        flagged_items=sum(bool(item.flags) for item in counted),
        expected_value=expected,
        counted_value=expected + sum(values, Decimal(0)),
        gain_value=sum((value for value in values if value > 0), Decimal(0)),
        loss_value=sum((value for value in values if value < 0), Decimal(0)),
        variance_value=sum(values, Decimal(0)),
    )


def _worth(item: CountItemAnswer, quantity: Decimal | None) -> Decimal:
    return round((quantity or Decimal(0)) * (item.unit_cost or Decimal(0)), 6)
