"""Items on the menu."""

from __future__ import annotations

from api.domain.ids import uuid7
from tests.api.rooms import created, fields, principal, version


class TestCreateMenuItem:
    def test_answers_and_repeats(self, restaurant):
        body = {"id": str(uuid7()), "code": f"greek_XL-{uuid7()}", "name": "Greek XL", "price": "25.50"}
        made = created(restaurant.client.post("/api/menu-items", json=body))
        assert made == {**body, "price": "25.5", "category": "", "is_active": True, "version": 1}
        assert created(restaurant.client.post("/api/menu-items", json=body)) == made

    def test_a_till_code_is_used_once(self, restaurant):
        made = restaurant.dish()
        answer = restaurant.client.post("/api/menu-items", json={"code": made["code"], "name": "Other"})
        assert answer.json()["code"] == "menu_code_taken"

    def test_a_negative_price_is_named(self, restaurant):
        asked = {"code": "X", "name": "X", "price": "-1"}
        assert set(fields(restaurant.client.post("/api/menu-items", json=asked))) == {"price"}

    def test_reading_is_not_enough(self, restaurant):
        assert restaurant.ask(principal("menu.read")).post("/api/menu-items", json={}).status_code == 403


class TestChangeMenuItem:
    def test_a_price_may_be_emptied_a_name_not(self, restaurant):
        made = restaurant.dish()
        url = f"/api/menu-items/{made['id']}"
        assert fields(restaurant.client.patch(url, json={"name": None}, headers=version(made))) == {"name": "null"}
        changed = restaurant.client.patch(url, json={"price": None}, headers=version(made)).json()
        assert (changed["price"], changed["version"]) == (None, 2)


class TestListMenuItems:
    def test_by_category_and_part_of_the_code(self, restaurant):
        category = str(uuid7())
        made = [restaurant.dish(code, category=category) for code in ("a_S", "b_S")]
        listed = restaurant.client.get("/api/menu-items", params={"category": category}).json()
        assert listed["items"] == made
        found = restaurant.client.get("/api/menu-items", params={"q": made[1]["code"]}).json()["items"]
        assert found == [made[1]]
