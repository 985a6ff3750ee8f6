"""Somebody's own inbox and choices."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.core.access import Principal, Requires
from api.core.database import DbSession
from api.core.pagination import Cursor, Limit, Page
from api.core.preconditions import ExpectedVersion
from api.notifications import service
from api.notifications.schemas import NotificationOut, PreferencesEdit, PreferencesOut

router = APIRouter(prefix="/api/notifications", tags=["notifications"])

Anybody = Annotated[Principal, Requires.anybody()]


@router.get("")
def list_notifications(
    principal: Anybody,
    session: DbSession,
    is_unread: Annotated[bool, Query(description="Only what was not read yet.")] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[NotificationOut]:
    """What I was told, newest first."""
    return service.list_inbox(session, principal.id, is_unread=is_unread, limit=limit, cursor=cursor)


@router.get("/preferences")
def get_preferences(principal: Anybody, session: DbSession) -> PreferencesOut:
    """What I want to be told, and when."""
    return service.get_preferences(session, principal.id)


@router.patch("/preferences")
def edit_preferences(
    body: PreferencesEdit, principal: Anybody, session: DbSession, version: ExpectedVersion
) -> PreferencesOut:
    """Change what I want to be told."""
    return service.edit_preferences(session, principal.id, body, version)


@router.post("/{notification_id}/read")
def mark_read(notification_id: UUID, principal: Anybody, session: DbSession) -> NotificationOut:
    """I have seen this."""
    return service.mark_read(session, principal.id, notification_id)
