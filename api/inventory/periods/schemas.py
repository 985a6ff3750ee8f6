"""Period locks as clients see them; days are the location's business days."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from api.core.types import Id7, RequestBody, ResponseBody, Text, UtcDateTime


class PeriodLockIn(RequestBody):
    """Close a location's books up to and including a business day that is over."""

    id: Id7
    location_id: UUID
    closed_through: date
    note: Text | None = None


class PeriodLockOut(ResponseBody):
    """A lock: it stands until it is lifted. `closed_until` is the moment at which the first open day begins."""

    id: UUID
    location_id: UUID
    closed_through: date
    closed_until: UtcDateTime
    note: str | None
    locked_by: UUID
    locked_at: UtcDateTime
    lifted_by: UUID | None
    lifted_at: UtcDateTime | None
