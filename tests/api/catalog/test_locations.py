"""Locations: seen by those who have a role there."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text

from api.domain.ids import uuid7
from tests.api.rooms import created, fields, principal, version


class TestCreateLocation:
    def test_answers_the_contract_s_shape(self, restaurant):
        made = restaurant.location(day_cutoff="05:00:00")
        assert {"time_zone", "currency", "allows_negative", "version"} <= made.keys()
        assert made["day_cutoff"] == "05:00:00"

    def test_a_time_zone_that_does_not_exist_is_named(self, restaurant):
        body = {"code": "X", "name": "X", "time_zone": "Mars/Olympus", "currency": "usd"}
        assert set(fields(restaurant.client.post("/api/locations", json=body))) == {"time_zone", "currency"}

    def test_needs_the_scope_everywhere(self, restaurant):
        local = restaurant.ask(principal("catalog.edit", at=frozenset({uuid7()})))
        body = {"code": "X", "name": "X", "time_zone": "Europe/London", "currency": "GBP"}
        assert local.post("/api/locations", json=body).status_code == 403

    def test_a_taken_code_conflicts(self, restaurant):
        made = restaurant.location()
        body = {"code": made["code"], "name": "X", "time_zone": "Europe/London", "currency": "GBP"}
        assert restaurant.client.post("/api/locations", json=body).json()["code"] == "location_code_taken"


class TestSeeLocations:
    def test_a_person_sees_only_where_they_work(self, restaurant):
        here, there = restaurant.location(), restaurant.location()
        local = restaurant.ask(principal("catalog.read", at=frozenset({UUID(here["id"])})))
        assert [row["id"] for row in local.get("/api/locations").json()["items"]] == [here["id"]]
        assert local.get(f"/api/locations/{here['id']}").status_code == 200
        assert local.get(f"/api/locations/{there['id']}").status_code == 404
        assert local.get(f"/api/locations/{there['id']}/areas").status_code == 404


class TestChangeLocation:
    def test_moves_the_version(self, restaurant):
        made = restaurant.location()
        answer = restaurant.client.patch(
            f"/api/locations/{made['id']}", json={"name": "Harbour"}, headers=version(made)
        )
        assert (answer.json()["name"], answer.json()["version"]) == ("Harbour", 2)

    def test_the_currency_is_fixed(self, restaurant):
        made = restaurant.location()
        refused = restaurant.client.patch(
            f"/api/locations/{made['id']}", json={"currency": "EUR"}, headers=version(made)
        )
        assert set(fields(refused)) == {"currency"}

    def test_barring_negative_stock_waits_until_nothing_is_below_zero(self, restaurant):
        made, product = restaurant.location(), restaurant.product("flour")
        item = {"product": product["id"], "location": made["id"]}
        restaurant.session.execute(
            text(
                "insert into inventory_items (product_id, location_id, currency, on_hand)"
                " values (:product, :location, 'USD', -5)"
            ),
            item,
        )
        url = f"/api/locations/{made['id']}"
        refused = restaurant.client.patch(url, json={"allows_negative": False}, headers=version(made))
        assert (refused.status_code, refused.json()["code"]) == (409, "stock_below_zero")
        restaurant.session.execute(text("update inventory_items set on_hand = 0 where location_id = :location"), item)
        assert restaurant.client.patch(url, json={"allows_negative": False}, headers=version(made)).status_code == 200
        barred = restaurant.session.execute(
            text("select allows_negative from inventory_items where location_id = :location"), item
        )
        assert barred.scalar_one() is False

    def test_another_location_is_not_found(self, restaurant):
        made = restaurant.location()
        local = restaurant.ask(principal("catalog.edit", at=frozenset({uuid7()})))
        answer = local.patch(f"/api/locations/{made['id']}", json={"name": "Mine"}, headers=version(made))
        assert answer.status_code == 404


class TestAreas:
    def test_stand_in_shelf_order(self, restaurant):
        url = f"/api/locations/{restaurant.location()['id']}/areas"
        for position, name in ((2, "Freezer"), (1, "Walk-in"), (3, "Dry store")):
            created(restaurant.client.post(url, json={"name": name, "position": position}))
        names = [row["name"] for row in restaurant.client.get(url).json()["items"]]
        assert names == ["Walk-in", "Freezer", "Dry store"]

    def test_a_name_is_used_once_per_location(self, restaurant):
        url = f"/api/locations/{restaurant.location()['id']}/areas"
        created(restaurant.client.post(url, json={"name": "Bar"}))
        assert restaurant.client.post(url, json={"name": "Bar"}).json()["code"] == "area_name_taken"
