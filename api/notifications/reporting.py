"""An exported report becomes a mail with a link to its file, a held one a mail that says why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from api.notifications.messages import Message
from api.notifications.service import notify
from api.outbox.events import Event

HELD = "report.held.v1"
TYPES = frozenset({"report.exported.v1", HELD})
LINK_SECONDS = 7 * 24 * 3600
"""As long as S3 lets a signed link live."""


def consume(session: Session, events: Sequence[Event]) -> None:
    """Tell each recipient of each export once."""
    for event in events:
        recipients = [UUID(recipient) for recipient in event.payload["recipients"]]
        if recipients:
            notify(session, event_id=event.id, user_ids=recipients, message=write(event))


def write(event: Event) -> Message:
    """The message of one export; the link is signed when the mail leaves, and the mail says how long it works."""
    report = event.payload
    day = date.fromisoformat(report["business_day"]) if report["business_day"] not in {None, "None"} else None
    name, kind = str(report["report_name"]), str(report["format"]).upper()
    title = f"{name}{f' for {day:%d %B %Y}' if day else ''}"
    reasons = [str(reason) for reason in report.get("reasons") or []]
    shown_day = f"{day:%A %d %B %Y}" if day else "–"
    if event.type == HELD:
        return Message(
            kind="report",
            subject=f"{title}: held back by a gate",
            intro=f"{name} was not exported, because its figures did not pass the gates.",
            columns=("Report", "Day", "Format"),
            rows=[(name, shown_day, kind)],
            facts=[*reasons, "It is exported again with the next load that passes."],
        )
    count = int(report["row_count"] or 0)
    rows = "1 row" if count == 1 else f"{count:,} rows"
    return Message(
        kind="report",
        subject=f"{title}: {'older figures, stopped by a gate' if reasons else rows}",
        intro=f"{name} is ready, with older figures than it should have." if reasons else f"{name} is ready.",
        columns=("Report", "Day", "Rows", "Format"),
        rows=[(name, shown_day, f"{count:,}", kind)],
        facts=reasons,
        object_key=str(report["object_key"]),
        button=f"Download the {kind} file",
    )
