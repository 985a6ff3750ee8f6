"""Whatever matters leaves through here, in the transaction of the fact itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from api.core.models import Base, Identified


class OutboxEvent(Identified, Base):
    """An event on its way to the bus; claimed with `FOR UPDATE SKIP LOCKED`, marked when published."""

    __tablename__ = "outbox_events"
    __table_args__ = (Index("ix_outbox_events_due", "available_at", postgresql_where=text("published_at is null")),)

    type: Mapped[str]
    subject_id: Mapped[UUID | None]
    payload: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    available_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    published_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    last_error: Mapped[str | None]


class InboxEntry(Base):
    """A consumer has had this event: written in the transaction of its effect."""

    __tablename__ = "inbox_entries"

    consumer: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    processed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class DeadLetter(Identified, Base):
    """An event that one consumer failed five times; it can be redriven."""

    __tablename__ = "dead_letters"

    event_id: Mapped[UUID]
    consumer: Mapped[str]
    type: Mapped[str]
    payload: Mapped[dict[str, Any]]
    error: Mapped[str]
    attempts: Mapped[int]
    died_at: Mapped[datetime] = mapped_column(server_default=func.now())
    redriven_at: Mapped[datetime | None]
