"""What an entry's hash covers, and nothing else: shared by the one who seals and the one who verifies."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

DOMAIN = b"stockpot.audit.v1\0"
GENESIS = bytes(32)
_to_json = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


class Intent(NamedTuple):
    """An act, in the order of `audit_intents`' columns."""

    id: int
    occurred_at: datetime
    actor_id: UUID | None
    action: str
    subject_type: str
    subject_id: UUID | None
    location_id: UUID | None
    details: dict[str, Any]
    request_id: str | None


COLUMNS = Intent._fields


def canonical(intent: Intent) -> str:
    """The intent as JSON with sorted keys and no spaces; times in UTC to the microsecond."""
    return _to_json(
        {
            "id": intent.id,
            "occurred_at": intent.occurred_at.astimezone(UTC).isoformat(timespec="microseconds"),
            "actor_id": _text(intent.actor_id),
            "action": intent.action,
            "subject_type": intent.subject_type,
            "subject_id": _text(intent.subject_id),
            "location_id": _text(intent.location_id),
            "details": intent.details,
            "request_id": intent.request_id,
        }
    )


def link(previous: bytes, content: str) -> bytes:
    """SHA-256(domain ‖ previous hash ‖ content)."""
    return hashlib.sha256(DOMAIN + previous + content.encode()).digest()


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)
