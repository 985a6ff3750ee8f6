"""`/api/period-locks`: closing a location's books up to a business day, and opening them again."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from api.core.access import Principal, Requires
from api.core.database import DbSession
from api.core.pagination import Cursor, Limit, Page, cut, read_cursor
from api.inventory.periods import service
from api.inventory.periods.schemas import PeriodLockIn, PeriodLockOut
from api.ledger.periods import list_locks

router = APIRouter(prefix="/api/period-locks", tags=["inventory"])
Keeper = Annotated[Principal, Requires("inventory.lock")]


@router.get("")
def get_locks(
    session: DbSession,
    principal: Annotated[Principal, Requires("inventory.read")],
    location_id: UUID | None = None,
    *,
    standing: bool | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[PeriodLockOut]:
    """Locks, latest day first; `standing` leaves out, or shows alone, those that were lifted."""
    if location_id is not None:
        principal.must("inventory.read", location_id)
    after = None if cursor is None else read_cursor(cursor, lambda day: date.fromisoformat(day).isoformat(), UUID)
    rows = list_locks(
        session,
        locations=principal.locations("inventory.read"),
        location_id=location_id,
        standing=standing,
        limit=limit,
        after=None if after is None else (after[0], after[1]),
    )
    page, following = cut(rows, limit, lambda row: (row["closed_through"], row["id"]))
    return Page(items=[PeriodLockOut.model_validate(dict(row)) for row in page], next_cursor=following)


@router.post("", status_code=201)
def close_books(session: DbSession, principal: Keeper, body: PeriodLockIn) -> PeriodLockOut:
    """Refuse from now on what happened up to and including a business day that is over."""
    return service.close_books(session, principal, body)


@router.delete("/{lock_id}")
def open_books(session: DbSession, principal: Keeper, lock_id: UUID) -> PeriodLockOut:
    """Lift a lock; it stays on record, and an earlier lock that stands still holds."""
    return service.open_books(session, principal, lock_id)
