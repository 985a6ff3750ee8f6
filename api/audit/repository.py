"""The trail as people read it: what was done, the newest first."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from api.audit.models import AuditEntry, AuditIntent


@dataclass(frozen=True, slots=True)
class Filters:
    """What to look for; None does not ask."""

    actor_id: UUID | None = None
    action: str | None = None
    subject_type: str | None = None
    subject_id: UUID | None = None
    location_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


def acts(
    session: Session, filters: Filters, *, locations: Collection[UUID] | None, before: int | None, limit: int
) -> Sequence[Row[AuditIntent, int, bytes]]:
    """Acts with their place in the chain; `locations` leaves those at these places alone (None: all)."""
    statement = (
        select(AuditIntent, AuditEntry.sequence, AuditEntry.hash)
        .outerjoin(AuditEntry, AuditEntry.intent_id == AuditIntent.id)
        .order_by(AuditIntent.id.desc())
        .limit(limit)
    )
    for name in ("actor_id", "action", "subject_type", "subject_id", "location_id"):
        wanted = getattr(filters, name)
        if wanted is not None:
            statement = statement.where(getattr(AuditIntent, name) == wanted)
    if filters.since is not None:
        statement = statement.where(AuditIntent.occurred_at >= filters.since)
    if filters.until is not None:
        statement = statement.where(AuditIntent.occurred_at < filters.until)
    if locations is not None:
        statement = statement.where(AuditIntent.location_id.in_(locations))
    if before is not None:
        statement = statement.where(AuditIntent.id < before)
    return session.execute(statement).all()
