"""Writing what was done, in the transaction that does it; the worker seals it into the chain afterwards."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from api.audit.models import AuditIntent
from api.core.context import request_id


def record(
    session: Session,
    *,
    actor_id: UUID | None,
    action: str,
    subject_type: str,
    subject_id: UUID | None = None,
    location_id: UUID | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Note an act (`noun.verb`) on a subject; `details` holds ids and amounts, never personal data."""
    session.add(
        AuditIntent(
            actor_id=actor_id,
            action=action,
            subject_type=subject_type,
            subject_id=subject_id,
            location_id=location_id,
            details=details or {},
            request_id=request_id.get(),
        )
    )
