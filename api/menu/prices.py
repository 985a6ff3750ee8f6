"""What menu items sell for, from which day on, everywhere or at one location."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Row, case, select, text
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from api.menu.models import MenuItem, MenuItemPrice


@dataclass(frozen=True, slots=True)
class MenuPrice:
    """A price on a day; `is_first_known` says that the day lies before the first price there is."""

    price: Decimal | None
    is_first_known: bool = False


NO_PRICE = MenuPrice(None)


def note_price(
    session: Session,
    item: MenuItem,
    *,
    price: Decimal | None,
    actor_id: UUID,
    effective_from: date | None = None,
    location_id: UUID | None = None,
) -> MenuItemPrice:
    """Add a price from a day on (today, UTC), and let the item show the one in force today."""
    today = datetime.now(UTC).date()
    row = MenuItemPrice(
        menu_item_id=item.id,
        location_id=location_id,
        price=price,
        effective_from=effective_from or today,
        actor_id=actor_id,
    )
    session.add(row)
    session.flush()
    session.refresh(row)
    if location_id is None:
        item.price = prices_on(session, [item.id], today, None, is_first_known=False).get(item.id, NO_PRICE).price
        session.flush()
    return row


def prices_on(
    session: Session,
    menu_item_ids: Collection[UUID],
    on: date,
    location_id: UUID | None,
    *,
    is_first_known: bool = True,
) -> dict[UUID, MenuPrice]:
    """Per item its price on a day: the location's own, else everybody's, else (marked) the first that is known."""
    prices = MenuItemPrice
    is_later = prices.effective_from > on
    distance = case((is_later, prices.effective_from - on), else_=on - prices.effective_from)
    places = prices.location_id.is_(None) if location_id is None else prices.location_id.in_([location_id])
    query = (
        select(prices.menu_item_id, prices.location_id, prices.price, is_later.label("is_later"))
        .where(prices.menu_item_id.in_(menu_item_ids), places | prices.location_id.is_(None))
        .ext(distinct_on(prices.menu_item_id, prices.location_id))
        .order_by(prices.menu_item_id, prices.location_id, is_later, distance, prices.recorded_at.desc())
    )
    found: dict[UUID, MenuPrice] = {}
    for row in sorted(session.execute(query), key=_precedence):
        if row.is_later and not is_first_known:
            continue
        if row.menu_item_id not in found:
            found[row.menu_item_id] = MenuPrice(row.price, row.is_later)
    return found


def _precedence(row: Row[UUID, UUID | None, Decimal | None, bool]) -> tuple[bool, bool, bool]:
    """In force before first known; the location's own before everybody's, unless it was taken away."""
    is_local = row.location_id is not None
    return (row.is_later or (is_local and row.price is None), not is_local, row.price is None)


def price_history(session: Session, menu_item_id: UUID, visible: Collection[UUID] | None) -> Sequence[MenuItemPrice]:
    """Every price that was noted, latest day first; `visible=None` shows every location's own."""
    prices = MenuItemPrice
    query = select(prices).where(prices.menu_item_id == menu_item_id)
    if visible is not None:
        query = query.where(prices.location_id.is_(None) | prices.location_id.in_(visible))
    return session.scalars(query.order_by(prices.effective_from.desc(), prices.recorded_at.desc())).all()


FOLLOW = text(
    """
    update menu_items i set price = p.price
      from (select distinct on (menu_item_id) menu_item_id, price from menu_item_prices
             where location_id is null and effective_from <= current_date
             order by menu_item_id, effective_from desc, recorded_at desc) p
     where p.menu_item_id = i.id and i.price is distinct from p.price
    """
)


def follow_prices(session: Session) -> None:
    """Let every item show the price in force today: one that was noted ahead has taken effect meanwhile."""
    session.execute(FOLLOW)
