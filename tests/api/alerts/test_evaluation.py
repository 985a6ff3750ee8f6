"""From stock that falls to an alert, a draft order and messages, on a database of each test's own."""

from __future__ import annotations

import threading
import time
from uuid import UUID

import pytest
from sqlalchemy import select, text, update

from api.alerts.models import Alert
from api.catalog.models import Product
from api.core.database import transaction
from api.outbox.models import OutboxEvent
from api.outbox.relay import relay_once
from api.purchasing.models import PurchaseOrder
from api.purchasing.schemas import StatusChange
from api.purchasing.status import change_status
from api.worker import CONSUMERS
from tests.api.alerts.conftest import Scene
from tests.api.purchasing.kitchen import Kitchen, principal


class TestFalling:
    def test_one_alert_one_draft_with_its_arithmetic_one_mail(self, scene: Scene):
        scene.use("8000")
        (alert,) = scene.alerts()
        assert (alert.kind, alert.severity, alert.resolved_at) == ("low_stock", "attention", None)
        assert (alert.details["on_hand"], alert.details["reorder_point"]) == ("4000", "5000")
        (order,) = scene.orders()
        assert alert.purchase_order_id == order.id
        assert (order.status, order.source, order.created_by, order.supplier_id) == (
            "draft",
            "suggestion",
            None,
            scene.supplier.id,
        )
        with transaction() as session:
            line = session.get_one(PurchaseOrder, order.id).lines[0]
        assert (line.product_id, line.packs_ordered) == (scene.product.id, 7)
        assert line.suggestion is not None
        assert {name: line.suggestion[name] for name in ("rule", "need", "have", "raw", "packs")} == {
            "rule": "par_level",
            "need": "20000",
            "have": "4000",
            "raw": "16000",
            "packs": 7,
        }
        assert line.suggestion["alert_id"] == str(alert.id)
        (mail,) = scene.mails()
        assert mail.user_id == scene.manager.id
        assert mail.subject == "Riverside: Mozzarella below its reorder point, 4 kg left"

    def test_exactly_at_the_reorder_point_is_low(self, scene: Scene):
        scene.use("7000")
        assert len(scene.alerts()) == 1

    def test_above_it_is_not(self, scene: Scene):
        scene.use("6999")
        assert scene.alerts() == []

    def test_nothing_left_is_critical(self, scene: Scene):
        scene.use("12500")
        assert scene.alerts()[0].severity == "critical"

    def test_falling_further_opens_no_second(self, scene: Scene):
        scene.use("8000")
        scene.use("1000")
        assert len(scene.alerts()) == 1
        assert len(scene.orders()) == 1
        assert len(scene.mails()) == 1

    def test_redelivery_has_no_second_effect(self, scene: Scene):
        scene.use("8000")
        for _ in range(3):
            scene.redeliver()
        assert (len(scene.alerts()), len(scene.orders()), len(scene.mails())) == (1, 1, 1)

    def test_even_without_the_inbox_the_database_allows_one(self, scene: Scene):
        scene.use("8000")
        with transaction() as session:
            session.execute(text("delete from inbox_entries where consumer = 'alerts.evaluate'"))
        scene.redeliver()
        assert (len(scene.alerts()), len(scene.orders()), len(scene.mails())) == (1, 1, 1)

    def test_two_workers_at_once_open_one(self, scene: Scene):
        with transaction() as session:
            for _ in range(40):
                Kitchen(session).move(scene.product, scene.location, "-200")
        threads = [threading.Thread(target=lambda: relay_once(CONSUMERS, limit=5)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        scene.world.settle()
        assert (len(scene.alerts()), len(scene.orders())) == (1, 1)

    def test_a_second_item_of_the_supplier_joins_the_standing_draft(self, scene: Scene):
        def ricotta(kitchen: Kitchen) -> Product:
            product = kitchen.product("Ricotta")
            kitchen.pack(scene.supplier, product, price="9")
            kitchen.stock(product, scene.location, "1000", reorder_point="500")
            return product

        other = scene.world.do(ricotta)
        scene.use("8000")
        scene.world.do(lambda kitchen: kitchen.move(other, scene.location, "-600"))
        (order,) = scene.orders()
        with transaction() as session:
            lines = session.get_one(PurchaseOrder, order.id).lines
            assert [line.product_id for line in lines] == [scene.product.id, other.id]
        assert {alert.purchase_order_id for alert in scene.alerts()} == {order.id}
        assert order.suggestion is not None
        assert order.suggestion["total"] == "149"

    def test_what_nobody_sells_is_told_without_an_order(self, scene: Scene):
        def basil(kitchen: Kitchen) -> Product:
            product = kitchen.product("Basil")
            kitchen.stock(product, scene.location, "100", reorder_point="50")
            return product

        product = scene.world.do(basil)
        scene.world.do(lambda kitchen: kitchen.move(product, scene.location, "-60"))
        (alert,) = scene.alerts()
        assert (alert.purchase_order_id, alert.details["order"]) == (None, "no_supplier")

    def test_a_pack_that_cannot_be_converted_does_not_hide_the_alert(self, scene: Scene):
        def eggs(kitchen: Kitchen) -> Product:
            product = kitchen.product("Eggs", stock_unit="each")
            kitchen.pack(scene.supplier, product, pack_quantity=1, pack_unit="tray")
            kitchen.stock(product, scene.location, "100", reorder_point="50")
            return product

        product = scene.world.do(eggs)
        scene.world.do(lambda kitchen: kitchen.move(product, scene.location, "-60"))
        assert [alert.purchase_order_id for alert in scene.alerts()] == [None]

    def test_without_a_policy_nothing_is_low(self, scene: Scene):
        product = scene.world.do(lambda kitchen: kitchen.product("Salt"))
        scene.world.do(lambda kitchen: kitchen.move(product, scene.location, "-60"))
        assert scene.alerts() == []

    def test_a_policy_set_later_counts_at_once(self, scene: Scene):
        scene.world.do(lambda kitchen: kitchen.stock(scene.product, scene.location, reorder_point="15000"))
        assert len(scene.alerts()) == 1


class TestRecovering:
    def test_goods_that_come_resolve_it_and_the_next_fall_opens_another(self, scene: Scene):
        scene.use("8000")
        scene.bring("5000")
        assert [alert.resolved_at is None for alert in scene.alerts()] == [False]
        scene.use("6000")
        assert [alert.resolved_at is None for alert in scene.alerts()] == [False, True]

    def test_it_tells_the_others(self, scene: Scene):
        scene.use("8000")
        scene.bring("5000")
        with transaction() as session:
            here = OutboxEvent.subject_id == scene.alerts()[0].id
            types = session.scalars(select(OutboxEvent.type).where(here))
            assert sorted(types) == ["alert.opened.v1", "alert.resolved.v1"]

    def test_what_recovered_before_anybody_was_told_makes_no_mail(self, scene: Scene):
        with transaction() as session:
            Kitchen(session).move(scene.product, scene.location, "-8000")
        relay_once(CONSUMERS, limit=1)  # the alert is open, its announcement waits
        with transaction() as session:
            session.execute(
                update(Alert).where(Alert.location_id == scene.location.id).values(resolved_at=text("now()"))
            )
        scene.world.settle()
        assert scene.mails() == []


class TestCovered:
    def test_what_is_on_order_is_not_ordered_again(self, scene: Scene):
        scene.use("8000")
        self.step(scene, scene.orders()[0].id, "approved")
        scene.bring("2000")
        scene.use("3000")
        first, second = scene.alerts()
        assert first.resolved_at is not None
        assert second.details["order"] == "covered"
        assert len(scene.orders()) == 1

    def test_an_order_that_is_given_up_is_suggested_again(self, scene: Scene):
        scene.use("8000")
        order = scene.orders()[0]
        self.step(scene, order.id, "approved")
        self.step(scene, order.id, "cancelled")
        again = [each for each in scene.orders() if each.status == "draft"]
        assert len(again) == 1
        assert scene.alerts()[0].purchase_order_id == again[0].id

    def test_a_draft_that_somebody_drops_stays_dropped(self, scene: Scene):
        scene.use("8000")
        self.step(scene, scene.orders()[0].id, "cancelled")
        assert [order.status for order in scene.orders()] == ["cancelled"]

    def step(self, scene: Scene, order_id: UUID, status: str) -> None:
        with transaction() as session:
            change_status(session, principal(), order_id, StatusChange(status=status))
        scene.world.settle()


class TestBacklog:
    @pytest.mark.slow
    def test_thirty_thousand_events_are_read_within_a_minute(self, scene: Scene):
        def many(kitchen: Kitchen) -> None:
            for n in range(60):
                product = kitchen.product(f"Thing {n}")
                kitchen.stock(product, scene.location, "1000", reorder_point="500" if n % 2 else None)

        scene.world.do(many)
        with transaction() as session:
            session.execute(
                text("""
                    insert into outbox_events (type, subject_id, payload)
                    select 'stock_movement.posted.v1', i.id, jsonb_build_object('product_id', i.product_id,
                           'location_ids', array[i.location_id], 'movement_id', uuidv7(), 'kind', 'sale')
                      from inventory_items i, generate_series(1, 500)
                     where i.location_id = :here
                """),
                {"here": scene.location.id},
            )
            count = session.scalar(text("select count(*) from outbox_events where published_at is null"))
        assert count is not None
        assert count >= 30_000
        began = time.monotonic()
        scene.world.settle()
        assert time.monotonic() - began < 60
