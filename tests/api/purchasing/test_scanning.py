from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from api.catalog.models import Location, Product
from api.core.access import Principal
from api.core.errors import IdempotencyConflict
from api.domain.ids import uuid7
from api.ledger.lots import LotFilter, list_lots
from api.purchasing import service, status
from api.purchasing.errors import AlreadyReceived, LineNotFound, OrderNotFound, OverReceipt, StepNotAllowed
from api.purchasing.scanning import receive_scan
from api.purchasing.schemas import LineIn, OrderIn, StatusChange
from tests.api.purchasing.kitchen import Kitchen, principal


@dataclass
class Scene:
    """An approved order of two cases of 2.5 kg."""

    session: Session
    location: Location
    product: Product
    order_id: object
    buyer: Principal

    def scan(self, quantity: str = "2500", **values: object):
        asked = {
            "scan_id": uuid7(),
            "purchase_order_id": self.order_id,
            "location_id": self.location.id,
            "area_id": None,
            "product_id": self.product.id,
            "quantity": Decimal(quantity),
            "occurred_at": datetime.now(UTC),
        }
        return receive_scan(self.session, self.buyer, **(asked | values))

    def status(self) -> str:
        return service.get_order(self.session, self.buyer, self.order_id).status


@pytest.fixture
def scene(session: Session, kitchen: Kitchen) -> Scene:
    location, supplier, product = kitchen.location(), kitchen.supplier(), kitchen.product()
    pack = kitchen.pack(supplier, product)
    buyer = principal()
    line = LineIn(supplier_product_id=pack.id, packs_ordered=Decimal(2))
    asked = OrderIn(id=uuid7(), supplier_id=supplier.id, location_id=location.id, lines=[line])
    service.create_order(session, buyer, asked)
    status.change_status(session, principal(), asked.id, StatusChange(status="approved"))
    return Scene(session, location, product, asked.id, buyer)


class TestReceiveScan:
    def test_packs_come_one_by_one(self, scene: Scene):
        assert scene.scan().on_hand == 2500
        assert scene.status() == "partially_received"
        assert scene.scan().on_hand == 5000
        assert scene.status() == "received"

    def test_the_lot_and_date_of_its_label_are_kept(self, scene: Scene):
        scene.scan(lot=("L7", date(2026, 12, 24)))
        (lot,) = list_lots(scene.session, LotFilter(locations=None, product_id=scene.product.id), limit=5)
        assert (lot["code"], lot["expires_on"], lot["on_hand"]) == ("L7", date(2026, 12, 24), Decimal(2500))

    def test_the_same_scan_again_is_a_duplicate(self, scene: Scene):
        scan_id, at = uuid7(), datetime.now(UTC)
        first = scene.scan(scan_id=scan_id, occurred_at=at)
        second = scene.scan(scan_id=scan_id, occurred_at=at)
        assert (first.status, second.status, second.on_hand) == ("posted", "duplicate", 2500)
        assert scene.status() == "partially_received"

    def test_the_same_scan_again_after_the_order_is_complete(self, scene: Scene):
        scan_id = uuid7()
        scene.scan("5000", scan_id=scan_id)
        assert scene.scan("5000", scan_id=scan_id).status == "duplicate"

    def test_the_same_id_with_another_quantity_is_a_conflict(self, scene: Scene):
        scan_id = uuid7()
        scene.scan(scan_id=scan_id)
        with pytest.raises(IdempotencyConflict):
            scene.scan("5000", scan_id=scan_id)

    def test_part_of_a_pack(self, scene: Scene):
        scene.scan("833.333333")
        line = service.get_order(scene.session, scene.buyer, scene.order_id).lines[0]
        assert line.packs_received == Decimal("0.333333")

    def test_more_than_is_open(self, scene: Scene):
        with pytest.raises(OverReceipt):
            scene.scan("7500")

    def test_nothing_is_open_any_more(self, scene: Scene):
        scene.scan("5000")
        with pytest.raises(AlreadyReceived):
            scene.scan()

    def test_what_was_not_ordered(self, scene: Scene, kitchen: Kitchen):
        with pytest.raises(LineNotFound):
            scene.scan(product_id=kitchen.product("Ricotta").id)

    def test_an_order_of_another_place(self, scene: Scene, kitchen: Kitchen):
        with pytest.raises(OrderNotFound):
            scene.scan(location_id=kitchen.location().id)

    def test_without_the_right_to_receive_there_is_no_such_order(self, scene: Scene):
        scene.buyer = principal("purchase_orders.read")
        with pytest.raises(OrderNotFound):
            scene.scan()

    def test_a_cancelled_order_takes_nothing(self, scene: Scene):
        status.change_status(scene.session, principal(), scene.order_id, StatusChange(status="cancelled"))
        with pytest.raises(StepNotAllowed):
            scene.scan()
