"""Lots on a delivery: three cases of 2.5 kg, stock in g."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from api.catalog.models import Product
from api.core.errors import Invalid
from api.domain.ids import uuid7
from api.ledger.lots import LotFilter, list_lots
from api.purchasing import service, status
from api.purchasing.schemas import LineIn, OrderIn, StatusChange
from tests.api.purchasing.kitchen import Kitchen, principal


class Delivery:
    """An approved order of three cases."""

    def __init__(self, session: Session, kitchen: Kitchen) -> None:
        self.session = session
        self.product: Product = kitchen.product()
        supplier, location = kitchen.supplier(), kitchen.location()
        line = LineIn(supplier_product_id=kitchen.pack(supplier, self.product).id, packs_ordered=Decimal(3))
        asked = OrderIn(id=uuid7(), supplier_id=supplier.id, location_id=location.id, lines=[line])
        self.line_id: UUID = service.create_order(session, principal(), asked).lines[0].id
        self.order_id = asked.id
        status.change_status(session, principal(), asked.id, StatusChange(status="approved"))

    def receive(self, *lots: dict[str, Any], receipt_id: UUID | None = None, packs: int = 3):
        line = {"line_id": self.line_id, "receipt_id": receipt_id or uuid7(), "packs": str(packs), "lots": list(lots)}
        change = StatusChange.model_validate({"status": "received", "lines": [line]})
        return status.change_status(self.session, principal(), self.order_id, change)

    def left(self) -> dict[tuple[str, date | None], Decimal]:
        rows = list_lots(self.session, LotFilter(locations=None, product_id=self.product.id), limit=10)
        return {(row["code"], row["expires_on"]): row["on_hand"] for row in rows}


@pytest.fixture
def delivery(session: Session, kitchen: Kitchen) -> Delivery:
    return Delivery(session, kitchen)


class TestReceive:
    def test_one_lot_takes_the_whole_line(self, delivery: Delivery):
        delivery.receive({"code": "A", "expires_on": "2026-12-01"})
        assert delivery.left() == {("A", date(2026, 12, 1)): Decimal(7500)}

    def test_several_lots_share_it_by_their_packs(self, delivery: Delivery):
        """Two cases of A and one of B: 5,000 g and 2,500 g in one movement."""
        delivery.receive({"code": "A", "expires_on": "2026-12-01", "packs": "2"}, {"code": "B", "packs": "1"})
        assert delivery.left() == {("A", date(2026, 12, 1)): Decimal(5000), ("B", None): Decimal(2500)}

    def test_thirds_of_a_case_still_add_up(self, delivery: Delivery):
        delivery.receive(
            {"code": "A", "packs": "0.333333"},
            {"code": "B", "packs": "0.333333"},
            {"code": "C", "packs": "0.333334"},
            packs=1,
        )
        assert sum(delivery.left().values()) == Decimal(2500)

    def test_lots_that_do_not_add_up_are_refused_by_line(self, delivery: Delivery):
        with pytest.raises(Invalid) as refusal:
            delivery.receive({"code": "A", "packs": "2"}, {"code": "B", "packs": "2"})
        assert (refusal.value.code, refusal.value.errors[0].field) == ("lots_do_not_add_up", "lines.0.lots")
        assert delivery.left() == {}

    def test_the_same_receipt_again_brings_nothing_more(self, delivery: Delivery):
        receipt_id = uuid7()
        for _ in range(2):
            delivery.receive({"code": "A"}, receipt_id=receipt_id, packs=1)
        assert delivery.left() == {("A", None): Decimal(2500)}
