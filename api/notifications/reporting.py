"""An exported report becomes a mail with a link to its file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from api.notifications.messages import Message
from api.notifications.service import notify
from api.outbox.events import Event

TYPES = frozenset({"report.exported.v1"})
LINK_SECONDS = 7 * 24 * 3600
"""As long as S3 lets a signed link live."""


def consume(session: Session, events: Sequence[Event]) -> None:
    """Tell each recipient of each export once."""
    for event in events:
        recipients = [UUID(recipient) for recipient in event.payload["recipients"]]
        if recipients:
            notify(session, event_id=event.id, user_ids=recipients, message=write(event))


def write(event: Event) -> Message:
    """The message of one export; the link is signed when the mail leaves."""
    report = event.payload
    day = date.fromisoformat(report["business_day"]) if report["business_day"] not in {None, "None"} else None
    name, kind = str(report["report_name"]), str(report["format"]).upper()
    count = int(report["row_count"] or 0)
    rows = "1 row" if count == 1 else f"{count:,} rows"
    return Message(
        kind="report",
        subject=f"{name}{f' for {day:%d %B %Y}' if day else ''}: {rows}",
        intro=f"{name} is ready.",
        columns=("Report", "Day", "Rows", "Format"),
        rows=[(name, f"{day:%A %d %B %Y}" if day else "–", f"{count:,}", kind)],
        facts=["The link works for seven days."],
        object_key=str(report["object_key"]),
        button=f"Download the {kind} file",
    )
