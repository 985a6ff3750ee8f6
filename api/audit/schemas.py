"""Answers about the audit trail."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from api.core.types import ResponseBody, UtcDateTime


class AuditLogBody(ResponseBody):
    """An act; `sequence` and `hash` are its place in the sealed chain, null until it is sealed."""

    id: int
    sequence: int | None
    occurred_at: UtcDateTime
    actor_id: UUID | None
    action: str
    subject_type: str
    subject_id: UUID | None
    location_id: UUID | None
    details: dict[str, Any]
    request_id: str | None
    hash: str | None


class VerificationBody(ResponseBody):
    """Whether the chain holds; if not, the first entry that does not fit and why."""

    ok: bool
    entries: int
    waiting: int
    head: str
    first_bad_sequence: int | None
    first_bad_intent_id: int | None
    reason: str | None
