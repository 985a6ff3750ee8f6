from __future__ import annotations

import pytest

from api.purchasing import lifecycle
from api.purchasing.lifecycle import TABLE, scope_of, step
from api.purchasing.models import STATUSES

ACTS = ("submit", "approve", "send", "receive", "close", "cancel")

# Hand-written from the table in the module's docstring: one row per status, what each act makes of it.
EXPECTED = {
    "draft": ("submitted", "approved", None, None, None, "cancelled"),
    "submitted": (None, "approved", None, None, None, "cancelled"),
    "approved": (None, None, "sent", "received", None, "cancelled"),
    "sent": (None, None, None, "received", None, "cancelled"),
    "partially_received": (None, None, None, "received", "closed", None),
    "received": (None, None, None, None, "closed", None),
    "closed": (None, None, None, None, None, None),
    "cancelled": (None, None, None, None, None, None),
}


class TestStep:
    @pytest.mark.parametrize("status", STATUSES)
    def test_every_act_from_every_status_leads_where_the_table_says(self, status):
        found = tuple(taken.to if (taken := step(status, act)) else None for act in ACTS)
        assert found == EXPECTED[status]

    def test_the_docstring_names_every_step(self):
        for (status, act), taken in TABLE.items():
            row = next(
                line
                for line in (lifecycle.__doc__ or "").splitlines()
                if f"| {act} " in line and status in line.split("|")[1]
            )
            assert taken.scope in row
            assert taken.to in row

    def test_taking_back_what_was_approved_needs_who_may_approve(self):
        assert scope_of("draft", "cancel") == "purchase_orders.edit"
        assert scope_of("sent", "cancel") == "purchase_orders.approve"

    def test_an_impossible_receipt_still_asks_for_the_right_to_receive(self):
        assert scope_of("closed", "receive") == "purchase_orders.receive"
