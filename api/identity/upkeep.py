"""Forgetting sign-ins that ended."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func
from sqlalchemy.orm import Session

from api.identity.models import Session as SignIn


def forget_ended_sessions(session: Session, before: datetime) -> int:
    """Delete sign-ins that were revoked or expired before a moment, with their refresh tokens; how many."""
    ended = func.least(SignIn.expires_at, func.coalesce(SignIn.revoked_at, SignIn.expires_at))
    return len(session.execute(delete(SignIn).where(ended < before).returning(SignIn.id)).all())
