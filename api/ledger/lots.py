"""Lots at their places: what is left of them, in which order they are used, opening them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, select, text
from sqlalchemy.orm import Session

from api.domain.lots import Share, StandingLot, take
from api.ledger.errors import InventoryItemNotFound, LotNotFound
from api.ledger.models import InventoryItem, Lot, LotBalance

LotKey = tuple[UUID, str, date | None]

ENSURE = text(
    "select product_id, code, expires_on, lot_id from ensure_lots("
    "cast(:products as uuid[]), cast(:codes as text[]), cast(:expiries as date[]))"
)
# `place_in_order` is the lot's turn among those of its item that may be used; expired and empty ones have none.
LOTS = """
select * from (
    select b.id, b.lot_id, l.code, l.expires_on, b.item_id, i.product_id, p.sku, p.name, i.location_id, i.area_id,
           b.on_hand, p.stock_unit as unit, b.received_at, b.opened_at,
           coalesce(l.expires_on < today.day, false) as is_expired, b.on_hand < 0 as is_negative,
           case when b.on_hand > 0 and coalesce(l.expires_on >= today.day, true) then
               row_number() over (partition by b.item_id, b.on_hand > 0 and coalesce(l.expires_on >= today.day, true)
                                  order by b.opened_at, l.expires_on, b.received_at, b.lot_id) end as place_in_order,
           coalesce(l.expires_on, date '9999-12-31') as last_day
      from lot_balances b
      join lots l on l.id = b.lot_id
      join inventory_items i on i.id = b.item_id
      join products p on p.id = i.product_id
      join locations o on o.id = i.location_id
     cross join lateral (select (now() at time zone o.time_zone)::date as day) today
     where {among}) as standing
 where {conditions}
 order by last_day, id
 limit :limit
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LotFilter:
    """Which lots; `locations` are those that the person may see (`None`: all). Empty ones are left out unless asked."""

    locations: frozenset[UUID] | None
    balance_id: UUID | None = None
    location_id: UUID | None = None
    item_id: UUID | None = None
    product_id: UUID | None = None
    expiring_before: date | None = None
    is_expired: bool | None = None
    with_empty: bool = False


def list_lots(
    session: Session, wanted: LotFilter, *, limit: int, after: tuple[str, UUID] | None = None
) -> Sequence[RowMapping]:
    """Lots, what expires first first, `limit + 1` of them after the (last day, id) of the page before."""
    among, conditions, values = _among(wanted)
    chosen = {
        "balance_id": "id = :balance_id",
        "expiring_before": "expires_on < :expiring_before",
        "is_expired": "is_expired = :is_expired",
    }
    for name, condition in chosen.items():
        if getattr(wanted, name) is not None:
            conditions.append(condition)
            values[name] = getattr(wanted, name)
    if after is not None:
        conditions.append("(last_day, id) > (cast(:after_day as date), :after_id)")
        values |= {"after_day": after[0], "after_id": after[1]}
    query = LOTS.format(among=" and ".join(among), conditions=" and ".join(conditions))
    return session.execute(text(query), values | {"limit": limit + 1}).mappings().all()


def get_lot(session: Session, balance_id: UUID, *, locations: frozenset[UUID] | None) -> RowMapping:
    """One lot at one place.

    Raises:
        LotNotFound: there is none, or none at a place that the person may see.
    """
    session.flush()
    rows = list_lots(session, LotFilter(locations=locations, balance_id=balance_id, with_empty=True), limit=1)
    if not rows:
        raise LotNotFound
    return rows[0]


def open_lot(session: Session, balance_id: UUID, at: datetime) -> bool:
    """Mark a lot at a place as opened, and say whether that is new; the first moment stands."""
    balance = session.get_one(LotBalance, balance_id, with_for_update=True, populate_existing=True)
    if balance.opened_at is not None:
        return False
    balance.opened_at = min(at, datetime.now(UTC))
    session.flush()
    return True


def ensure_lots(session: Session, keys: Iterable[LotKey]) -> dict[LotKey, UUID]:
    """The lots of (product, code, expiry) keys, made where they are missing. A key without a date stands for the lot
    of that code that is known already, the latest of several.
    """
    wanted = sorted(set(keys), key=str)
    if not wanted:
        return {}
    session.flush()
    columns = {
        "products": [product for product, _, _ in wanted],
        "codes": [code for _, code, _ in wanted],
        "expiries": [expires_on for _, _, expires_on in wanted],
    }
    rows = session.execute(ENSURE, columns)
    return {(row.product_id, row.code, row.expires_on): row.lot_id for row in rows}


def products_of_lots(session: Session, lot_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Which product each lot is of; unknown lots are missing."""
    rows = session.execute(select(Lot.id, Lot.product_id).where(Lot.id.in_(set(lot_ids))))
    return {row.id: row.product_id for row in rows}


def suggest(session: Session, item_id: UUID, quantity: Decimal, on_day: date) -> list[Share]:
    """Where `quantity` stock units of an item are to be taken from on a day, in kitchen order.

    It is what the ledger does with a movement that names no lot. Expired lots are left out, so the shares may add up to
    less.

    Raises:
        InventoryItemNotFound: there is no such item.
    """
    session.flush()
    item = session.get(InventoryItem, item_id, populate_existing=True)
    if item is None:
        raise InventoryItemNotFound("There is no such inventory item.")
    query = (
        select(LotBalance.lot_id, LotBalance.on_hand, Lot.expires_on, LotBalance.received_at, LotBalance.opened_at)
        .join(Lot, Lot.id == LotBalance.lot_id)
        .where(LotBalance.item_id == item_id, LotBalance.on_hand != 0)
    )
    lots = [StandingLot(*row) for row in session.execute(query)]
    loose = item.on_hand - sum((lot.on_hand for lot in lots), Decimal(0))
    return take(lots, loose, quantity, on_day)


def _among(wanted: LotFilter) -> tuple[list[str], list[str], dict[str, Any]]:
    """Conditions on whole items, which keep each lot's turn among its item's, and those on single lots."""
    among, values = ["true"], dict[str, Any]()
    for name, condition in {
        "locations": "i.location_id = any (cast(:locations as uuid[]))",
        "location_id": "i.location_id = :location_id",
        "item_id": "b.item_id = :item_id",
        "product_id": "i.product_id = :product_id",
        "balance_id": "b.item_id = (select o.item_id from lot_balances o where o.id = :balance_id)",
    }.items():
        value = getattr(wanted, name)
        if value is not None:
            among.append(condition)
            values[name] = list(value) if isinstance(value, frozenset) else value
    return among, ["true" if wanted.with_empty else "on_hand <> 0"], values
