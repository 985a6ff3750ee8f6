"""The mail of an export: what it is, whether its figures are to be trusted, and why one is held."""

from __future__ import annotations

from typing import Any

from api.domain.ids import uuid7
from api.notifications.reporting import write
from api.outbox.events import Event

REASONS = ["A newer load was stopped by a gate.", "raw_pos.order_lines: quantity above 0 found 3 at Riverside"]


def event(type_: str = "report.exported.v1", **changes: Any) -> Event:
    payload = {
        "report_name": "Stock on hand", "business_day": "2026-11-21", "format": "pdf", "row_count": 1200,
        "object_key": "exports/stock_on_hand/x.pdf", "reasons": [], "recipients": [],
    }  # fmt: skip
    return Event(id=uuid7(), type=type_, subject_id=uuid7(), payload=payload | changes)


class TestWrite:
    def test_a_good_export_says_its_rows_and_has_a_button(self):
        message = write(event())
        assert message.subject == "Stock on hand for 21 November 2026: 1,200 rows"
        assert (message.object_key, message.button) == ("exports/stock_on_hand/x.pdf", "Download the PDF file")
        assert list(message.facts) == []

    def test_a_stamped_one_says_why_and_still_has_its_button(self):
        message = write(event(reasons=REASONS))
        assert message.subject == "Stock on hand for 21 November 2026: older figures, stopped by a gate"
        assert list(message.facts) == REASONS
        assert message.object_key is not None

    def test_a_held_one_says_why_and_has_none(self):
        message = write(event("report.held.v1", reasons=REASONS, object_key=None, row_count=None))
        assert message.subject == "Stock on hand for 21 November 2026: held back by a gate"
        assert list(message.facts)[:2] == REASONS
        assert (message.object_key, message.button) == (None, "")
