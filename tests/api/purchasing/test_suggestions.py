"""What to order, over HTTP, and the standing draft it goes into."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from api.catalog.models import Location, Product
from api.core import problems
from api.core.access import Principal
from api.core.database import get_session
from api.purchasing.endpoints import router, suggestions_router
from api.purchasing.models import PurchaseOrder
from api.suppliers.models import Supplier
from tests.api.purchasing.conftest import KnownPerson
from tests.api.purchasing.kitchen import Kitchen, principal

URL = "/api/order-suggestions"


@dataclass
class Scene:
    session: Session
    kitchen: Kitchen
    location: Location
    supplier: Supplier
    low: Product
    fine: Product

    def drafts(self) -> list[PurchaseOrder]:
        return self.session.query(PurchaseOrder).filter_by(location_id=self.location.id).all()


@pytest.fixture
def scene(session: Session, kitchen: Kitchen) -> Scene:
    """Mozzarella is low, ricotta is not; a minimum order value of 200."""
    location, supplier = kitchen.location(), kitchen.supplier(minimum_order_value=Decimal(200))
    low, fine = kitchen.product("Mozzarella"), kitchen.product("Ricotta")
    for product in (low, fine):
        kitchen.pack(supplier, product)
    kitchen.stock(low, location, "4000", reorder_point="5000", par_level="20000")
    kitchen.stock(fine, location, "9000", reorder_point="5000", par_level="20000")
    return Scene(session, kitchen, location, supplier, low, fine)


@pytest.fixture
def ask(session: Session) -> Callable[[Principal], TestClient]:
    def client(principal: Principal) -> TestClient:
        app = FastAPI()
        problems.install(app)
        app.include_router(router)
        app.include_router(suggestions_router)
        app.state.authenticate = KnownPerson(principal)
        app.dependency_overrides[get_session] = lambda: session
        return TestClient(app)

    return client


class TestList:
    def test_only_what_is_due_with_every_term(self, scene: Scene, ask):
        found = ask(principal(at=scene.location)).get(URL, params={"location_id": str(scene.location.id)}).json()
        (item,) = found["items"]
        assert (item["product"]["name"], item["packs"], item["line_total"], item["reason"]) == (
            "Mozzarella",
            7,
            "140",
            "suggested",
        )
        assert item["terms"] == {
            "rule": "par_level",
            "need": "20000",
            "on_hand": "4000",
            "on_order": "0",
            "have": "4000",
            "raw": "16000",
            "pack": "2500",
            "packs_exact": "6.4",
            "packs_whole": 7,
            "minimum_packs": 1,
            "pack_multiple": 1,
            "packs": 7,
            "unit": "g",
        }

    def test_a_minimum_is_told_not_padded(self, scene: Scene, ask):
        found = ask(principal()).get(URL, params={"location_id": str(scene.location.id)}).json()
        (total,) = found["suppliers"]
        assert (total["total"], total["minimum_order_value"], total["is_below_minimum"]) == ("140", "200", True)

    def test_all_shows_what_is_not_needed_too(self, scene: Scene, ask):
        params = {"location_id": str(scene.location.id), "all": "true"}
        names = [item["product"]["name"] for item in ask(principal()).get(URL, params=params).json()["items"]]
        assert names == ["Mozzarella", "Ricotta"]

    def test_what_nobody_sells_is_listed_without_a_pack(self, scene: Scene, ask):
        basil = scene.kitchen.product("Basil")
        scene.kitchen.stock(basil, scene.location, "10", reorder_point="50")
        found = ask(principal()).get(URL, params={"location_id": str(scene.location.id)}).json()["items"]
        assert [(item["product"]["name"], item["reason"]) for item in found] == [
            ("Basil", "no_supplier"),
            ("Mozzarella", "suggested"),
        ]

    def test_another_place_does_not_exist(self, scene: Scene, ask):
        stranger = ask(principal(at=scene.kitchen.location()))
        assert stranger.get(URL, params={"location_id": str(scene.location.id)}).status_code == 404


class TestDraft:
    def test_twice_is_one_draft_with_one_line(self, scene: Scene, ask):
        client, body = ask(principal()), {"location_id": str(scene.location.id)}
        first, second = client.post(URL, json=body).json(), client.post(URL, json=body).json()
        assert first["orders"] == second["orders"]
        (draft,) = scene.drafts()
        assert (draft.status, draft.source, len(draft.lines)) == ("draft", "suggestion", 1)
        assert first["orders"][0]["lines"][0]["suggestion"]["packs"] == 7
        assert first["orders"][0]["suggestion"]["is_below_minimum"] is True

    def test_a_line_is_raised_when_more_is_missing_never_lowered(self, scene: Scene, ask):
        client, body = ask(principal()), {"location_id": str(scene.location.id)}
        client.post(URL, json=body)
        scene.kitchen.move(scene.low, scene.location, "-3000")
        assert client.post(URL, json=body).json()["orders"][0]["lines"][0]["packs_ordered"] == "8"
        scene.kitchen.move(scene.low, scene.location, "3000")
        assert client.post(URL, json=body).json()["orders"][0]["lines"][0]["packs_ordered"] == "8"

    def test_only_the_named_products(self, scene: Scene, ask):
        body = {"location_id": str(scene.location.id), "product_ids": [str(scene.fine.id)]}
        assert ask(principal()).post(URL, json=body).json() == {"orders": []}

    def test_after_it_was_approved_the_next_goes_into_a_new_draft(self, scene: Scene, ask):
        client, body = ask(principal()), {"location_id": str(scene.location.id)}
        first = client.post(URL, json=body).json()["orders"][0]
        client.patch(f"/api/purchase-orders/{first['id']}/status", json={"status": "approved"})
        scene.kitchen.move(scene.fine, scene.location, "-8000")
        second = client.post(URL, json=body).json()["orders"][0]
        assert second["id"] != first["id"]
        assert [line["product"]["name"] for line in second["lines"]] == ["Ricotta"]

    def test_who_made_no_order_may_approve_what_the_system_drafted(self, scene: Scene, ask):
        client = ask(principal())
        draft = client.post(URL, json={"location_id": str(scene.location.id)}).json()["orders"][0]
        assert draft["created_by"] is None
        answer = client.patch(f"/api/purchase-orders/{draft['id']}/status", json={"status": "approved"})
        assert answer.status_code == 200
