"""A business day's sales taken from stock: once, exactly, and corrected by reversals."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import text

from api.domain.ids import uuid7
from tests.api.rooms import fields, principal, version

DAY = "2026-11-10"


@pytest.fixture
def pizzeria(restaurant):
    """A margherita of 250 g dough (60 % flour) and 100 g cheese, sold at one location."""
    flour, dough, cheese = (restaurant.product(name) for name in ("flour", "dough", "cheese"))
    restaurant.made = {
        "location": restaurant.location(),
        "dish": restaurant.dish(),
        "flour": flour,
        "cheese": cheese,
        "dough": dough,
    }
    restaurant.recipe([(flour, "600", "g")], product_id=dough["id"], yield_quantity="1", yield_unit="kg")
    restaurant.made["recipe"] = restaurant.recipe(
        [(dough, "250", "g"), (cheese, "100", "g")], menu_item_id=restaurant.made["dish"]["id"]
    )
    return restaurant


def send(restaurant, sales, day=DAY, client=None):
    body = {
        "location_id": restaurant.made["location"]["id"],
        "business_day": day,
        "sales": [{"menu_item_code": code, "quantity": quantity} for code, quantity in sales],
    }
    return (client or restaurant.client).post("/api/depletions", json=body)


def on_hand(restaurant):
    rows = restaurant.session.execute(
        text("select product_id, on_hand from inventory_items where location_id = :id"),
        {"id": restaurant.made["location"]["id"]},
    )
    names = {UUID(restaurant.made[name]["id"]): name for name in ("flour", "cheese", "dough")}
    return {names[row.product_id]: row.on_hand for row in rows if row.on_hand}


def movements(restaurant):
    rows = restaurant.session.execute(
        text(
            """select m.kind, m.quantity, m.occurred_at, m.reverses_id from stock_movements m
               join inventory_items i on i.id in (m.from_item_id, m.to_item_id) where i.location_id = :id"""
        ),
        {"id": restaurant.made["location"]["id"]},
    )
    return rows.all()


class TestDeplete:
    def test_explodes_sub_recipes_into_one_sale_per_product(self, pizzeria):
        answer = send(pizzeria, [(pizzeria.made["dish"]["code"], "4")]).json()
        assert answer == {"status": "posted", "revision": 1, "movement_count": 2, "unmapped": [], "unmeasured": []}
        assert on_hand(pizzeria) == {"flour": -600, "cheese": -400}
        assert {row.kind for row in movements(pizzeria)} == {"sale"}

    def test_stands_in_the_middle_of_the_business_day(self, pizzeria):
        """A New York day from 04:00 to 04:00 has its middle at 16:00, 21:00 UTC in November."""
        send(pizzeria, [(pizzeria.made["dish"]["code"], "1")])
        assert {row.occurred_at.isoformat() for row in movements(pizzeria)} == {"2026-11-10T21:00:00+00:00"}

    def test_the_same_sales_in_another_order_change_nothing(self, pizzeria):
        code = pizzeria.made["dish"]["code"]
        send(pizzeria, [(code, "3"), (code, "1")])
        answer = send(pizzeria, [(code, "1"), (code, "3")]).json()
        assert (answer["status"], answer["revision"], len(movements(pizzeria))) == ("unchanged", 1, 2)

    def test_other_sales_take_the_revision_back_and_post_the_next(self, pizzeria):
        code = pizzeria.made["dish"]["code"]
        send(pizzeria, [(code, "4")])
        answer = send(pizzeria, [(code, "5")]).json()
        assert (answer["status"], answer["revision"]) == ("posted", 2)
        assert on_hand(pizzeria) == {"flour": -750, "cheese": -500}
        assert sum(row.reverses_id is not None for row in movements(pizzeria)) == 2

    def test_a_day_may_go_back_to_what_it_was(self, pizzeria):
        code = pizzeria.made["dish"]["code"]
        revisions = [send(pizzeria, [(code, quantity)]).json()["revision"] for quantity in ("4", "5", "4")]
        assert revisions == [1, 2, 3]
        assert on_hand(pizzeria) == {"flour": -600, "cheese": -400}

    def test_no_sales_take_everything_back(self, pizzeria):
        send(pizzeria, [(pizzeria.made["dish"]["code"], "4")])
        assert send(pizzeria, []).json() == {
            "status": "posted",
            "revision": 2,
            "movement_count": 0,
            "unmapped": [],
            "unmeasured": [],
        }
        assert on_hand(pizzeria) == {}

    def test_a_corrected_recipe_makes_a_revision(self, pizzeria):
        code, recipe = pizzeria.made["dish"]["code"], pizzeria.made["recipe"]
        send(pizzeria, [(code, "4")])
        lines = [{"product_id": pizzeria.made["cheese"]["id"], "quantity": "120", "unit": "g"}]
        pizzeria.client.patch(f"/api/recipes/{recipe['id']}", json={"lines": lines}, headers=version(recipe))
        assert send(pizzeria, [(code, "4")]).json()["revision"] == 2
        assert on_hand(pizzeria) == {"cheese": -480}

    def test_takes_the_recipe_that_was_valid_that_day(self, pizzeria):
        dish = pizzeria.made["dish"]
        pizzeria.recipe([(pizzeria.made["cheese"], "150", "g")], menu_item_id=dish["id"], effective_from="2026-11-11")
        send(pizzeria, [(dish["code"], "1")], "2026-11-10")
        send(pizzeria, [(dish["code"], "1")], "2026-11-11")
        assert on_hand(pizzeria) == {"flour": -150, "cheese": -250}

    def test_codes_that_nothing_goes_into_are_listed(self, pizzeria):
        bare = pizzeria.dish("bottle")
        answer = send(pizzeria, [("unknown", "1"), (bare["code"], "2"), (pizzeria.made["dish"]["code"], "1")]).json()
        assert answer["unmapped"] == sorted([bare["code"], "unknown"])
        assert answer["movement_count"] == 2

    def test_thirds_of_a_gram_are_rounded_once_a_day(self, pizzeria):
        dish, salt = pizzeria.dish("third"), pizzeria.product("salt")
        pizzeria.recipe([(salt, "1", "g")], menu_item_id=dish["id"], yield_quantity="3")
        pizzeria.made["flour"] = salt
        send(pizzeria, [(dish["code"], "200")])
        assert on_hand(pizzeria) == {"flour": Decimal("-66.666667")}

    def test_use_is_taken_from_the_fullest_area_where_stock_is_kept_in_areas(self, pizzeria):
        location, cheese = pizzeria.made["location"]["id"], pizzeria.made["cheese"]["id"]
        for name, quantity in (("Walk-in", 10), ("Bar", 5)):
            area = pizzeria.client.post(f"/api/locations/{location}/areas", json={"name": name}).json()["id"]
            pizzeria.session.execute(
                text(
                    """insert into inventory_items (product_id, location_id, area_id, currency, on_hand)
                       values (:product, :location, :area, 'USD', :quantity)"""
                ),
                {"product": cheese, "location": location, "area": area, "quantity": quantity},
            )
        send(pizzeria, [(pizzeria.made["dish"]["code"], "1")])
        left = pizzeria.session.execute(
            text("select on_hand from inventory_items where product_id = :id order by on_hand"), {"id": cheese}
        )
        assert [row.on_hand for row in left] == [-90, 5]

    def test_a_product_that_is_kept_in_stock_is_taken_itself(self, pizzeria):
        """4 pizzas of 250 g dough: 1,000 g dough, and none of the 600 g flour that went into it."""
        pizzeria.recipe(
            [(pizzeria.made["flour"], "600", "g")],
            product_id=pizzeria.made["dough"]["id"],
            yield_quantity="1",
            yield_unit="kg",
            effective_from="2026-11-10",
            is_stocked=True,
        )
        for day in ("2026-11-09", "2026-11-10"):
            send(pizzeria, [(pizzeria.made["dish"]["code"], "4")], day)
        assert on_hand(pizzeria) == {"flour": -600, "dough": -1000, "cheese": -800}

    def test_a_recipe_that_begins_to_be_kept_in_stock_is_taken_back_and_posted_anew(self, pizzeria):
        code, dough = pizzeria.made["dish"]["code"], pizzeria.made["dough"]["id"]
        send(pizzeria, [(code, "4")])
        (recipe,) = pizzeria.client.get("/api/recipes", params={"product_id": dough}).json()["items"]
        pizzeria.client.patch(f"/api/recipes/{recipe['id']}", json={"is_stocked": True}, headers=version(recipe))
        assert send(pizzeria, [(code, "4")]).json()["revision"] == 2
        assert on_hand(pizzeria) == {"dough": -1000, "cheese": -400}

    def test_a_line_whose_unit_is_gone_is_named_and_taken_once_it_is_back(self, pizzeria):
        box = [{"unit": "box", "numerator": 500, "denominator": 1}]
        olives, dish = pizzeria.product("olives", units=box), pizzeria.dish("olive")
        pizzeria.recipe([(olives, "0.1", "box"), (pizzeria.made["cheese"], "10", "g")], menu_item_id=dish["id"])
        url = f"/api/products/{olives['id']}"
        bare = pizzeria.client.patch(url, json={"units": []}, headers=version(olives)).json()
        answer = send(pizzeria, [(dish["code"], "2")]).json()
        named = [{"sku": olives["sku"], "unit": "box"}]
        assert answer["unmeasured"] == [{"menu_item_code": dish["code"], "quantity": "2", "lines": named}]
        assert (answer["movement_count"], answer["unmapped"]) == (1, [])
        pizzeria.client.patch(url, json={"units": box}, headers=version(bare))
        assert send(pizzeria, [(dish["code"], "2")]).json()["movement_count"] == 2

    def test_a_day_that_has_not_begun_is_refused(self, pizzeria):
        assert fields(send(pizzeria, [], "2999-01-01")) == {"business_day": "in_the_future"}

    def test_nan_and_negative_portions_are_refused(self, pizzeria):
        for quantity in ("NaN", "-1", "Infinity"):
            assert set(fields(send(pizzeria, [("x", quantity)]))) == {"sales.0.quantity"}

    def test_a_foreign_location_is_not_found(self, pizzeria):
        elsewhere = pizzeria.ask(principal("inventory.deplete", at=frozenset({uuid7()})))
        assert send(pizzeria, [], client=elsewhere).status_code == 404

    def test_needs_its_own_scope(self, pizzeria):
        person = pizzeria.ask(principal("inventory.read", "inventory.scan"))
        assert send(pizzeria, [], client=person).status_code == 403


class TestListDepletions:
    def test_gives_every_revision_latest_day_first(self, pizzeria):
        code = pizzeria.made["dish"]["code"]
        for day, quantity in (("2026-11-09", "1"), (DAY, "1"), (DAY, "2")):
            send(pizzeria, [(code, quantity)], day)
        params = {"location_id": pizzeria.made["location"]["id"], "limit": 2}
        first = pizzeria.client.get("/api/depletions", params=params).json()
        rest = pizzeria.client.get("/api/depletions", params=params | {"cursor": first["next_cursor"]}).json()
        rows = [(row["business_day"], row["revision"]) for row in first["items"] + rest["items"]]
        assert rows == [(DAY, 2), (DAY, 1), ("2026-11-09", 1)]
        assert rest["next_cursor"] is None


class TestUnmapped:
    def test_sums_what_nothing_was_taken_for_over_the_standing_revisions(self, pizzeria):
        """3 portions, then corrected to 2, and 5 the day before: 7 in two days."""
        bare = pizzeria.dish("bottle")
        for day, quantity in (("2026-11-09", "5"), (DAY, "3"), (DAY, "2")):
            send(pizzeria, [(bare["code"], quantity), (pizzeria.made["dish"]["code"], quantity)], day)
        location = pizzeria.made["location"]["id"]
        (row,) = unmapped(pizzeria, location_id=location)
        assert row == {
            "menu_item_code": bare["code"],
            "reason": "no_recipe",
            "quantity": "7",
            "days": 2,
            "first_day": "2026-11-09",
            "last_day": DAY,
            "location_ids": [location],
            "lines": [],
        }
        assert [row["quantity"] for row in unmapped(pizzeria, location_id=location, since=DAY)] == ["2"]

    def test_a_code_that_was_mapped_meanwhile_is_gone_after_the_day_was_sent_again(self, pizzeria):
        code = f"late-{uuid7()}"
        send(pizzeria, [(code, "1")])
        assert [row["reason"] for row in unmapped(pizzeria)] == ["unknown_code"]
        pizzeria.client.post("/api/menu-items", json={"code": code, "name": "Late", "price": "1"})
        assert send(pizzeria, [(code, "1")]).json()["status"] == "unchanged"
        assert [row["reason"] for row in unmapped(pizzeria)] == ["no_recipe"]

    def test_other_locations_are_not_told_of(self, pizzeria):
        send(pizzeria, [("unknown", "1")])
        elsewhere = pizzeria.ask(principal("inventory.read", at=frozenset({uuid7()})))
        assert elsewhere.get("/api/depletions/unmapped").json() == {"items": []}
        params = {"location_id": pizzeria.made["location"]["id"]}
        assert elsewhere.get("/api/depletions/unmapped", params=params).status_code == 404


def unmapped(restaurant, **params):
    at = {"location_id": restaurant.made["location"]["id"]} | params
    return restaurant.client.get("/api/depletions/unmapped", params=at).json()["items"]
