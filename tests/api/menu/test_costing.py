"""What a plate costs and leaves: line by line, by two ways of costing, on a day and at a location."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import pytest

from api.domain.ids import uuid7
from api.domain.movements import NewMovement
from api.ledger.items import ensure_items
from api.ledger.posting import post_movements
from tests.api.rooms import created, fields, principal, recipe_body, version

SINCE = "2026-01-01T00:00:00Z"


@pytest.fixture
def pizzeria(restaurant):
    """A margherita at 12.50: 250 g dough (1 kg of 600 g flour and 10 g salt) and 80 g basil of which 80 % is used.

    Flour is sold at 20 for 25 kg (0.0008 a gram), salt at 1 for 1 kg (0.001), basil at 10 for 1 kg (0.01).
    """
    flour = restaurant.product("flour", allergens=["gluten"])
    salt, basil = restaurant.product("salt"), restaurant.product("basil", allergens=["celery"])
    dough, dish = restaurant.product("dough"), restaurant.dish()
    restaurant.made = {"flour": flour, "salt": salt, "basil": basil, "dough": dough, "dish": dish}
    restaurant.made["location"] = restaurant.location()
    supplier = restaurant.supplier()
    for name, size, price in (("flour", "25", "20"), ("salt", "1", "1"), ("basil", "1", "10")):
        restaurant.made[f"{name} pack"] = restaurant.sold_by(
            supplier, restaurant.made[name], pack_quantity=size, price=price, price_valid_from=SINCE
        )
    restaurant.made["dough recipe"] = restaurant.recipe(
        [(flour, "600", "g"), (salt, "10", "g")], product_id=dough["id"], yield_quantity="1", yield_unit="kg"
    )
    body = recipe_body([(dough, "250", "g"), (basil, "80", "g")], menu_item_id=dish["id"])
    body["lines"][1]["yield_fraction"] = "0.8"
    created(restaurant.client.post("/api/recipes", json=body))
    return restaurant


def ask(restaurant, what="plate-cost", client=None, **params):
    url = f"/api/menu-items/{restaurant.made['dish']['id']}/{what}"
    answer = (client or restaurant.client).get(url, params={"on": "2026-06-01"} | params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def received(restaurant, name, quantity, value, day):
    """A receipt at noon of a day in New York, in daylight saving time."""
    product, location = (UUID(restaurant.made[each]["id"]) for each in (name, "location"))
    (item,) = ensure_items(restaurant.session, [(product, location, None)]).values()
    movement = NewMovement(
        id=uuid7(),
        kind="receipt",
        product_id=product,
        to_item_id=item,
        quantity=Decimal(quantity),
        unit="g",
        value=Decimal(value),
        occurred_at=datetime.fromisoformat(f"{day}T16:00:00Z"),
        source="manual",
    )
    (posted,) = post_movements(restaurant.session, [movement])
    assert posted.status == "posted"


class TestPlateCostTree:
    def test_opens_sub_recipes_and_every_level_adds_up(self, pizzeria):
        """Dough 250 g: flour 150 g × 0.0008 = 0.12, salt 2.5 g × 0.001 = 0.0025; basil 80 ÷ 0.8 = 100 g × 0.01 = 1.

        Together 1.1225, which leaves 11.3775 of 12.50 and is 8.98 % of it.
        """
        answer = ask(pizzeria)
        dough, basil = answer["tree"]
        assert (basil["quantity"], basil["yield_fraction"], basil["gross_quantity"], basil["cost"]) == (
            "80",
            "0.8",
            "100",
            "1",
        )
        assert (dough["cost"], dough["unit_cost"]) == ("0.1225", None)
        assert [(node["quantity"], node["unit_cost"], node["cost"]) for node in dough["lines"]] == [
            ("150", "0.0008", "0.12"),
            ("2.5", "0.001", "0.0025"),
        ]
        assert (answer["cost"], answer["contribution_margin"], answer["food_cost_percent"]) == (
            "1.1225",
            "11.3775",
            "8.98",
        )
        assert (answer["basis"], answer["is_complete"], answer["missing"]) == ("supplier_price", True, [])

    def test_thirds_still_add_up(self, restaurant):
        """A third of each of three ingredients at 0.01: 3 × 0.003333… are 0.01, shown as 0.003334 and twice 0.003333."""
        supplier, dish = restaurant.supplier(), restaurant.dish()
        products = [restaurant.product(name) for name in ("a", "b", "c")]
        for product in products:
            restaurant.sold_by(supplier, product, pack_quantity="1", price="10", price_valid_from=SINCE)
        restaurant.recipe([(product, "1", "g") for product in products], menu_item_id=dish["id"], yield_quantity="3")
        restaurant.made["dish"] = dish
        answer = ask(restaurant)
        shown = [Decimal(node["cost"]) for node in answer["tree"]]
        assert sum(shown) == sum(Decimal(line["cost"]) for line in answer["lines"]) == Decimal(answer["cost"])
        assert sorted(map(str, shown)) == ["0.003333", "0.003333", "0.003334"]


class TestMissing:
    def test_an_ingredient_that_nobody_sells_is_named_and_there_is_no_margin(self, pizzeria):
        pepper = pizzeria.product("pepper")
        pizzeria.recipe([(pepper, "1", "g")], menu_item_id=pizzeria.made["dish"]["id"], effective_from="2026-02-01")
        answer = ask(pizzeria)
        assert [(each["product"]["name"], each["reason"]) for each in answer["missing"]] == [("Pepper", "no_price")]
        assert (answer["is_complete"], answer["contribution_margin"], answer["cost"]) == (False, None, "0")
        assert answer["tree"][0]["missing"] == "no_price"

    def test_units_that_are_gone_are_named_in_recipes_and_in_packs(self, pizzeria):
        box = [{"unit": "box", "numerator": 500, "denominator": 1}]
        olives, capers = pizzeria.product("olives", units=box), pizzeria.product("capers", units=box)
        supplier = pizzeria.supplier()
        pizzeria.sold_by(supplier, capers, pack_quantity="1", pack_unit="box", price_valid_from=SINCE)
        pizzeria.recipe(
            [(olives, "1", "box"), (capers, "5", "g")],
            menu_item_id=pizzeria.made["dish"]["id"],
            effective_from="2026-02-01",
        )
        for product in (olives, capers):
            url = f"/api/products/{product['id']}"
            assert pizzeria.client.patch(url, json={"units": []}, headers=version(product)).status_code == 200
        answer = ask(pizzeria)
        assert [(each["product"]["name"], each["reason"]) for each in answer["missing"]] == [
            ("Capers", "unconvertible_pack"),
            ("Olives", "unconvertible_unit"),
        ]
        assert ask(pizzeria, "allergens")["allergens"] == []

    def test_a_price_in_another_currency_than_the_locations_is_named(self, pizzeria):
        abroad = pizzeria.location(currency="EUR")
        answer = ask(pizzeria, location_id=abroad["id"])
        assert {each["reason"] for each in answer["missing"]} == {"other_currency"}
        assert (answer["currency"], answer["cost"]) == ("EUR", "0")


class TestAverageCost:
    def test_takes_the_locations_average_at_the_end_of_the_day(self, pizzeria):
        """Flour: 1,000 g for 1.00, from June 2 also 1,000 g for 3.00: 0.001 before, (1 + 3) ÷ 2,000 = 0.002 after.

        150 g flour, 2.5 g salt at 0.004 and 100 g basil at 0.02: 0.15 + 0.01 + 2 = 2.16, then 2.31.
        """
        for name, quantity, value, day in (
            ("flour", "1000", "1", "2026-05-30"),
            ("salt", "1000", "4", "2026-05-30"),
            ("basil", "1000", "20", "2026-05-30"),
            ("flour", "1000", "3", "2026-06-02"),
        ):
            received(pizzeria, name, quantity, value, day)
        asked = {"location_id": pizzeria.made["location"]["id"], "basis": "average_cost"}
        assert [ask(pizzeria, **asked, on=day)["cost"] for day in ("2026-06-01", "2026-06-02", "2026-11-22")] == [
            "2.16",
            "2.31",
            "2.31",
        ]

    def test_what_the_location_never_had_is_named(self, pizzeria):
        received(pizzeria, "basil", "1000", "20", "2026-05-30")
        answer = ask(pizzeria, location_id=pizzeria.made["location"]["id"], basis="average_cost")
        assert [(each["product"]["name"], each["reason"]) for each in answer["missing"]] == [
            ("Flour", "no_cost"),
            ("Salt", "no_cost"),
        ]
        assert answer["cost"] == "2"

    def test_a_product_kept_in_stock_is_costed_as_it_stands(self, pizzeria):
        """250 g dough at 0.004 and 100 g basil at 0.02: 1 + 2. By supplier price it is still opened: 1.1225."""
        recipe = pizzeria.made["dough recipe"]
        pizzeria.client.patch(f"/api/recipes/{recipe['id']}", json={"is_stocked": True}, headers=version(recipe))
        received(pizzeria, "dough", "1000", "4", "2026-05-30")
        received(pizzeria, "basil", "1000", "20", "2026-05-30")
        answer = ask(pizzeria, location_id=pizzeria.made["location"]["id"], basis="average_cost")
        assert (answer["cost"], answer["tree"][0]["lines"], answer["tree"][0]["is_stocked"]) == ("3", [], True)
        assert ask(pizzeria)["cost"] == "1.1225"

    def test_needs_a_location_where_the_person_may_see_stock(self, pizzeria):
        url = f"/api/menu-items/{pizzeria.made['dish']['id']}/plate-cost"
        answer = pizzeria.client.get(url, params={"basis": "average_cost"})
        assert fields(answer) == {"location_id": "location_missing"}
        params = {"basis": "average_cost", "location_id": pizzeria.made["location"]["id"]}
        assert pizzeria.ask(principal("menu.read")).get(url, params=params).status_code == 404
        elsewhere = pizzeria.ask(principal("menu.read", "inventory.read", at=frozenset({uuid7()})))
        assert elsewhere.get(url, params=params).status_code == 404


class TestMenuPrices:
    def test_the_margin_takes_the_price_of_the_day_and_place(self, pizzeria):
        """12.50 today; 11 from January; 13 from June 2; at one location 15 from March to May."""
        here, url = pizzeria.made["location"]["id"], f"/api/menu-items/{pizzeria.made['dish']['id']}/prices"
        for price, since, location in (
            ("11", "2026-01-01", None),
            ("13", "2026-06-02", None),
            ("15", "2026-03-01", here),
            (None, "2026-06-01", here),
        ):
            body = {"price": price, "effective_from": since, "location_id": location}
            created(pizzeria.client.post(url, json=body))

        def prices(day):
            return ask(pizzeria, on=day)["price"], ask(pizzeria, on=day, location_id=here)["price"]

        assert [prices(day) for day in ("2026-02-01", "2026-04-01", "2026-06-01", "2026-06-02")] == [
            ("11", "11"),
            ("11", "15"),
            ("11", "11"),
            ("13", "13"),
        ]
        assert len(pizzeria.client.get(url).json()["items"]) == 5

    def test_before_the_first_known_price_that_one_is_taken_and_marked(self, pizzeria):
        answer = ask(pizzeria)
        assert (answer["price"], answer["price_is_first_known"]) == ("12.5", True)

    def test_a_price_noted_ahead_is_shown_when_it_takes_effect(self, pizzeria):
        url = f"/api/menu-items/{pizzeria.made['dish']['id']}"
        created(pizzeria.client.post(f"{url}/prices", json={"price": "14", "effective_from": "2999-01-01"}))
        assert pizzeria.client.get(url).json()["price"] == "12.5"
        created(pizzeria.client.post(f"{url}/prices", json={"price": "13", "effective_from": "2999-01-01"}))
        assert ask(pizzeria, on="2999-01-01")["price"] == "13"

    def test_the_same_request_again_notes_nothing_more(self, pizzeria):
        url = f"/api/menu-items/{pizzeria.made['dish']['id']}/prices"
        body = {"id": str(uuid7()), "price": "14", "effective_from": "2026-03-01"}
        assert created(pizzeria.client.post(url, json=body)) == created(pizzeria.client.post(url, json=body))
        assert len(pizzeria.client.get(url).json()["items"]) == 2

    def test_other_locations_prices_are_neither_seen_nor_set(self, pizzeria):
        here, url = pizzeria.made["location"]["id"], f"/api/menu-items/{pizzeria.made['dish']['id']}/prices"
        body = {"price": "15", "effective_from": "2026-03-01", "location_id": here}
        created(pizzeria.client.post(url, json=body))
        elsewhere = pizzeria.ask(principal("menu.read", "menu.edit", at=frozenset({uuid7()})))
        assert [row["location_id"] for row in elsewhere.get(url).json()["items"]] == [None]
        assert elsewhere.post(url, json=body).status_code == 404
        assert elsewhere.post(url, json=body | {"location_id": None}).json()["code"] == "needs_every_location"


class TestMenuCosts:
    def test_gives_every_item_its_figures(self, pizzeria):
        category = str(uuid7())
        bare = pizzeria.dish("water", category=category)
        dish = pizzeria.made["dish"]
        pizzeria.client.patch(f"/api/menu-items/{dish['id']}", json={"category": category}, headers=version(dish))
        params = {"category": category, "on": "2026-06-01"}
        rows = {row["name"]: row for row in pizzeria.client.get("/api/menu-costs", params=params).json()["items"]}
        full, empty = rows[dish["name"]], rows[bare["name"]]
        assert (full["cost"], full["contribution_margin"], full["allergens"]) == (
            "1.1225",
            "11.3775",
            ["celery", "gluten"],
        )
        assert (empty["has_recipe"], empty["contribution_margin"], empty["is_complete"]) == (False, None, False)


class TestAllergens:
    def test_are_rolled_up_with_the_way_down(self, pizzeria):
        made = pizzeria.made
        assert ask(pizzeria, "allergens")["allergens"] == [
            {"allergen": "celery", "sources": [source(made["basil"], [made["basil"]])]},
            {"allergen": "gluten", "sources": [source(made["flour"], [made["dough"], made["flour"]])]},
        ]

    def test_a_kept_product_is_opened_too(self, pizzeria):
        recipe = pizzeria.made["dough recipe"]
        pizzeria.client.patch(f"/api/recipes/{recipe['id']}", json={"is_stocked": True}, headers=version(recipe))
        assert [each["allergen"] for each in ask(pizzeria, "allergens")["allergens"]] == ["celery", "gluten"]

    def test_those_of_the_recipe_of_the_day(self, pizzeria):
        dish = pizzeria.made["dish"]
        pizzeria.recipe([(pizzeria.made["salt"], "1", "g")], menu_item_id=dish["id"], effective_from="2026-07-01")
        assert ask(pizzeria, "allergens", on="2026-07-01")["allergens"] == []
        early = pizzeria.client.get(f"/api/menu-items/{dish['id']}/allergens", params={"on": "2025-01-01"})
        assert early.json()["code"] == "no_recipe"


class TestMenuImpact:
    def test_says_what_another_pack_price_does_to_each_item(self, pizzeria):
        """Flour from 20 to 30 for 25 kg: 0.0008 → 0.0012 a gram, 150 g on the plate: 0.06 more, 1.1225 → 1.1825."""
        params = {"price": "30", "on": "2026-06-01"}
        url = f"/api/products/{pizzeria.made['flour']['id']}/menu-impact"
        answer = pizzeria.client.get(url, params=params).json()
        assert (answer["price_before"], answer["unit_cost_before"], answer["unit_cost_after"]) == (
            "20",
            "0.0008",
            "0.0012",
        )
        (row,) = answer["items"]
        assert (row["quantity"], row["cost_change"], row["cost_before"], row["cost_after"]) == (
            "150",
            "0.06",
            "1.1225",
            "1.1825",
        )
        assert (row["margin_before"], row["margin_after"], row["food_cost_percent_after"]) == (
            "11.3775",
            "11.3175",
            "9.46",
        )

    def test_a_product_without_a_price_has_none(self, pizzeria):
        url = f"/api/products/{pizzeria.made['dough']['id']}/menu-impact"
        answer = pizzeria.client.get(url, params={"price": "1"})
        assert (answer.status_code, answer.json()["code"]) == (404, "no_known_price")
        assert set(fields(pizzeria.client.get(url, params={"price": "-1"}))) == {"price"}


def source(product, path):
    brief = {name: product[name] for name in ("id", "sku", "name")}
    return {"product": brief, "path": [step["sku"] for step in path]}
