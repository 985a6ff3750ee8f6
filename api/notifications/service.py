"""Telling people: whom, by which channel, and when."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from api.core.errors import Invalid, NotFound
from api.core.pagination import Page, cut, decode_cursor
from api.core.preconditions import bump
from api.notifications import repository
from api.notifications.messages import Message
from api.notifications.models import NotificationPreference
from api.notifications.schemas import KINDS, NotificationOut, PreferencesEdit, PreferencesOut
from api.notifications.timing import Habits, leaves_at


def notify(
    session: Session, *, event_id: UUID, user_ids: Collection[UUID], message: Message, time_zone: str = "UTC"
) -> None:
    """Put a message into people's inboxes and, where they want it, on its way as mail; once per event and person."""
    chosen = repository.preferences(session, user_ids)
    now = datetime.now(UTC)
    rows = []
    for user_id in user_ids:
        base = _row(event_id, message) | {"user_id": user_id}
        rows.append(base | {"channel": "inbox", "status": "sent", "available_at": now, "sent_at": now})
        preference = chosen.get(user_id)
        if wants_mail(preference, message.kind):
            leaves = leaves_at(now, _habits(preference), time_zone)
            rows.append(base | {"channel": "email", "status": "pending", "available_at": leaves, "sent_at": None})
    repository.add(session, rows)


def write_to_contact(session: Session, *, event_id: UUID, contact_id: UUID, message: Message) -> None:
    """Send a mail to a supplier's contact; its address is looked up when the mail leaves."""
    row = _row(event_id, message) | {"contact_id": contact_id, "channel": "email", "status": "pending"}
    repository.add(session, [row])


def wants_mail(preference: NotificationPreference | None, kind: str) -> bool:
    """Mail is wanted unless the person said no to this kind."""
    return preference is None or bool(preference.email_kinds.get(kind, True))


def _row(event_id: UUID, message: Message) -> dict[str, Any]:
    return {
        "event_id": event_id,
        "kind": message.kind,
        "group_key": message.group_key,
        "subject": message.subject,
        "body": message.body(),
    }


def _habits(preference: NotificationPreference | None) -> Habits:
    if preference is None:
        return Habits()
    return Habits(preference.quiet_from, preference.quiet_until, preference.is_digest)


# ------------------------------------------------------------------ a person's own inbox and choices


def list_inbox(
    session: Session, user_id: UUID, *, is_unread: bool, limit: int, cursor: str | None
) -> Page[NotificationOut]:
    """A page of what somebody was told, newest first.

    Raises:
        Invalid: the cursor is not one of this list's.
    """
    rows = repository.inbox(session, user_id, is_unread=is_unread, limit=limit, after=_after(cursor))
    page, next_cursor = cut(rows, limit, lambda row: (row.created_at.isoformat(), row.id))
    return Page(items=[NotificationOut.of(row) for row in page], next_cursor=next_cursor)


def mark_read(session: Session, user_id: UUID, notification_id: UUID) -> NotificationOut:
    """Note that somebody has seen a message of theirs; again changes nothing.

    Raises:
        NotFound: it is not in their inbox.
    """
    row = repository.inbox_message(session, user_id, notification_id)
    if row is None:
        raise NotFound("There is no such message in your inbox.", code="notification_not_found")
    row.read_at = row.read_at or datetime.now(UTC)
    session.flush()
    return NotificationOut.of(row)


def get_preferences(session: Session, user_id: UUID) -> PreferencesOut:
    """What somebody chose, with the defaults for what they did not; version 0 means they never chose."""
    return _present(repository.preferences(session, [user_id]).get(user_id))


def edit_preferences(session: Session, user_id: UUID, asked: PreferencesEdit, expected_version: int) -> PreferencesOut:
    """Change some choices, leaving the others.

    Raises:
        VersionConflict: they were changed meanwhile, on another device.
        Invalid: quiet hours need both ends.
    """
    row = repository.lock_preference(session, user_id)
    bump(row, expected_version)
    if asked.email_kinds is not None:
        row.email_kinds = row.email_kinds | {str(kind): wanted for kind, wanted in asked.email_kinds.items()}
    for name in asked.model_fields_set & {"quiet_from", "quiet_until", "is_digest"}:
        setattr(row, name, getattr(asked, name))
    if (row.quiet_from is None) != (row.quiet_until is None):
        raise Invalid("Quiet hours have a beginning and an end.", code="half_quiet_hours")
    session.flush()
    return _present(row)


def _present(row: NotificationPreference | None) -> PreferencesOut:
    return PreferencesOut(
        email_kinds={kind: wants_mail(row, kind) for kind in KINDS},
        quiet_from=row.quiet_from if row else None,
        quiet_until=row.quiet_until if row else None,
        is_digest=row.is_digest if row else False,
        version=row.version if row else 0,
    )


def _after(cursor: str | None) -> tuple[datetime, UUID] | None:
    if cursor is None:
        return None
    at, row_id = decode_cursor(cursor, 2)
    try:
        return datetime.fromisoformat(at), UUID(row_id)
    except (TypeError, ValueError, AttributeError) as error:
        raise Invalid("The cursor is not one of this list's.", code="bad_cursor") from error
