"""Closing a location's books up to a business day, and opening them again.

The lock is kept on the location's items, under the rows that every poster locks: the posting statement itself refuses,
and a lock that is set while others post waits for them or is seen by them. A lock that was lifted stays on record.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from api.catalog.models import Location
from api.core.errors import NotFound
from api.domain.business_day import business_day, day_bounds
from api.domain.movements import PostedMovement
from api.ledger.errors import AlreadyLocked, LockLifted, PeriodLocked, PeriodLockNotFound, PeriodNotOver
from api.ledger.models import PeriodLock

LOCKS = """
select p.id, p.location_id, p.closed_through, p.closed_until, p.note, p.locked_by, p.locked_at, p.lifted_by, p.lifted_at
  from period_locks p
 where {conditions}
 order by p.closed_through desc, p.id desc
 limit :limit
"""
OFFENDED = text(
    "select l.name, max(p.closed_through) as closed_through"
    "  from inventory_items i"
    "  join locations l on l.id = i.location_id"
    "  join period_locks p on p.location_id = l.id and p.lifted_at is null"
    " where i.id = any (cast(:items as uuid[]))"
    " group by l.id, l.name order by closed_through desc, l.name limit 1"
)
STANDING = "select max(closed_through) from period_locks where location_id = %s and lifted_at is null"


def close_books(
    session: Session, *, lock_id: UUID, location_id: UUID, closed_through: date, actor_id: UUID, note: str | None = None
) -> PeriodLock:
    """Refuse from now on what happened at a location up to and including a business day.

    Raises:
        PeriodNotOver: the day is running there, or still to come.
        AlreadyLocked: a standing lock says the same.
    """
    location = session.get(Location, location_id)
    if location is None:
        raise NotFound("There is no such location, or none that you may see.", code="location_not_found")
    today = business_day(datetime.now(UTC), location.time_zone, location.day_cutoff)
    if closed_through >= today:
        raise PeriodNotOver(today)
    _, closed_until = day_bounds(closed_through, location.time_zone, location.day_cutoff)
    lock = PeriodLock(
        id=lock_id,
        location_id=location_id,
        closed_through=closed_through,
        closed_until=closed_until,
        note=note,
        locked_by=actor_id,
    )
    try:
        with session.begin_nested():
            session.add(lock)
    except IntegrityError as error:
        if "uq_period_locks_standing" in str(error.orig):
            raise AlreadyLocked(f"The books are closed up to and including {closed_through} already.") from error
        raise
    return lock


def lift(session: Session, lock_id: UUID, *, locations: frozenset[UUID] | None, actor_id: UUID) -> PeriodLock:
    """Lift a standing lock; an earlier one that stands still holds.

    Raises:
        PeriodLockNotFound: there is none at these locations.
        LockLifted: it was lifted before.
    """
    lock = session.scalar(select(PeriodLock).where(PeriodLock.id == lock_id).with_for_update())
    if lock is None or (locations is not None and lock.location_id not in locations):
        raise PeriodLockNotFound
    if lock.lifted_at is not None:
        raise LockLifted("This lock was lifted before.")
    lock.lifted_by, lock.lifted_at = actor_id, datetime.now(UTC)
    session.flush()
    return lock


def list_locks(
    session: Session,
    *,
    locations: frozenset[UUID] | None,
    location_id: UUID | None,
    standing: bool | None,
    limit: int,
    after: tuple[str, UUID] | None,
) -> Sequence[RowMapping]:
    """Locks, latest day first, `limit + 1` of them after the (day, id) of the page before."""
    conditions, values = ["true"], dict[str, Any](limit=limit + 1)
    if locations is not None:
        conditions.append("p.location_id = any (cast(:locations as uuid[]))")
        values["locations"] = list(locations)
    if location_id is not None:
        conditions.append("p.location_id = :location_id")
        values["location_id"] = location_id
    if standing is not None:
        conditions.append("(p.lifted_at is null) = :standing")
        values["standing"] = standing
    if after is not None:
        conditions.append("(p.closed_through, p.id) < (cast(:after_day as date), :after_id)")
        values |= {"after_day": after[0], "after_id": after[1]}
    return session.execute(text(LOCKS.format(conditions=" and ".join(conditions))), values).mappings().all()


def refuse_locked(session: Session, refused: Sequence[PostedMovement]) -> None:
    """Name the location and the day that the posting function refused.

    Raises:
        PeriodLocked: always.
    """
    items = [item for each in refused for item in (each.from_item_id, each.to_item_id) if item is not None]
    row = session.execute(OFFENDED, {"items": items}).one()
    raise PeriodLocked(row.name, row.closed_through, [each.id for each in refused])
