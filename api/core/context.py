"""What a request carries along wherever its work goes: its id, for logs, errors and the audit trail."""

from __future__ import annotations

from contextvars import ContextVar

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
