"""`/api/lots`: what is left of each lot, expiring first, and opening them."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.core.access import Principal, Requires
from api.core.database import DbSession
from api.core.pagination import Cursor, Limit, Page, cut, read_cursor
from api.inventory.lots import service
from api.inventory.lots.schemas import LotAnswer, Opening
from api.ledger.lots import LotFilter, list_lots

router = APIRouter(prefix="/api/lots", tags=["inventory"])
LAST_DAY = Annotated[date | None, Query(description="Lots whose date is before this day.")]


@router.get("")
def get_lots(
    session: DbSession,
    principal: Annotated[Principal, Requires("inventory.read")],
    location_id: UUID | None = None,
    product_id: UUID | None = None,
    item_id: UUID | None = None,
    expiring_before: LAST_DAY = None,
    *,
    is_expired: bool | None = None,
    with_empty: bool = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[LotAnswer]:
    """Lots at their places, what expires first first and undated ones last; used-up ones only `with_empty`."""
    if location_id is not None:
        principal.must("inventory.read", location_id)
    wanted = LotFilter(
        locations=principal.locations("inventory.read"),
        location_id=location_id,
        product_id=product_id,
        item_id=item_id,
        expiring_before=expiring_before,
        is_expired=is_expired,
        with_empty=with_empty,
    )
    after = None if cursor is None else read_cursor(cursor, lambda day: date.fromisoformat(day).isoformat(), UUID)
    rows = list_lots(session, wanted, limit=limit, after=None if after is None else (after[0], after[1]))
    page, following = cut(rows, limit, lambda row: (row["last_day"], row["id"]))
    return Page(items=[LotAnswer.of(row) for row in page], next_cursor=following)


@router.post("/{lot_id}/open")
def open_lot(
    session: DbSession,
    principal: Annotated[Principal, Requires("inventory.scan")],
    lot_id: UUID,
    body: Opening | None = None,
) -> LotAnswer:
    """Mark a lot at its place (`id` of the list) as opened: it is used first from now on."""
    return LotAnswer.of(service.open_lot(session, principal, lot_id, body or Opening()))
