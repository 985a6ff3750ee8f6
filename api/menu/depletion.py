"""A business day's sales taken from stock: recipes explode them into one `sale` movement per product.

What was taken is kept with the day. The same sales again change nothing; other sales, or a corrected recipe, take the
standing revision back by reversals and post the next one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
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
from api.ledger.posting import post_movements
from api.ledger.reversal import reverse
from api.ledger.usage import items_in_use
from api.menu import repository
from api.menu.explosion import theoretical_usage
from api.menu.models import Depletion
from api.menu.schemas import DepletionAnswer, NewDepletion
from api.menu.service import recipe_book

SOURCE = "pos"


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
    usage, units, unmapped = _explode(session, body)
    repository.lock_day(session, location.id, body.business_day)
    standing = repository.latest_depletion(session, location.id, body.business_day)
    digest = content_digest(*(part for pair in sorted(usage.items()) for part in pair))
    if standing is not None and standing.content_digest == digest:
        return _answer("unchanged", standing, unmapped)
    revision = 1
    if standing is not None:
        _take_back(session, actor_id, standing)
        revision = standing.revision + 1
    day = Depletion(
        location_id=location.id,
        business_day=body.business_day,
        revision=revision,
        content_digest=digest,
        movement_count=len(usage),
        occurred_at=at,
        usage={str(product_id): str(quantity) for product_id, quantity in sorted(usage.items())},
    )
    session.add(day)
    _post(session, actor_id, day, usage, units)
    _audit(session, actor_id, day)
    return _answer("posted", day, unmapped)


def _moment(location: Location, day: date) -> datetime:
    """The middle of the business day, so that counts before opening and after closing see it on the right side."""
    start, end = day_bounds(day, location.time_zone, location.day_cutoff)
    now = datetime.now(UTC)
    if start > now:
        today = business_day(now, location.time_zone, location.day_cutoff)
        problem = FieldProblem("business_day", "in_the_future", f"It is {today} at {location.code}.")
        raise Invalid("The business day has not begun.", code="in_the_future", errors=(problem,))
    return min(start + (end - start) / 2, now)


def _explode(session: Session, body: NewDepletion) -> tuple[dict[UUID, Decimal], dict[UUID, str], list[str]]:
    """Usage by product in stock units, the stock units, and the codes that nothing is known to go into."""
    sold: defaultdict[str, Fraction] = defaultdict(Fraction)
    for sale in body.sales:
        sold[sale.menu_item_code] += Fraction(sale.quantity)
    items = repository.find_codes(session, sold.keys())
    book, products = recipe_book(session, body.business_day, items.values())
    exact = theoretical_usage(book, {items[code]: portions for code, portions in sold.items() if code in items})
    rounded = {product_id: as_stored(quantity) for product_id, quantity in exact.items()}
    usage = {product_id: quantity for product_id, quantity in rounded.items() if quantity}
    units = {product_id: products[product_id].stock_unit for product_id in usage}
    unmapped = sorted(code for code in sold if code not in items or items[code] not in book.dishes)
    return usage, units, unmapped


def _natural_key(day: Depletion, product_id: UUID | str) -> str:
    return f"{day.business_day} {day.location_id} {product_id}"


def _post(
    session: Session, actor_id: UUID, day: Depletion, usage: Mapping[UUID, Decimal], units: Mapping[UUID, str]
) -> None:
    items = items_in_use(session, day.location_id, usage.keys())
    movements = [
        NewMovement(
            id=derived_id(day.occurred_at, "depletion", _natural_key(day, product_id), day.revision),
            kind="sale",
            product_id=product_id,
            quantity=quantity,
            unit=units[product_id],
            from_item_id=items[product_id],
            occurred_at=day.occurred_at,
            source=SOURCE,
            actor_id=actor_id,
            reference=f"sales {day.business_day} revision {day.revision}",
        )
        for product_id, quantity in sorted(usage.items())
    ]
    for start in range(0, len(movements), MAX_BATCH):
        post_movements(session, movements[start : start + MAX_BATCH])


def _take_back(session: Session, actor_id: UUID, standing: Depletion) -> None:
    """Reverse every movement of a revision; one that a person reversed before stays as it is."""
    for product_id in standing.usage:
        movement_id = derived_id(
            standing.occurred_at, "depletion", _natural_key(standing, product_id), standing.revision
        )
        reverse(session, movement_id, actor_id=actor_id, source=SOURCE, reason_code="sales_corrected")


def _answer(status: str, day: Depletion, unmapped: list[str]) -> DepletionAnswer:
    return DepletionAnswer.model_validate(
        {
            "status": status,
            "revision": day.revision,
            "movement_count": day.movement_count,
            "unmapped": unmapped,
        }
    )


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
