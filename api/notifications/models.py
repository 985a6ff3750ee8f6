"""What is told to whom, by which channel, and whether they want it."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Time

from api.core.models import Base, Identified, Versioned


class Notification(Identified, Base):
    """One message to one person, or to a supplier's contact, by one channel about one event."""

    __tablename__ = "notifications"
    __table_args__ = (
        UniqueConstraint("event_id", "user_id", "channel"),
        UniqueConstraint("event_id", "contact_id", "channel"),
        CheckConstraint("num_nonnulls(user_id, contact_id) = 1", name="has_one_recipient"),
        Index("ix_notifications_user_id_created_at", "user_id", "created_at"),
        Index("ix_notifications_due", "available_at", postgresql_where=text("status = 'pending'")),
    )

    event_id: Mapped[UUID]
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    contact_id: Mapped[UUID | None] = mapped_column(ForeignKey("supplier_contacts.id", ondelete="CASCADE"))
    kind: Mapped[str]
    channel: Mapped[str]  # email, inbox
    group_key: Mapped[str | None]  # mails of one person with the same key may leave as one
    subject: Mapped[str]
    body: Mapped[dict[str, Any]]  # what the template needs; rendered when sent
    status: Mapped[str] = mapped_column(server_default=text("'pending'"))  # pending, sent, failed, suppressed
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    last_error: Mapped[str | None]
    available_at: Mapped[datetime] = mapped_column(server_default=func.now())
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    sent_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]


class NotificationPreference(Versioned, Base):
    """A person's choice per kind; where none is stored, the role's default holds."""

    __tablename__ = "notification_preferences"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    email_kinds: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))  # kind → bool
    quiet_from: Mapped[time | None] = mapped_column(Time)
    quiet_until: Mapped[time | None] = mapped_column(Time)
    is_digest: Mapped[bool] = mapped_column(server_default=text("false"))
