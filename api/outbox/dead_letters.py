"""Events that one consumer could not handle: put aside with the reason, and sent again when it is mended."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from api.outbox import repository
from api.outbox.events import Event

TRIES = 5
BACKOFF = (timedelta(seconds=1), timedelta(seconds=5), timedelta(seconds=25), timedelta(minutes=2))


def delay_after(tries: int) -> timedelta:
    """How long to wait after so many failed tries (at least one)."""
    return BACKOFF[min(tries, len(BACKOFF)) - 1]


def redrive(session: Session, ids: Collection[UUID] | None = None) -> int:
    """Send dead letters again, all or these; how many.

    The event goes through the outbox under its own id; consumers that handled it have it in their inbox and skip it.
    """
    letters = repository.take_dead_letters(session, ids)
    for letter in letters:
        subject = letter.payload.get("subject_id")
        event = Event(letter.event_id, letter.type, UUID(subject) if subject else None, letter.payload["payload"])
        repository.requeue(session, event)
        letter.redriven_at = datetime.now(UTC)
    session.flush()
    return len(letters)
