"""Orders over HTTP, each test in a transaction of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from api.catalog.models import Location, Product
from api.core.access import Principal
from api.domain.ids import uuid7
from api.ledger.positions import stock_states
from api.purchasing import repository
from api.purchasing.models import PurchaseOrder
from api.suppliers.models import Supplier, SupplierProduct
from tests.api.purchasing.kitchen import Kitchen, principal

URL = "/api/purchase-orders"


@dataclass
class Scene:
    """One supplier that sells one product to one location, and two people there."""

    session: Session
    location: Location
    supplier: Supplier
    product: Product
    pack: SupplierProduct
    cook: TestClient
    manager: TestClient
    cook_id: UUID

    def body(self, packs: str = "4", **values: object) -> dict[str, object]:
        line = {"supplier_product_id": str(self.pack.id), "packs_ordered": packs}
        return {
            "id": str(uuid7()),
            "supplier_id": str(self.supplier.id),
            "location_id": str(self.location.id),
            "lines": [line],
            **values,
        }

    def order(self, packs: str = "4", **values: object) -> dict:
        answer = self.cook.post(URL, json=self.body(packs, **values))
        assert answer.status_code == 201, answer.text
        return answer.json()

    def step(self, order: dict, status: str, *, by: TestClient | None = None, **values: object):
        return (by or self.manager).patch(f"{URL}/{order['id']}/status", json={"status": status, **values})

    def approved(self, packs: str = "4") -> dict:
        order = self.order(packs)
        answer = self.step(order, "approved")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def receipt(self, order: dict, packs: str, **values: object) -> dict:
        return {"line_id": order["lines"][0]["id"], "receipt_id": str(uuid7()), "packs": packs, **values}

    def on_hand(self) -> Decimal:
        pair = (self.product.id, self.location.id)
        states = stock_states(self.session, product_location_pairs=[pair])
        return states[0].on_hand if states else Decimal(0)


@pytest.fixture
def scene(kitchen: Kitchen, session: Session, as_person: Callable[[Principal], TestClient]) -> Scene:
    location, supplier, product = kitchen.location(), kitchen.supplier(), kitchen.product()
    cook = principal("purchase_orders.read", "purchase_orders.edit", "purchase_orders.receive", at=location)
    pack = kitchen.pack(supplier, product)
    return Scene(session, location, supplier, product, pack, as_person(cook), as_person(principal()), cook.id)


class TestCreate:
    def test_a_draft_takes_pack_and_price_from_the_supplier(self, scene: Scene):
        order = scene.order("4")
        assert order["status"] == "draft"
        assert order["number"].startswith("PO-")
        assert (order["total"], order["currency"]) == ("80", "USD")
        line = order["lines"][0]
        assert (line["packs_ordered"], line["packs_received"], line["price"]) == ("4", "0", "20")
        assert line["pack"] == {
            "name": "case",
            "quantity": "2.5",
            "unit": "kg",
            "stock_quantity": "2500",
            "stock_unit": "g",
        }
        assert order["created_by"] == str(scene.cook_id)
        assert order["expected_on"] is not None

    def test_a_line_may_name_the_product_alone(self, scene: Scene):
        body = scene.body(lines=[{"product_id": str(scene.product.id), "packs_ordered": "2", "price": "19.5"}])
        line = scene.cook.post(URL, json=body).json()["lines"][0]
        assert line["supplier_product_id"] == str(scene.pack.id)
        assert line["line_total"] == "39"

    def test_the_same_request_again_gets_the_first_answer(self, scene: Scene):
        body = scene.body()
        first, second = scene.cook.post(URL, json=body), scene.cook.post(URL, json=body)
        assert (first.status_code, second.status_code) == (201, 201)
        assert first.json() == second.json()
        assert scene.session.query(PurchaseOrder).filter_by(supplier_id=scene.supplier.id).count() == 1

    def test_the_same_id_with_another_body_is_a_conflict(self, scene: Scene):
        body = scene.body("4")
        scene.cook.post(URL, json=body)
        answer = scene.cook.post(URL, json={**body, "note": "please early"})
        assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_conflict")

    def test_another_suppliers_product_is_named(self, scene: Scene, kitchen: Kitchen):
        other = kitchen.pack(kitchen.supplier(), scene.product)
        answer = scene.cook.post(
            URL, json=scene.body(lines=[{"supplier_product_id": str(other.id), "packs_ordered": "1"}])
        )
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "lines.0.supplier_product_id"

    def test_a_supplier_in_another_currency_is_refused(self, scene: Scene, kitchen: Kitchen):
        euros = kitchen.supplier(currency="EUR")
        answer = scene.cook.post(URL, json=scene.body(supplier_id=str(euros.id)))
        assert (answer.status_code, answer.json()["code"]) == (422, "currency_mismatch")

    def test_a_place_of_others_does_not_exist(self, scene: Scene, kitchen: Kitchen):
        answer = scene.cook.post(URL, json=scene.body(location_id=str(kitchen.location().id)))
        assert answer.status_code == 404

    @pytest.mark.parametrize("packs", ["0", "-1", "NaN", "Infinity", "1e3", "1.0000001", "", None, True])
    def test_packs_are_a_positive_plain_decimal(self, scene: Scene, packs):
        assert scene.cook.post(URL, json=scene.body(packs)).status_code == 422

    def test_history_can_be_loaded_but_not_the_future(self, scene: Scene):
        past = datetime(2026, 3, 2, 9, tzinfo=UTC)
        assert scene.order(occurred_at=past.isoformat())["ordered_at"] == "2026-03-02T09:00:00Z"
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        answer = scene.cook.post(URL, json=scene.body(occurred_at=tomorrow.isoformat()))
        assert (answer.status_code, answer.json()["code"]) == (422, "in_the_future")


class TestRead:
    def test_lists_page_by_page_and_within_what_may_be_seen(self, scene: Scene, kitchen: Kitchen, as_person):
        made = [scene.order()["id"] for _ in range(3)]
        first = scene.cook.get(URL, params={"limit": 2}).json()
        second = scene.cook.get(URL, params={"limit": 2, "cursor": first["next_cursor"]}).json()
        assert [order["id"] for order in first["items"] + second["items"]] == made[::-1]
        assert second["next_cursor"] is None
        stranger = as_person(principal(at=kitchen.location()))
        assert stranger.get(URL).json()["items"] == []
        assert stranger.get(f"{URL}/{made[0]}").status_code == 404

    def test_filters_by_status_supplier_and_location(self, scene: Scene):
        draft, approved = scene.order(), scene.approved()
        found = scene.manager.get(URL, params={"status": "approved", "supplier_id": str(scene.supplier.id)}).json()
        assert [order["id"] for order in found["items"]] == [approved["id"]]
        found = scene.manager.get(URL, params={"location_id": str(scene.location.id)}).json()
        assert {order["id"] for order in found["items"]} == {draft["id"], approved["id"]}

    def test_an_unknown_status_or_cursor_is_invalid(self, scene: Scene):
        assert scene.cook.get(URL, params={"status": "lost"}).status_code == 422
        assert scene.cook.get(URL, params={"cursor": "WyJ4IiwgInkiXQ"}).status_code == 422


class TestEdit:
    def test_lines_of_a_draft_are_replaced(self, scene: Scene):
        order = scene.order("4")
        lines = [{"supplier_product_id": str(scene.pack.id), "packs_ordered": "6"}]
        answer = scene.cook.patch(f"{URL}/{order['id']}", json={"lines": lines}, headers={"If-Match": '"1"'})
        assert answer.status_code == 200, answer.text
        assert (answer.json()["total"], answer.json()["version"]) == ("120", 2)

    def test_an_old_version_and_no_version_are_refused(self, scene: Scene):
        order = scene.order()
        url = f"{URL}/{order['id']}"
        assert scene.cook.patch(url, json={"note": "x"}, headers={"If-Match": '"7"'}).status_code == 409
        assert scene.cook.patch(url, json={"note": "x"}).status_code == 428

    def test_only_drafts(self, scene: Scene):
        order = scene.approved()
        headers = {"If-Match": f'"{order["version"]}"'}
        answer = scene.cook.patch(f"{URL}/{order['id']}", json={"note": "x"}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (409, "not_a_draft")


class TestApprove:
    def test_somebody_else_approves(self, scene: Scene):
        order = scene.approved()
        assert order["status"] == "approved"
        assert order["approved_by"] not in {None, order["created_by"]}

    def test_nobody_approves_their_own_order(self, scene: Scene, as_person):
        both = as_person(principal(id_=scene.cook_id))
        order = scene.order()
        answer = scene.step(order, "approved", by=both)
        assert (answer.status_code, answer.json()["code"]) == (403, "self_approval")

    def test_the_scope_is_asked_for(self, scene: Scene):
        answer = scene.step(scene.order(), "approved", by=scene.cook)
        assert (answer.status_code, answer.json()["code"]) == (403, "missing_scope")

    def test_a_stale_version_is_refused(self, scene: Scene):
        answer = scene.step(scene.order(), "approved", expected_version=9)
        assert (answer.status_code, answer.json()["code"]) == (409, "version_conflict")

    def test_twice_is_not_allowed(self, scene: Scene):
        answer = scene.step(scene.approved(), "approved")
        assert (answer.status_code, answer.json()["code"]) == (409, "invalid_transition")

    def test_each_step_tells_the_others(self, scene: Scene):
        order = scene.approved()
        events = scene.session.execute(
            text("select payload from outbox_events where subject_id = :id"), {"id": order["id"]}
        ).scalars()
        assert [(event["from"], event["to"]) for event in events] == [("draft", "approved")]


class TestReceive:
    def test_part_and_then_the_rest(self, scene: Scene):
        order = scene.approved("4")
        part = scene.step(order, "received", by=scene.cook, lines=[scene.receipt(order, "1.5")]).json()
        assert (part["status"], part["lines"][0]["packs_received"]) == ("partially_received", "1.5")
        assert scene.on_hand() == 3750
        rest = scene.step(order, "received", by=scene.cook, lines=[scene.receipt(order, "2.5")]).json()
        assert (rest["status"], rest["lines"][0]["packs_received"]) == ("received", "4")
        assert rest["received_at"] is not None
        assert scene.on_hand() == 10000

    def test_the_ledger_row_carries_quantity_value_and_reference(self, scene: Scene):
        order = scene.approved("4")
        receipt = scene.receipt(order, "4", price="21")
        scene.step(order, "received", lines=[receipt])
        row = scene.session.execute(
            text("select * from stock_movements where id = :id"), {"id": receipt["receipt_id"]}
        ).mappings()
        movement = row.one()
        assert (movement["kind"], movement["quantity"], movement["unit"]) == ("receipt", 10000, "g")
        assert (movement["entered_quantity"], movement["entered_unit"]) == (10, "kg")
        assert (movement["value"], movement["currency"]) == (84, "USD")
        assert (movement["source"], movement["reference"]) == ("po", order["number"])

    def test_without_lines_everything_open_has_come(self, scene: Scene):
        order = scene.approved("4")
        assert scene.step(order, "received", by=scene.cook).json()["status"] == "received"
        assert scene.on_hand() == 10000

    def test_the_same_receipts_again_change_nothing(self, scene: Scene):
        order = scene.approved("4")
        lines = [scene.receipt(order, "4")]
        first = scene.step(order, "received", lines=lines)
        second = scene.step(order, "received", lines=lines, expected_version=order["version"])
        assert (first.status_code, second.status_code) == (200, 200)
        assert first.json() == second.json()
        assert scene.on_hand() == 10000

    def test_new_receipts_on_a_complete_order_are_refused(self, scene: Scene):
        order = scene.approved("4")
        scene.step(order, "received", lines=[scene.receipt(order, "4")])
        answer = scene.step(order, "received", lines=[scene.receipt(order, "4")])
        assert (answer.status_code, answer.json()["code"]) == (409, "already_received")
        assert scene.step(order, "received").json()["code"] == "already_received"
        assert scene.on_hand() == 10000

    def test_a_receipt_id_stands_for_one_thing(self, scene: Scene):
        order = scene.approved("4")
        receipt = scene.receipt(order, "2")
        scene.step(order, "received", lines=[receipt])
        answer = scene.step(order, "received", lines=[{**receipt, "packs": "1"}])
        assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_conflict")
        used = {**scene.receipt(order, "1"), "receipt_id": str(uuid7())}
        other = scene.approved("4")
        scene.step(other, "received", lines=[{**scene.receipt(other, "1"), "receipt_id": used["receipt_id"]}])
        answer = scene.step(order, "received", lines=[used])
        assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_conflict")

    def test_more_than_ordered_only_on_demand(self, scene: Scene):
        order = scene.approved("4")
        answer = scene.step(order, "received", lines=[scene.receipt(order, "5")])
        assert (answer.status_code, answer.json()["code"]) == (409, "over_receipt")
        answer = scene.step(order, "received", lines=[scene.receipt(order, "5")], allow_over=True)
        assert answer.json()["lines"][0]["packs_received"] == "5"
        assert scene.on_hand() == 12500

    def test_even_on_demand_not_more_than_twice(self, scene: Scene):
        order = scene.approved("4")
        answer = scene.step(order, "received", lines=[scene.receipt(order, "9")], allow_over=True)
        assert (answer.status_code, answer.json()["code"]) == (409, "over_receipt")

    def test_two_receipts_of_one_line_in_one_request_add_up(self, scene: Scene):
        order = scene.approved("4")
        lines = [scene.receipt(order, "3"), scene.receipt(order, "2")]
        assert scene.step(order, "received", lines=lines).json()["code"] == "over_receipt"
        lines[1]["packs"] = "1"
        assert scene.step(order, "received", lines=lines).json()["status"] == "received"

    def test_drafts_and_cancelled_orders_take_nothing(self, scene: Scene):
        order = scene.order()
        answer = scene.step(order, "received", lines=[scene.receipt(order, "1")])
        assert (answer.status_code, answer.json()["code"]) == (409, "invalid_transition")
        scene.step(order, "cancelled")
        assert scene.step(order, "received").json()["code"] == "invalid_transition"
        assert scene.on_hand() == 0

    def test_a_line_of_another_order_is_named(self, scene: Scene):
        order, other = scene.approved(), scene.approved()
        answer = scene.step(order, "received", lines=[scene.receipt(other, "1")])
        assert answer.json()["errors"][0]["field"] == "lines.0.line_id"

    def test_history_is_received_when_it_was(self, scene: Scene):
        order = scene.order(occurred_at="2026-03-02T09:00:00Z")
        scene.step(order, "approved", occurred_at="2026-03-02T09:30:00Z")
        scene.step(order, "sent", occurred_at="2026-03-02T10:00:00Z")
        done = scene.step(order, "received", occurred_at="2026-03-03T07:00:00Z").json()
        assert (done["sent_at"], done["received_at"]) == ("2026-03-02T10:00:00Z", "2026-03-03T07:00:00Z")
        assert done["lines"][0]["completed_at"] == "2026-03-03T07:00:00Z"

    def test_nothing_happens_before_the_order(self, scene: Scene):
        answer = scene.step(scene.order(), "approved", occurred_at="2026-03-02T09:30:00Z")
        assert (answer.status_code, answer.json()["code"]) == (422, "before_order")

    def test_three_thirds_of_a_pack_are_a_pack(self, scene: Scene):
        order = scene.approved("1")
        for _ in range(3):
            answer = scene.step(order, "received", lines=[scene.receipt(order, "0.333333")])
        assert answer.json()["status"] == "received"


class TestOnOrder:
    def test_what_open_orders_lack_in_stock_units(self, scene: Scene):
        pair = (scene.product.id, scene.location.id)
        scene.order("7")  # a draft is not asked for yet
        assert repository.on_order(scene.session, [pair]) == {}
        order = scene.approved("4")
        assert repository.on_order(scene.session, [pair]) == {pair: Decimal(10000)}
        scene.step(order, "received", lines=[scene.receipt(order, "1")])
        assert repository.on_order(scene.session, [pair]) == {pair: Decimal(7500)}
        scene.step(order, "closed")
        assert repository.on_order(scene.session, [pair]) == {}
