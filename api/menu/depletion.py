"""A business day's sales taken from stock: recipes explode them into one `sale` movement per product.

What was taken is kept with the day. The same sales again change nothing; other sales, or a corrected recipe, take the
standing revision back by reversals and post the next one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from api.audit.record import record
from api.catalog.errors import LocationNotFound
from api.catalog.models import Location
from api.catalog.repository import get_location
from api.core.errors import FieldProblem, Invalid
from api.domain.business_day import business_day, day_bounds
from api.domain.ids import derived_id
from api.domain.movements import MAX_BATCH, NewMovement, content_digest
from api.domain.units import as_stored
from api.ledger.locking import lock_products
from api.ledger.posting import post_movements
from api.ledger.reversal import reverse_all
from api.ledger.usage import items_in_use
from api.menu import repository
from api.menu.books import DayBook, Unmeasured, day_book
from api.menu.explosion import theoretical_usage
from api.menu.models import Depletion
from api.menu.schemas import DepletionAnswer, NewDepletion, UnmappedCode

SOURCE = "pos"
UNMEASURED = "unconvertible_unit"


@dataclass(frozen=True, slots=True)
class Exploded:
    """A day's sales as usage by product in stock units, and the sales, or lines, that nothing could be said about."""

    usage: dict[UUID, Decimal]
    units: dict[UUID, str]
    unmapped: list[dict[str, Any]]

    @property
    def digest(self) -> bytes:
        """The same for the same usage."""
        return content_digest(*(part for pair in sorted(self.usage.items()) for part in pair))


def deplete(session: Session, *, actor_id: UUID, body: NewDepletion) -> DepletionAnswer:
    """Take a day's sales from stock, or tell that they were taken already.

    Raises:
        LocationNotFound: there is no such location.
        Invalid: the business day has not begun.
        InsufficientStock: the location bars negative stock.
    """
    location = get_location(session, body.location_id)
    if location is None:
        raise LocationNotFound("There is no such location, or none that you may see.")
    at = _moment(location, body.business_day)
    repository.lock_day(session, location.id, body.business_day)
    exploded = _explode(session, body)
    standing = repository.latest_depletion(session, location.id, body.business_day)
    if standing is not None and standing.content_digest == exploded.digest:
        standing.unmapped = exploded.unmapped  # the menu may have learnt a code that nothing goes into
        return _answer("unchanged", standing)
    day = Depletion(
        location_id=location.id,
        business_day=body.business_day,
        revision=1 if standing is None else standing.revision + 1,
        content_digest=exploded.digest,
        movement_count=len(exploded.usage),
        occurred_at=at,
        usage={str(product_id): str(quantity) for product_id, quantity in sorted(exploded.usage.items())},
        unmapped=exploded.unmapped,
    )
    session.add(day)
    _replace(session, actor_id, standing, day, exploded)
    _audit(session, actor_id, day)
    return _answer("posted", day)


def _replace(session: Session, actor_id: UUID, standing: Depletion | None, day: Depletion, exploded: Exploded) -> None:
    """Take the standing revision back and post the next one, with every item of both held from the start."""
    items = items_in_use(session, day.location_id, exploded.usage.keys())
    before = [] if standing is None else [UUID(product_id) for product_id in standing.usage]
    lock_products(session, day.location_id, {*before, *exploded.usage})
    if standing is not None:
        _take_back(session, actor_id, standing)
    _post(session, actor_id, day, exploded, items)


def _moment(location: Location, day: date) -> datetime:
    """The middle of the business day, so that counts before opening and after closing see it on the right side."""
    start, end = day_bounds(day, location.time_zone, location.day_cutoff)
    now = datetime.now(UTC)
    if start > now:
        today = business_day(now, location.time_zone, location.day_cutoff)
        problem = FieldProblem("business_day", "in_the_future", f"It is {today} at {location.code}.")
        raise Invalid("The business day has not begun.", code="in_the_future", errors=(problem,))
    return min(start + (end - start) / 2, now)


def _explode(session: Session, body: NewDepletion) -> Exploded:
    sold: defaultdict[str, Fraction] = defaultdict(Fraction)
    for sale in body.sales:
        sold[sale.menu_item_code] += Fraction(sale.quantity)
    items = repository.find_codes(session, sold.keys())
    day = day_book(session, body.business_day, items.values())
    exact = theoretical_usage(day.book, {items[code]: portions for code, portions in sold.items() if code in items})
    rounded = {product_id: as_stored(quantity) for product_id, quantity in exact.items()}
    usage = {product_id: quantity for product_id, quantity in rounded.items() if quantity}
    units = {product_id: day.products[product_id].stock_unit for product_id in usage}
    findings = (_finding(code, portions, items.get(code), day) for code, portions in sorted(sold.items()))
    return Exploded(usage, units, [finding for finding in findings if finding is not None])


def _finding(code: str, portions: Fraction, menu_item_id: UUID | None, day: DayBook) -> dict[str, Any] | None:
    """Why what was sold under a code is not, or not wholly, in the day's usage; None where it is."""
    lines: list[Unmeasured] = []
    if menu_item_id is None:
        reason = "unknown_code"
    elif menu_item_id not in day.book.dishes:
        reason = "no_recipe"
    elif lines := day.unmeasured_in(menu_item_id):
        reason = UNMEASURED
    else:
        return None
    named = [{"sku": day.products[line.product_id].sku, "unit": line.unit} for line in lines]
    return {"menu_item_code": code, "quantity": str(as_stored(portions)), "reason": reason, "lines": named}


def _natural_key(day: Depletion, product_id: UUID | str) -> str:
    return f"{day.business_day} {day.location_id} {product_id}"


def _post(session: Session, actor_id: UUID, day: Depletion, exploded: Exploded, items: Mapping[UUID, UUID]) -> None:
    movements = [
        NewMovement(
            id=derived_id(day.occurred_at, "depletion", _natural_key(day, product_id), day.revision),
            kind="sale",
            product_id=product_id,
            quantity=quantity,
            unit=exploded.units[product_id],
            from_item_id=items[product_id],
            occurred_at=day.occurred_at,
            source=SOURCE,
            actor_id=actor_id,
            reference=f"sales {day.business_day} revision {day.revision}",
        )
        for product_id, quantity in sorted(exploded.usage.items())
    ]
    for start in range(0, len(movements), MAX_BATCH):
        post_movements(session, movements[start : start + MAX_BATCH])


def _take_back(session: Session, actor_id: UUID, standing: Depletion) -> None:
    """Reverse every movement of a revision; one that a person reversed before stays as it is."""
    posted = [
        derived_id(standing.occurred_at, "depletion", _natural_key(standing, product_id), standing.revision)
        for product_id in standing.usage
    ]
    reverse_all(session, posted, actor_id=actor_id, source=SOURCE, reason_code="sales_corrected")


def _answer(status: str, day: Depletion) -> DepletionAnswer:
    unmapped = [each["menu_item_code"] for each in day.unmapped if each["reason"] != UNMEASURED]
    unmeasured = [each for each in day.unmapped if each["reason"] == UNMEASURED]
    return DepletionAnswer.model_validate(
        {
            "status": status,
            "revision": day.revision,
            "movement_count": day.movement_count,
            "unmapped": unmapped,
            "unmeasured": unmeasured,
        }
    )


def unmapped_sales(
    session: Session, *, visible: Collection[UUID] | None, location_id: UUID | None, since: date | None
) -> list[UnmappedCode]:
    """What was sold but not, or not wholly, taken from stock, most portions first; `visible=None`: every location."""
    rows = repository.unmapped_sales(session, visible=visible, location_id=location_id, since=since)
    return [UnmappedCode.model_validate(row) for row in rows]


def _audit(session: Session, actor_id: UUID, day: Depletion) -> None:
    record(
        session,
        actor_id=actor_id,
        action="depletion.posted",
        subject_type="location",
        subject_id=day.location_id,
        location_id=day.location_id,
        details={"business_day": str(day.business_day), "revision": day.revision, "movements": day.movement_count},
    )
