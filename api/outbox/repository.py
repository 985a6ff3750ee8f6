"""The outbox's, the inbox's and the dead letters' rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from api.outbox.events import Event
from api.outbox.models import DeadLetter, InboxEntry, OutboxEvent

NO_SYNC = {"synchronize_session": False}  # nobody holds these rows as objects


def claim(session: Session, limit: int) -> list[tuple[Event, int]]:
    """Due events with the tries they have had, oldest first, locked for this transaction; others skip them."""
    rows = session.execute(
        select(OutboxEvent.id, OutboxEvent.type, OutboxEvent.subject_id, OutboxEvent.payload, OutboxEvent.attempts)
        .where(OutboxEvent.published_at.is_(None), OutboxEvent.available_at <= func.clock_timestamp())
        .order_by(OutboxEvent.available_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [(Event(row.id, row.type, row.subject_id, row.payload), row.attempts) for row in rows]


def mark_published(session: Session, ids: Collection[UUID]) -> None:
    """The bus has them."""
    if ids:
        published = {"published_at": func.clock_timestamp()}
        session.execute(update(OutboxEvent).where(OutboxEvent.id.in_(ids)).values(published), execution_options=NO_SYNC)


def postpone(session: Session, delays: dict[UUID, timedelta], errors: dict[UUID, str]) -> None:
    """Try these again later; each has had one more try."""
    for event_id, delay in delays.items():
        values: dict[str, Any] = {
            "attempts": OutboxEvent.attempts + 1,
            "available_at": func.clock_timestamp() + delay,
            "last_error": errors.get(event_id),
        }
        session.execute(update(OutboxEvent).where(OutboxEvent.id == event_id).values(values), execution_options=NO_SYNC)


def enter_inbox(session: Session, consumer: str, event_ids: Sequence[UUID]) -> set[UUID]:
    """Note the events for a consumer; the ids that it had not had before."""
    rows = [{"consumer": consumer, "event_id": event_id} for event_id in event_ids]
    statement = insert(InboxEntry).values(rows).on_conflict_do_nothing().returning(InboxEntry.event_id)
    return set(session.scalars(statement))


def bury(session: Session, event: Event, consumer: str, error: str, attempts: int) -> None:
    """Put an event aside for one consumer."""
    session.add(
        DeadLetter(
            event_id=event.id,
            consumer=consumer,
            type=event.type,
            payload={"subject_id": str(event.subject_id) if event.subject_id else None, "payload": event.payload},
            error=error,
            attempts=attempts,
        )
    )
    session.flush()


def take_dead_letters(session: Session, ids: Collection[UUID] | None) -> Sequence[DeadLetter]:
    """Dead letters that were not redriven yet: all, or those with these ids; locked."""
    query = select(DeadLetter).where(DeadLetter.redriven_at.is_(None)).order_by(DeadLetter.died_at)
    if ids is not None:
        query = query.where(DeadLetter.id.in_(ids))
    return session.scalars(query.with_for_update(skip_locked=True)).all()


def requeue(session: Session, event: Event) -> None:
    """Put an event into the outbox again under its own id, as if it were new."""
    fresh = {"published_at": None, "attempts": 0, "last_error": None, "available_at": func.clock_timestamp()}
    statement = insert(OutboxEvent).values(
        id=event.id, type=event.type, subject_id=event.subject_id, payload=event.payload
    )
    session.execute(statement.on_conflict_do_update(index_elements=[OutboxEvent.id], set_=fresh))


def forget(session: Session, before: datetime) -> int:
    """Delete published events and inbox entries older than `before`; how many events went.

    Inbox entries guard against a second delivery, so they are kept as long as any event that could be delivered again.
    """
    gone = session.execute(delete(OutboxEvent).where(OutboxEvent.published_at < before), execution_options=NO_SYNC)
    session.execute(delete(InboxEntry).where(InboxEntry.processed_at < before), execution_options=NO_SYNC)
    return int(getattr(gone, "rowcount", 0))
