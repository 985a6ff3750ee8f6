"""Who closes a location's books, and who opens them again: both are on the audit trail."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from api.audit.record import record
from api.core.access import Principal
from api.core.creation import create_once
from api.inventory.periods.schemas import PeriodLockIn, PeriodLockOut
from api.ledger import periods

LOCK = "inventory.lock"


def close_books(session: Session, principal: Principal, asked: PeriodLockIn) -> PeriodLockOut:
    """Close the books, once per id.

    Raises:
        NotFound: no such location where the person may close books.
        PeriodNotOver: the day is not over there.
        AlreadyLocked: a standing lock says the same.
        IdempotencyConflict: the id was used with other content.
    """
    principal.must(LOCK, asked.location_id)
    return create_once(
        session,
        actor_id=principal.id,
        route="POST /api/period-locks",
        row_id=asked.id,
        body=asked,
        answer=PeriodLockOut,
        create=lambda: _close(session, principal, asked),
    )


def open_books(session: Session, principal: Principal, lock_id: UUID) -> PeriodLockOut:
    """Lift a lock.

    Raises:
        PeriodLockNotFound: there is none where the person may close books.
        LockLifted: it was lifted before.
    """
    lock = periods.lift(session, lock_id, locations=principal.locations(LOCK), actor_id=principal.id)
    answer = PeriodLockOut.model_validate(lock)
    _note(session, principal, "period_locks.lift", answer)
    return answer


def _close(session: Session, principal: Principal, asked: PeriodLockIn) -> PeriodLockOut:
    lock = periods.close_books(
        session,
        lock_id=asked.id,
        location_id=asked.location_id,
        closed_through=asked.closed_through,
        actor_id=principal.id,
        note=asked.note,
    )
    answer = PeriodLockOut.model_validate(lock)
    _note(session, principal, "period_locks.close", answer)
    return answer


def _note(session: Session, principal: Principal, action: str, lock: PeriodLockOut) -> None:
    record(
        session,
        actor_id=principal.id,
        action=action,
        subject_type="period_lock",
        subject_id=lock.id,
        location_id=lock.location_id,
        details={"closed_through": lock.closed_through.isoformat()},
    )
