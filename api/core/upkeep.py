"""Forgetting what nobody can ask for any more."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from api.core.models import IdempotencyKey


def forget_idempotency_keys(session: Session, before: datetime) -> int:
    """Delete answers that were kept for repeats since before a moment; how many.

    A repeat that comes later still changes nothing: the row's own id stands, and it is answered as a conflict.
    """
    gone = session.execute(
        delete(IdempotencyKey).where(IdempotencyKey.created_at < before).returning(IdempotencyKey.key)
    )
    return len(gone.all())
