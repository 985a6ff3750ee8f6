"""Invoices that ask another price: three cases of 2.5 kg at 20 each, stock in g, so 60 for 7,500 g."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from api.audit.models import AuditIntent
from api.catalog.models import Location
from api.core.access import Principal
from api.core.errors import IdempotencyConflict, Invalid
from api.domain.ids import uuid7
from api.ledger.errors import NotAReceipt, PeriodLocked
from api.ledger.models import StockMovement
from api.ledger.periods import close_books
from api.ledger.reversal import reverse
from api.purchasing import invoicing, service, status
from api.purchasing.schemas import InvoicedPrices, LineIn, OrderIn, OrderOut, ReceiptOut, StatusChange
from tests.api.purchasing.kitchen import Kitchen, principal

CAME = datetime.now(UTC) - timedelta(days=20)


class Delivered:
    """Three cases that came twenty days ago."""

    def __init__(self, session: Session, kitchen: Kitchen) -> None:
        self.session, self.kitchen = session, kitchen
        self.product = kitchen.product()
        supplier = kitchen.supplier()
        self.location: Location = kitchen.location()
        self.who = principal()
        line = LineIn(supplier_product_id=kitchen.pack(supplier, self.product).id, packs_ordered=Decimal(3))
        asked = OrderIn(
            id=uuid7(), supplier_id=supplier.id, location_id=self.location.id, lines=[line], occurred_at=CAME
        )
        self.order_id = service.create_order(session, principal(), asked).id
        self._step("approved")
        (line_out,) = self._step("received").lines
        (self.receipt,) = line_out.receipts

    def _step(self, name: str) -> OrderOut:
        return status.change_status(self.session, self.who, self.order_id, StatusChange(status=name, occurred_at=CAME))

    def asks(self, price: str, *, correction_id: UUID | None = None, **more: Any) -> dict[str, Any]:
        entry = {"receipt_id": self.receipt.id, "correction_id": correction_id or uuid7(), "price": price}
        return {"reference": "INV-7", "receipts": [entry], **more}

    def invoice(self, price: str, *, correction_id: UUID | None = None, **more: Any) -> ReceiptOut:
        """What the one receipt looks like after the invoice."""
        body = InvoicedPrices.model_validate(self.asks(price, correction_id=correction_id, **more))
        order = invoicing.book_invoiced_prices(self.session, self.who, self.order_id, body)
        return order.lines[0].receipts[0]

    def worth(self) -> tuple[Decimal, Decimal]:
        """What is on hand and what that cost."""
        item = self.kitchen.item(self.product, self.location)
        query = text("select on_hand, on_hand * avg_cost from inventory_items where id = :item")
        on_hand, value = self.session.execute(query, {"item": item}).one()
        return on_hand, value

    def rows(self) -> list[StockMovement]:
        """The value-only rows."""
        kinds = ("cost_correction", "price_variance")
        query = select(StockMovement).where(StockMovement.product_id == self.product.id, StockMovement.kind.in_(kinds))
        return list(self.session.scalars(query.order_by(StockMovement.recorded_at, StockMovement.kind)))


@pytest.fixture
def delivered(session: Session, kitchen: Kitchen) -> Delivered:
    return Delivered(session, kitchen)


class TestBook:
    def test_what_came_costs_what_the_invoice_asks(self, delivered: Delivered):
        """3 × 22 instead of 3 × 20: 6 more, all of it still there."""
        receipt = delivered.invoice("22")
        assert (receipt.price, receipt.invoiced_price, receipt.reference) == (Decimal(20), Decimal(22), "INV-7")
        assert delivered.worth() == (Decimal(7500), Decimal(66))

    def test_it_counts_from_when_the_goods_came_and_is_known_from_now_on(self, delivered: Delivered):
        """What makes it a restatement in the marts: twenty days between the two."""
        delivered.invoice("22")
        (row,) = delivered.rows()
        assert row.occurred_at == delivered.receipt.occurred_at
        assert row.recorded_at - row.occurred_at > timedelta(days=19)
        assert row.reference == "INV-7"

    def test_what_was_used_since_is_the_periods(self, delivered: Delivered):
        """5,000 of 7,500 g are used: a third of the 6 moves the average, two thirds are a price variance."""
        delivered.kitchen.move(delivered.product, delivered.location, "-5000")
        delivered.invoice("22")
        assert [(row.kind, row.value) for row in delivered.rows()] == [
            ("cost_correction", Decimal(2)),
            ("price_variance", Decimal(4)),
        ]
        assert delivered.worth() == (Decimal(2500), Decimal(22))

    def test_a_second_invoice_adds_its_own_difference_alone(self, delivered: Delivered):
        delivered.invoice("22")
        assert delivered.invoice("21.5").invoiced_price == Decimal("21.5")
        assert delivered.worth() == (Decimal(7500), Decimal("64.5"))

    def test_the_price_that_stands_changes_nothing(self, delivered: Delivered):
        delivered.invoice("20")
        assert delivered.rows() == []

    def test_the_same_correction_again_changes_nothing_whatever_came_after(self, delivered: Delivered):
        first = uuid7()
        delivered.invoice("22", correction_id=first)
        delivered.invoice("20")
        assert delivered.invoice("22", correction_id=first).invoiced_price == Decimal(20)
        assert delivered.worth() == (Decimal(7500), Decimal(60))

    def test_its_id_for_another_price_is_refused(self, delivered: Delivered):
        first = uuid7()
        delivered.invoice("22", correction_id=first)
        with pytest.raises(IdempotencyConflict):
            delivered.invoice("23", correction_id=first)

    def test_a_correction_that_was_undone_in_the_history_is_not_counted(self, session: Session, delivered: Delivered):
        """22, then 23, then the first is taken back: 60 + 3 × 1 is 21 a case. Asked for 23 again, 6 are missing."""
        first = uuid7()
        delivered.invoice("22", correction_id=first)
        delivered.invoice("23")
        reverse(session, first, actor_id=delivered.who.id)
        session.expire_all()
        assert delivered.worth() == (Decimal(7500), Decimal(63))
        assert delivered.invoice("21").invoiced_price == Decimal(21)
        assert delivered.worth() == (Decimal(7500), Decimal(63))
        delivered.invoice("23")
        assert delivered.worth() == (Decimal(7500), Decimal(69))

    def test_the_audit_trail_has_the_amount_and_the_rows_but_no_text_of_anybody(
        self, session: Session, delivered: Delivered
    ):
        first = uuid7()
        delivered.invoice("22", correction_id=first)
        query = select(AuditIntent).where(AuditIntent.subject_id == delivered.order_id)
        (found,) = session.scalars(query.where(AuditIntent.action == "purchase_order.invoiced")).all()
        assert found.details == {"difference": "6.000000", "corrections": [str(first)]}


class TestRefusals:
    def test_a_receipt_of_another_order(self, session: Session, kitchen: Kitchen, delivered: Delivered):
        other = Delivered(session, kitchen)
        delivered.receipt = other.receipt
        with pytest.raises(Invalid) as refusal:
            delivered.invoice("22")
        assert (refusal.value.code, refusal.value.errors[0].field) == ("unknown_receipt", "receipts.0.receipt_id")

    def test_a_receipt_twice(self, delivered: Delivered):
        body = delivered.asks("22")
        body["receipts"] *= 2
        with pytest.raises(Invalid, match="twice"):
            invoicing.book_invoiced_prices(
                delivered.session, delivered.who, delivered.order_id, InvoicedPrices.model_validate(body)
            )

    def test_before_the_goods_came(self, delivered: Delivered):
        with pytest.raises(Invalid) as refusal:
            delivered.invoice("22", occurred_at=(CAME - timedelta(hours=1)).isoformat())
        assert refusal.value.code == "before_receipt"

    def test_in_the_future(self, delivered: Delivered):
        with pytest.raises(Invalid) as refusal:
            delivered.invoice("22", occurred_at=(datetime.now(UTC) + timedelta(hours=1)).isoformat())
        assert refusal.value.code == "in_the_future"

    def test_a_receipt_that_was_taken_back(self, session: Session, delivered: Delivered):
        reverse(session, delivered.receipt.id, actor_id=delivered.who.id)
        with pytest.raises(NotAReceipt):
            delivered.invoice("22")

    def test_books_that_are_closed_for_that_day_leave_today(self, session: Session, delivered: Delivered):
        day = CAME.date() + timedelta(days=2)
        close_books(
            session, lock_id=uuid7(), location_id=delivered.location.id, closed_through=day, actor_id=delivered.who.id
        )
        with pytest.raises(PeriodLocked), session.begin_nested():
            delivered.invoice("22")
        delivered.invoice("22", occurred_at=datetime.now(UTC).isoformat())
        assert delivered.worth() == (Decimal(7500), Decimal(66))

    def test_somebody_who_may_not_approve_or_not_there(
        self, as_person: Callable[[Principal], TestClient], kitchen: Kitchen, delivered: Delivered
    ):
        elsewhere = kitchen.location()
        body = InvoicedPrices.model_validate(delivered.asks("22")).model_dump(mode="json")
        path = f"/api/purchase-orders/{delivered.order_id}/invoiced-prices"
        receiver = principal("purchase_orders.read", "purchase_orders.receive")
        stranger = principal("purchase_orders.read", "purchase_orders.approve", at=elsewhere)
        assert as_person(receiver).post(path, json=body).status_code == 403
        assert as_person(stranger).post(path, json=body).status_code == 404
        assert delivered.rows() == []
        assert (
            as_person(delivered.who).post(path, json=body).json()["lines"][0]["receipts"][0]["invoiced_price"] == "22"
        )
