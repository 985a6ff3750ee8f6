"""Recipes: effective dates, sub-recipes, no cycles, and what a plate costs."""

from __future__ import annotations

from api.domain.ids import uuid7
from tests.api.rooms import created, fields, recipe_body, version


class TestCreateRecipe:
    def test_keeps_lines_in_order(self, restaurant):
        dish, flour, salt = restaurant.dish(), restaurant.product("flour"), restaurant.product("salt")
        made = restaurant.recipe([(flour, "150", "g"), (salt, "0.003", "kg")], menu_item_id=dish["id"])
        assert [(line["product"]["id"], line["quantity"], line["unit"]) for line in made["lines"]] == [
            (flour["id"], "150", "g"),
            (salt["id"], "0.003", "kg"),
        ]
        assert restaurant.client.get(f"/api/recipes/{made['id']}").json() == made

    def test_the_same_request_again_gives_the_first_answer(self, restaurant):
        body = recipe_body([(restaurant.product("flour"), "1", "g")], menu_item_id=restaurant.dish()["id"])
        first = created(restaurant.client.post("/api/recipes", json=body))
        assert created(restaurant.client.post("/api/recipes", json=body)) == first

    def test_makes_one_thing(self, restaurant):
        flour = restaurant.product("flour")
        for subject in ({}, {"menu_item_id": restaurant.dish()["id"], "product_id": flour["id"]}):
            answer = restaurant.client.post("/api/recipes", json=recipe_body([(flour, "1", "g")], **subject))
            assert answer.status_code == 422

    def test_what_is_wrong_is_named(self, restaurant):
        dish, flour = restaurant.dish(), restaurant.product("flour")
        nowhere = {"id": str(uuid7())}

        def named(lines, **more):
            return fields(
                restaurant.client.post("/api/recipes", json=recipe_body(lines, menu_item_id=dish["id"], **more))
            )

        assert named([(flour, "1", "g"), (flour, "1", "bottle")]) == {"lines.1.unit": "unconvertible_unit"}
        assert named([(nowhere, "1", "g")]) == {"lines.0.product_id": "unknown_product"}
        assert named([(flour, "1", "g")], yield_unit="kg") == {"yield_unit": "portions"}
        assert named([(flour, "1", "g")], effective_to="2025-01-01") == {"effective_to": "before_start"}
        assert set(named([(flour, "0", "g")])) == {"lines.0.quantity"}

    def test_one_recipe_takes_effect_per_day(self, restaurant):
        dish, flour = restaurant.dish(), restaurant.product("flour")
        restaurant.recipe([(flour, "1", "g")], menu_item_id=dish["id"])
        answer = restaurant.client.post("/api/recipes", json=recipe_body([(flour, "2", "g")], menu_item_id=dish["id"]))
        assert (answer.status_code, answer.json()["code"]) == (409, "recipe_exists")

    def test_a_cycle_is_refused_with_its_path(self, restaurant):
        dough, starter, flour = (restaurant.product(name) for name in ("dough", "starter", "flour"))
        makes = {"yield_quantity": "1", "yield_unit": "kg"}
        restaurant.recipe([(starter, "200", "g"), (flour, "600", "g")], product_id=dough["id"], **makes)
        body = recipe_body([(flour, "500", "g"), (dough, "100", "g")], product_id=starter["id"], **makes)
        answer = restaurant.client.post("/api/recipes", json=body)
        assert (answer.status_code, answer.json()["code"]) == (409, "recipe_cycle")
        assert answer.json()["path"] == [starter["sku"], dough["sku"], starter["sku"]]
        assert restaurant.client.get(f"/api/recipes/{body['id']}").status_code == 404

    def test_recipes_of_different_times_make_no_cycle(self, restaurant):
        dough, starter = restaurant.product("dough"), restaurant.product("starter")
        makes = {"yield_unit": "g", "yield_quantity": "1"}
        restaurant.recipe([(starter, "1", "g")], product_id=dough["id"], effective_to="2026-03-31", **makes)
        later = restaurant.recipe([(dough, "1", "g")], product_id=starter["id"], effective_from="2026-04-01", **makes)
        assert later["version"] == 1

    def test_a_cycle_that_begins_on_a_later_day_is_refused(self, restaurant):
        dough, starter, flour = (restaurant.product(name) for name in ("dough", "starter", "flour"))
        makes = {"yield_unit": "g", "yield_quantity": "1"}
        restaurant.recipe([(flour, "1", "g")], product_id=dough["id"], **makes)
        restaurant.recipe([(starter, "1", "g")], product_id=dough["id"], effective_from="2026-06-01", **makes)
        body = recipe_body([(dough, "1", "g")], product_id=starter["id"], **makes)
        assert restaurant.client.post("/api/recipes", json=body).json()["code"] == "recipe_cycle"


class TestChangeRecipe:
    def test_ending_a_recipe_early_must_not_bring_a_cycle_back(self, restaurant):
        """Dough of starter until May, of flour since; starter of dough since June. Ending the flour dough in June
        would bring the starter dough back.
        """
        dough, starter, flour = (restaurant.product(name) for name in ("dough", "starter", "flour"))
        makes = {"yield_unit": "g", "yield_quantity": "1"}
        restaurant.recipe([(starter, "1", "g")], product_id=dough["id"], **makes)
        later = restaurant.recipe([(flour, "1", "g")], product_id=dough["id"], effective_from="2026-05-01", **makes)
        restaurant.recipe([(dough, "1", "g")], product_id=starter["id"], effective_from="2026-06-01", **makes)
        url = f"/api/recipes/{later['id']}"
        answer = restaurant.client.patch(url, json={"effective_to": "2026-06-30"}, headers=version(later))
        assert answer.json()["code"] == "recipe_cycle"
        answer = restaurant.client.patch(url, json={"effective_to": "2026-05-31"}, headers=version(later))
        assert answer.json()["code"] == "recipe_cycle"

    def test_a_dish_is_not_kept_in_stock(self, restaurant):
        dish, flour = restaurant.dish(), restaurant.product("flour")
        made = restaurant.recipe([(flour, "1", "g")], menu_item_id=dish["id"])
        url = f"/api/recipes/{made['id']}"
        answer = restaurant.client.patch(url, json={"is_stocked": True}, headers=version(made))
        assert fields(answer) == {"is_stocked": "stocked_is_a_product"}
        body = recipe_body([(flour, "1", "g")], menu_item_id=dish["id"], is_stocked=True)
        assert restaurant.client.post("/api/recipes", json=body).status_code == 422

    def test_replaces_the_lines(self, restaurant):
        dish, flour, oil = restaurant.dish(), restaurant.product("flour"), restaurant.product("oil", "ml")
        made = restaurant.recipe([(flour, "150", "g")], menu_item_id=dish["id"])
        lines = [{"product_id": oil["id"], "quantity": "10", "unit": "ml", "yield_fraction": "0.9"}]
        changed = restaurant.client.patch(f"/api/recipes/{made['id']}", json={"lines": lines}, headers=version(made))
        assert [line["yield_fraction"] for line in changed.json()["lines"]] == ["0.9"]
        assert changed.json()["version"] == 2

    def test_an_old_version_conflicts(self, restaurant):
        made = restaurant.recipe([(restaurant.product("flour"), "1", "g")], menu_item_id=restaurant.dish()["id"])
        url = f"/api/recipes/{made['id']}"
        restaurant.client.patch(url, json={"effective_to": "2026-12-31"}, headers=version(made))
        late = restaurant.client.patch(url, json={"effective_to": None}, headers=version(made))
        assert late.json()["code"] == "version_conflict"


class TestListRecipes:
    def test_on_a_day_gives_the_one_that_is_valid(self, restaurant):
        dish, flour = restaurant.dish(), restaurant.product("flour")
        old = restaurant.recipe([(flour, "150", "g")], menu_item_id=dish["id"])
        new = restaurant.recipe([(flour, "160", "g")], menu_item_id=dish["id"], effective_from="2026-07-01")

        def on(day):
            params = {"menu_item_id": dish["id"], "on": day}
            return [row["id"] for row in restaurant.client.get("/api/recipes", params=params).json()["items"]]

        assert (on("2025-12-31"), on("2026-06-30"), on("2026-07-01")) == ([], [old["id"]], [new["id"]])


class TestPlateCost:
    def test_sums_sub_recipes_gross_of_yield_at_the_prices_of_the_day(self, restaurant):
        """250 g dough of 60 % flour at 0.0008, and 80 g basil of which 80 % is used at 0.01: 0.12 + 1."""
        supplier, dish = restaurant.supplier(), restaurant.dish(price="12")
        flour, basil, dough = (restaurant.product(name) for name in ("flour", "basil", "dough"))
        restaurant.sold_by(supplier, flour, pack_quantity="25", price="20", price_valid_from="2026-01-01T00:00:00Z")
        dear = restaurant.sold_by(
            supplier, basil, pack_quantity="1", price="10", price_valid_from="2026-01-01T00:00:00Z"
        )
        restaurant.client.patch(
            f"/api/supplier-products/{dear['id']}",
            json={"price": "20", "price_valid_from": "2026-06-01T00:00:00Z"},
            headers=version(dear),
        )
        restaurant.recipe([(flour, "600", "g")], product_id=dough["id"], yield_quantity="1", yield_unit="kg")
        body = recipe_body([(dough, "250", "g"), (basil, "80", "g")], menu_item_id=dish["id"])
        body["lines"][1]["yield_fraction"] = "0.8"
        created(restaurant.client.post("/api/recipes", json=body))
        url = f"/api/menu-items/{dish['id']}/plate-cost"
        may = restaurant.client.get(url, params={"on": "2026-05-01"}).json()
        assert (may["cost"], may["contribution_margin"], may["currency"]) == ("1.12", "10.88", "USD")
        assert [(line["quantity"], line["cost"]) for line in may["lines"]] == [("100", "1"), ("150", "0.12")]
        assert restaurant.client.get(url, params={"on": "2026-06-01"}).json()["cost"] == "2.12"

    def test_names_what_nobody_sells(self, restaurant):
        dish, salt = restaurant.dish(), restaurant.product("salt")
        restaurant.recipe([(salt, "3", "g")], menu_item_id=dish["id"])
        answer = restaurant.client.get(f"/api/menu-items/{dish['id']}/plate-cost", params={"on": "2026-05-01"}).json()
        assert (answer["unpriced"], answer["cost"], answer["currency"]) == ([salt["id"]], "0", None)

    def test_without_a_recipe_that_day_there_is_none(self, restaurant):
        dish = restaurant.dish()
        restaurant.recipe([(restaurant.product("salt"), "3", "g")], menu_item_id=dish["id"])
        answer = restaurant.client.get(f"/api/menu-items/{dish['id']}/plate-cost", params={"on": "2025-05-01"})
        assert (answer.status_code, answer.json()["code"]) == (404, "no_recipe")
