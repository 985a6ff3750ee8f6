"""Putting an event into the outbox, in the transaction of the fact it tells of."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from api.outbox.models import OutboxEvent


def publish(session: Session, event_type: str, *, subject_id: UUID | None, payload: dict[str, Any]) -> None:
    """Queue an event named `noun.verb.v1`; the relay sends it after this transaction has committed."""
    session.add(OutboxEvent(type=event_type, subject_id=subject_id, payload=payload))
