"""One line received by several people at once, on connections of their own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import text

from api.config import Settings
from api.core.database import forget_engine, transaction
from api.core.errors import ApiError
from api.domain.ids import uuid7
from api.purchasing import service, status
from api.purchasing.schemas import LineIn, OrderIn, ReceiptIn, StatusChange
from tests.api.purchasing.kitchen import Kitchen, principal
from tests.reliability.sizes import size

PEOPLE = 8


@dataclass
class Scene:
    order_id: UUID
    line_id: UUID
    product_id: UUID

    def receive(self, receipt_id: UUID, packs: str) -> str:
        line = ReceiptIn(line_id=self.line_id, receipt_id=receipt_id, packs=Decimal(packs))
        try:
            with transaction() as session:
                status.change_status(session, principal(), self.order_id, StatusChange(status="received", lines=[line]))
        except ApiError as error:
            return error.code
        return "received"

    def booked(self) -> tuple[Decimal, Decimal]:
        """Packs on the line, and grams in the ledger."""
        with transaction() as session:
            packs = session.scalar(
                text("select packs_received from purchase_order_lines where id = :id"), {"id": self.line_id}
            )
            grams = session.scalar(
                text("select coalesce(sum(quantity), 0) from stock_movements where product_id = :id"),
                {"id": self.product_id},
            )
        return Decimal(packs or 0), Decimal(grams or 0)


@pytest.fixture
def make_scene(settings: Settings):
    forget_engine()

    def make(packs: str) -> Scene:
        with transaction() as session:
            kitchen = Kitchen(session)
            location, supplier, product = kitchen.location(), kitchen.supplier(), kitchen.product()
            pack = kitchen.pack(supplier, product)
            line = LineIn(supplier_product_id=pack.id, packs_ordered=Decimal(packs))
            asked = OrderIn(id=uuid7(), supplier_id=supplier.id, location_id=location.id, lines=[line])
            made = service.create_order(session, principal(), asked)
            status.change_status(session, principal(), asked.id, StatusChange(status="approved"))
            return Scene(asked.id, made.lines[0].id, product.id)

    yield make
    forget_engine()


def at_once(work: Callable[[int], str]) -> Counter[str]:
    with ThreadPoolExecutor(PEOPLE) as pool:
        return Counter(pool.map(work, range(PEOPLE)))


class TestReceiveAtOnce:
    def test_the_whole_line_is_booked_once(self, make_scene: Callable[[str], Scene]):
        scene = make_scene("4")
        answers = at_once(lambda _: scene.receive(uuid7(), "4"))
        assert answers == {"received": 1, "already_received": PEOPLE - 1}
        assert scene.booked() == (4, 10000)

    def test_one_receipt_sent_by_all_is_booked_once_and_answered_to_all(self, make_scene: Callable[[str], Scene]):
        scene, receipt_id = make_scene("4"), uuid7()
        assert at_once(lambda _: scene.receive(receipt_id, "1")) == {"received": PEOPLE}
        assert scene.booked() == (1, 2500)

    def test_parts_add_up_and_never_to_more_than_was_ordered(self, make_scene: Callable[[str], Scene]):
        scene = make_scene("5")
        answers = at_once(lambda _: scene.receive(uuid7(), "1"))
        assert answers["received"] == 5
        assert answers["already_received"] + answers["over_receipt"] == PEOPLE - 5
        assert scene.booked() == (5, 12500)

    @pytest.mark.reliability
    def test_the_race_again_and_again(self, make_scene: Callable[[str], Scene]):
        for _ in range(size(15, 200)):
            self.race(make_scene("3"))

    def race(self, scene: Scene) -> None:
        assert at_once(lambda _: scene.receive(uuid7(), "2"))["received"] == 1
        assert scene.booked() == (2, 5000)


class TestCreateAtOnce:
    def test_one_id_sent_by_all_makes_one_order(self, settings: Settings):
        forget_engine()
        buyer = principal()
        with transaction() as session:
            kitchen = Kitchen(session)
            location, supplier = kitchen.location(), kitchen.supplier()
            pack = kitchen.pack(supplier, kitchen.product())
        line = LineIn(supplier_product_id=pack.id, packs_ordered=Decimal(1))
        asked = OrderIn(id=uuid7(), supplier_id=supplier.id, location_id=location.id, lines=[line])

        def create(_: int) -> str:
            with transaction() as session:
                return service.create_order(session, buyer, asked).number

        assert len(at_once(create)) == 1
        forget_engine()
