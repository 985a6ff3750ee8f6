"""Who did what: intents written in the business transaction, sealed afterwards into one gap-free hash chain."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Identity, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from api.core.models import Base


class AuditIntent(Base):
    """An act as its own transaction recorded it; ids only, never personal data."""

    __tablename__ = "audit_intents"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    occurred_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    actor_id: Mapped[UUID | None]
    action: Mapped[str]
    subject_type: Mapped[str]
    subject_id: Mapped[UUID | None]
    location_id: Mapped[UUID | None]
    details: Mapped[dict[str, Any]]
    request_id: Mapped[str | None]


class UnsealedIntent(Base):
    """The sealer's to-do list, written by a trigger with each intent and emptied by sealing.

    An intent's id is drawn before its transaction commits, so a slow transaction appears below ids that were sealed
    long ago: a high-water mark would pass it by, a list cannot.
    """

    __tablename__ = "audit_unsealed"

    intent_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)


class AuditEntry(Base):
    """A sealed intent: `hash` = SHA-256(domain ‖ previous hash ‖ canonical JSON of the intent)."""

    __tablename__ = "audit_entries"
    __table_args__ = (UniqueConstraint("intent_id"),)

    sequence: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    intent_id: Mapped[int] = mapped_column(BigInteger)
    content: Mapped[str]  # canonical JSON
    previous_hash: Mapped[bytes]
    hash: Mapped[bytes]
    sealed_at: Mapped[datetime] = mapped_column(server_default=func.now())
