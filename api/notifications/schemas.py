"""Messages and preferences as clients read and send them."""

from __future__ import annotations

from datetime import time
from typing import Literal, Self
from uuid import UUID

from pydantic import Field, field_validator

from api.core.types import RequestBody, ResponseBody, UtcDateTime
from api.notifications.messages import Message
from api.notifications.models import Notification

Kind = Literal["low_stock", "predicted_stockout", "trend", "report", "approval", "transfer", "pipeline_failed"]
KINDS: tuple[Kind, ...] = (
    "low_stock",
    "predicted_stockout",
    "trend",
    "report",
    "approval",
    "transfer",
    "pipeline_failed",
)


class NotificationOut(ResponseBody):
    """A message in somebody's inbox; `path` is the page that it is about."""

    id: UUID
    kind: str
    subject: str
    intro: str
    columns: list[str]
    rows: list[list[str]]
    path: str | None
    created_at: UtcDateTime
    read_at: UtcDateTime | None

    @classmethod
    def of(cls, row: Notification) -> Self:
        """From its row."""
        message = Message.read(row.body)
        return cls(
            id=row.id,
            kind=row.kind,
            subject=row.subject,
            intro=message.intro,
            columns=list(message.columns),
            rows=[list(cells) for cells in message.rows],
            path=message.path or None,
            created_at=row.created_at,
            read_at=row.read_at,
        )


class PreferencesOut(ResponseBody):
    """Which kinds of messages come by mail, and when they may."""

    email_kinds: dict[str, bool]
    quiet_from: time | None = Field(description="In the time of the place that a message is about.")
    quiet_until: time | None
    is_digest: bool = Field(description="One mail a day, at seven, instead of one at once.")
    version: int


class PreferencesEdit(RequestBody):
    """Choices to change; what is left out stays."""

    email_kinds: dict[Kind, bool] | None = None
    quiet_from: time | None = None
    quiet_until: time | None = None
    is_digest: bool = False

    @field_validator("quiet_from", "quiet_until")
    @classmethod
    def _is_local(cls, value: time | None) -> time | None:
        if value is not None and value.tzinfo is not None:
            raise ValueError("give the local time without an offset")
        return value
