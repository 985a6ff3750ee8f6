"""The rows of messages and preferences."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from api.notifications.models import Notification, NotificationPreference

NO_SYNC = {"synchronize_session": False}


def add(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Insert messages; one event is told to one person by one channel once."""
    if rows:
        session.execute(insert(Notification).values(list(rows)).on_conflict_do_nothing())


def preferences(session: Session, user_ids: Collection[UUID]) -> dict[UUID, NotificationPreference]:
    """The stored choices of these people."""
    rows = session.scalars(select(NotificationPreference).where(NotificationPreference.user_id.in_(user_ids)))
    return {row.user_id: row for row in rows}


def lock_preference(session: Session, user_id: UUID) -> NotificationPreference:
    """A person's row, made with the defaults (version 0) if they never chose anything, locked."""
    statement = insert(NotificationPreference).values(user_id=user_id, version=0).on_conflict_do_nothing()
    session.execute(statement)
    return session.get_one(NotificationPreference, user_id, with_for_update=True, populate_existing=True)


def inbox(
    session: Session, user_id: UUID, *, is_unread: bool, limit: int, after: tuple[datetime, UUID] | None
) -> Sequence[Notification]:
    """Up to `limit + 1` messages of a person's inbox, newest first."""
    query = select(Notification).where(Notification.user_id == user_id, Notification.channel == "inbox")
    if is_unread:
        query = query.where(Notification.read_at.is_(None))
    if after is not None:
        query = query.where(tuple_(Notification.created_at, Notification.id) < after)
    query = query.order_by(Notification.created_at.desc(), Notification.id.desc()).limit(limit + 1)
    return session.scalars(query).all()


def inbox_message(session: Session, user_id: UUID, notification_id: UUID) -> Notification | None:
    """One message of a person's inbox."""
    query = select(Notification).where(
        Notification.id == notification_id, Notification.user_id == user_id, Notification.channel == "inbox"
    )
    return session.scalars(query).one_or_none()


# ------------------------------------------------------------------ mail on its way


def claim_mail(session: Session) -> list[Notification]:
    """One due mail and what may leave with it (same person, same group), locked; nothing is due: an empty list."""
    pending = (Notification.status == "pending") & (Notification.channel == "email")
    first = session.scalars(
        select(Notification)
        .where(pending, Notification.available_at <= func.clock_timestamp())
        .order_by(Notification.available_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if first is None:
        return []
    if first.group_key is None or first.user_id is None:
        return [first]
    others = session.scalars(
        select(Notification)
        .where(
            pending,
            Notification.user_id == first.user_id,
            Notification.group_key == first.group_key,
            Notification.id != first.id,
            Notification.attempts == first.attempts,
        )
        .order_by(Notification.created_at, Notification.id)
        .with_for_update(skip_locked=True)
    )
    return [first, *others]


def settle(session: Session, ids: Collection[UUID], status: str, error: str | None = None) -> None:
    """Sent, failed or suppressed: nothing more happens to these."""
    values: dict[str, Any] = {"status": status, "last_error": error, "attempts": Notification.attempts + 1}
    if status == "sent":
        values["sent_at"] = func.clock_timestamp()
    session.execute(update(Notification).where(Notification.id.in_(ids)).values(values), execution_options=NO_SYNC)


def postpone(session: Session, ids: Collection[UUID], delay: timedelta, error: str) -> None:
    """Try these again later."""
    values = {
        "attempts": Notification.attempts + 1,
        "available_at": func.clock_timestamp() + delay,
        "last_error": error,
    }
    session.execute(update(Notification).where(Notification.id.in_(ids)).values(values), execution_options=NO_SYNC)
