"""Batches: what goes in leaves stock, what comes out is worth what went in, and a batch is undone as a whole."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import text

from api.domain.ids import uuid7
from api.inventory.stock.errors import BelongsToDocument
from api.inventory.stock.schemas import Reversal
from api.inventory.stock.service import undo
from tests.api.rooms import created, fields, principal, version

NOON = "2026-11-10T17:00:00Z"
KINDS = ("consumption", "production")


@pytest.fixture
def bakery(restaurant):
    """1 kg pizza dough of 600 g flour, 20 g salt and 80 g sieved starter of which 20 % is lost; starter is made of
    flour and water in equal parts, to order. Flour costs 0.001 a gram, salt 0.002, water nothing yet.
    """
    flour, salt, water, starter, dough = (
        restaurant.product(name) for name in ("flour", "salt", "water", "starter", "dough")
    )
    restaurant.made = {"location": restaurant.location(), "flour": flour, "salt": salt, "water": water, "dough": dough}
    restaurant.recipe(
        [(flour, "500", "g"), (water, "500", "g")], product_id=starter["id"], yield_quantity="1", yield_unit="kg"
    )
    lines = [(flour, "600", "g"), (salt, "20", "g"), (starter, "64", "g")]
    body = {"product_id": dough["id"], "yield_quantity": "1", "yield_unit": "kg", "is_stocked": True}
    made = restaurant.recipe(lines, **body)
    changed = [
        {"product_id": product["id"], "quantity": quantity, "unit": unit, "yield_fraction": share}
        for (product, quantity, unit), share in zip(lines, ("1", "1", "0.8"), strict=True)
    ]
    restaurant.made["recipe"] = restaurant.client.patch(
        f"/api/recipes/{made['id']}", json={"lines": changed}, headers=version(made)
    ).json()
    for product, cost in ((flour, "0.001"), (salt, "0.002"), (water, "0")):
        stock(restaurant, product, "10000", cost)
    return restaurant


def stock(restaurant, product, quantity, cost):
    restaurant.session.execute(
        text(
            """insert into inventory_items (product_id, location_id, currency, on_hand, avg_cost)
               values (:product, :location, 'USD', :quantity, :cost)"""
        ),
        {
            "product": product["id"],
            "location": restaurant.made["location"]["id"],
            "quantity": quantity,
            "cost": cost,
        },
    )


def batch(restaurant, **more):
    body = {
        "id": str(uuid7()),
        "recipe_id": restaurant.made["recipe"]["id"],
        "location_id": restaurant.made["location"]["id"],
        "occurred_at": NOON,
    }
    return body | ({} if "quantity" in more else {"batches": "2"}) | more


def make(restaurant, client=None, **more):
    return (client or restaurant.client).post("/api/production-batches", json=batch(restaurant, **more))


def balance(restaurant, name):
    row = restaurant.session.execute(
        text("select on_hand, avg_cost from inventory_items where product_id = :id"),
        {"id": restaurant.made[name]["id"]},
    ).one()
    return tuple(row)


def rows(restaurant):
    found = restaurant.session.execute(
        text(
            """select m.kind, m.quantity, m.value, m.reference, m.reverses_id is not null as is_reversal
                 from stock_movements m join inventory_items i on i.id in (m.from_item_id, m.to_item_id)
                where i.location_id = :id order by m.recorded_at"""
        ),
        {"id": restaurant.made["location"]["id"]},
    )
    return found.all()


class TestProduce:
    def test_a_recipe_with_yield_and_sub_recipe(self, bakery):
        """Twice 1 kg dough. Sieved starter: 2 × 64 g ÷ 0.8 = 160 g, of 80 g flour and 80 g water.

        flour 2 × 600 + 80 = 1,280 g × 0.001 = 1.28; salt 40 g × 0.002 = 0.08; water 80 g × 0 = 0: 1.36 in all.
        1,900 g came out instead of 2,000: they are worth the same 1.36, a gram 0.000716 (1.36 ÷ 1,900).
        """
        answer = created(make(bakery, produced={"quantity": "1.9", "unit": "kg"}))
        assert (answer["expected_quantity"], answer["produced_quantity"], answer["yield_variance"]) == (
            "2000",
            "1900",
            "-100",
        )
        assert (answer["value"], answer["unit_cost"], answer["currency"]) == ("1.36", "0.000716", "USD")
        used = {line["product"]["name"]: (line["used_quantity"], line["value"]) for line in answer["lines"]}
        assert used == {"Flour": ("1280", "1.28"), "Salt": ("40", "0.08"), "Water": ("80", "0")}
        assert answer["without_cost"] == ["Water"]
        assert balance(bakery, "flour") == (8720, Decimal("0.001"))
        assert balance(bakery, "dough") == (1900, Decimal("0.000716"))

    def test_the_value_of_the_product_is_the_sum_of_what_went_in(self, bakery):
        answer = created(make(bakery))
        kinds = {kind: sum(row.value for row in rows(bakery) if row.kind == kind) for kind in KINDS}
        assert kinds == {"consumption": Decimal("1.36"), "production": Decimal("1.36")}
        assert {row.reference for row in rows(bakery)} == {answer["id"]}

    def test_joins_what_is_left_of_an_older_batch_at_the_average(self, bakery):
        """500 g at 0.002 and 2,000 g worth 1.36: (1 + 1.36) ÷ 2,500 = 0.000944."""
        stock(bakery, bakery.made["dough"], "500", "0.002")
        make(bakery)
        assert balance(bakery, "dough") == (2500, Decimal("0.000944"))

    def test_for_so_much_of_the_product(self, bakery):
        answer = created(make(bakery, quantity="500", unit="g"))
        assert (answer["expected_quantity"], answer["value"]) == ("500", "0.34")

    def test_what_was_really_used_replaces_the_recipe(self, bakery):
        """Salt: 30 g of one lot and 15 g of another, 0.09; no water at all; flour as the recipe says, 1.28."""
        salt, water = bakery.made["salt"], bakery.made["water"]
        lots = [
            bakery.session.execute(
                text("insert into lots (product_id, code) values (:id, :code) returning id"),
                {"id": salt["id"], "code": code},
            ).scalar_one()
            for code in ("A", "B")
        ]
        used = [
            {"product_id": salt["id"], "quantity": "0.03", "unit": "kg", "lot_id": str(lots[0])},
            {"product_id": salt["id"], "quantity": "15", "unit": "g", "lot_id": str(lots[1])},
            {"product_id": water["id"], "quantity": "0", "unit": "g"},
        ]
        answer = created(make(bakery, used=used, lot={"code": "D-1110", "expires_on": "2026-11-13"}))
        shown = [
            (line["product"]["name"], line["expected_quantity"], line["used_quantity"]) for line in answer["lines"]
        ]
        assert shown == [
            ("Flour", "1280", "1280"),
            ("Salt", "40", "30"),
            ("Salt", "0", "15"),
            ("Water", "80", "0"),
        ]
        assert (answer["value"], answer["lines"][3]["movement_id"]) == ("1.37", None)
        assert answer["lot_id"] is not None

    def test_a_kept_ingredient_is_used_up_itself(self, bakery):
        """The starter is kept from November 10 on: the dough takes 160 g of it, not the flour in it."""
        (starter,) = [line for line in bakery.made["recipe"]["lines"] if line["product"]["name"] == "Starter"]
        bakery.recipe(
            [(bakery.made["flour"], "500", "g")],
            product_id=starter["product"]["id"],
            yield_quantity="1",
            yield_unit="kg",
            effective_from="2026-11-10",
            is_stocked=True,
        )
        used = {line["product"]["name"]: line["used_quantity"] for line in created(make(bakery))["lines"]}
        assert used == {"Flour": "1200", "Salt": "40", "Starter": "160"}

    def test_the_same_request_again_gives_the_first_answer(self, bakery):
        body = batch(bakery)
        first, again = (created(bakery.client.post("/api/production-batches", json=body)) for _ in range(2))
        assert first == again
        assert len(rows(bakery)) == 4

    def test_the_id_with_other_content_is_a_conflict(self, bakery):
        body = batch(bakery)
        bakery.client.post("/api/production-batches", json=body)
        answer = bakery.client.post("/api/production-batches", json=body | {"batches": "3"})
        assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_conflict")
        assert len(rows(bakery)) == 4

    def test_another_days_recipe_is_refused_and_the_right_one_named(self, bakery):
        later = bakery.recipe(
            [(bakery.made["flour"], "1", "kg")],
            product_id=bakery.made["dough"]["id"],
            yield_unit="kg",
            effective_from="2026-11-10",
            is_stocked=True,
        )
        answer = make(bakery)
        assert fields(answer) == {"recipe_id": "recipe_not_in_force"}
        assert answer.json()["recipe_in_force"] == later["id"]

    def test_a_product_that_sales_explode_is_not_made_ahead(self, bakery):
        recipe = bakery.made["recipe"]
        bakery.client.patch(f"/api/recipes/{recipe['id']}", json={"is_stocked": False}, headers=version(recipe))
        assert fields(make(bakery)) == {"recipe_id": "recipe_not_stocked"}

    def test_what_is_wrong_is_named(self, bakery):
        dish = bakery.dish()
        plate = bakery.recipe([(bakery.made["dough"], "250", "g")], menu_item_id=dish["id"])
        dough, salt = bakery.made["dough"]["id"], bakery.made["salt"]["id"]
        of_flour = bakery.session.execute(
            text("insert into lots (product_id, code) values (:id, 'F') returning id"),
            {"id": bakery.made["flour"]["id"]},
        ).scalar_one()

        def used(**line):
            return {"used": [{"product_id": salt, "quantity": "1", "unit": "g"} | line]}

        assert fields(make(bakery, recipe_id=plate["id"])) == {"recipe_id": "makes_a_menu_item"}
        assert fields(make(bakery, recipe_id=str(uuid7()))) == {"recipe_id": "unknown_recipe"}
        assert fields(make(bakery, **used(product_id=dough))) == {"used.0.product_id": "made_of_itself"}
        assert fields(make(bakery, **used(product_id=str(uuid7())))) == {"used.0.product_id": "unknown_product"}
        assert fields(make(bakery, **used(unit="bottle"))) == {"used.0.unit": "unconvertible_unit"}
        assert fields(make(bakery, **used(lot_id=str(of_flour)))) == {"used.0.lot_id": "unknown_lot"}
        assert fields(make(bakery, quantity="1", unit="bottle")) == {"unit": "unconvertible_unit"}
        assert set(fields(make(bakery, batches="0"))) == {"batches"}
        assert make(bakery, batches=None).status_code == 422
        assert rows(bakery) == []

    def test_a_location_that_bars_negative_stock_uses_nothing(self, bakery):
        location = bakery.made["location"]
        body = {"allows_negative": False}
        bakery.client.patch(f"/api/locations/{location['id']}", json=body, headers=version(location))
        answer = make(bakery, batches="1000")
        assert (answer.status_code, answer.json()["code"]) == (409, "insufficient_stock")
        assert rows(bakery) == []
        assert balance(bakery, "flour")[0] == 10000

    def test_a_foreign_location_is_not_found(self, bakery):
        elsewhere = bakery.ask(principal("production.post", at=frozenset({uuid7()})))
        assert make(bakery, elsewhere).status_code == 404
        assert make(bakery, bakery.ask(principal("production.read"))).status_code == 403


class TestUndo:
    def test_takes_the_product_out_and_puts_everything_back(self, bakery):
        made = created(make(bakery))
        url = f"/api/production-batches/{made['id']}/reverse"
        undone = created(bakery.client.post(url, json={"reason_code": "typing_error"}))
        assert undone["reversed_at"] is not None
        assert balance(bakery, "dough")[0] == 0
        assert [balance(bakery, name) for name in ("flour", "salt", "water")] == [
            (10000, Decimal("0.001")),
            (10000, Decimal("0.002")),
            (10000, 0),
        ]
        order = [row.kind for row in rows(bakery) if row.is_reversal]
        assert order == ["production", "consumption", "consumption", "consumption"]
        assert created(bakery.client.post(url)) == undone
        assert len(rows(bakery)) == 8

    def test_a_single_movement_of_it_is_not_undone_alone(self, bakery, session):
        made = created(make(bakery))
        with pytest.raises(BelongsToDocument, match="production batch"):
            undo(session, principal("inventory.scan", "inventory.adjust"), UUID(made["movement_id"]), Reversal())

    def test_somebody_elses_needs_the_right_to_adjust(self, bakery):
        url = f"/api/production-batches/{created(make(bakery))['id']}/reverse"
        assert bakery.ask(principal("production.post")).post(url).json()["code"] == "not_yours"
        assert bakery.ask(principal("production.post", at=frozenset({uuid7()}))).post(url).status_code == 404
        assert bakery.ask(principal("production.post", "inventory.adjust")).post(url).status_code == 201

    def test_what_was_sold_meanwhile_is_not_taken_back_where_negative_stock_is_barred(self, bakery):
        location, made = bakery.made["location"], created(make(bakery))
        dish = bakery.dish()
        bakery.recipe([(bakery.made["dough"], "250", "g")], menu_item_id=dish["id"])
        sales = {
            "location_id": location["id"],
            "business_day": "2026-11-10",
            "sales": [{"menu_item_code": dish["code"], "quantity": "1"}],
        }
        bakery.client.post("/api/depletions", json=sales)
        body = {"allows_negative": False}
        bakery.client.patch(f"/api/locations/{location['id']}", json=body, headers=version(location))
        answer = bakery.client.post(f"/api/production-batches/{made['id']}/reverse")
        assert (answer.status_code, answer.json()["code"]) == (409, "insufficient_stock")
        assert bakery.client.get(f"/api/production-batches/{made['id']}").json()["reversed_at"] is None


class TestListBatches:
    def test_latest_first_page_by_page_and_by_product(self, bakery):
        moments = ("2026-11-08T17:00:00Z", "2026-11-10T17:00:00Z", "2026-11-09T17:00:00Z")
        made = [created(make(bakery, occurred_at=at)) for at in moments]
        params = {"location_id": bakery.made["location"]["id"], "product_id": bakery.made["dough"]["id"], "limit": 2}
        first = bakery.client.get("/api/production-batches", params=params).json()
        after = params | {"cursor": first["next_cursor"]}
        rest = bakery.client.get("/api/production-batches", params=after).json()
        assert first["items"] + rest["items"] == [made[1], made[2], made[0]]
        since = params | {"since": "2026-11-09T00:00:00Z", "until": "2026-11-10T00:00:00Z"}
        assert bakery.client.get("/api/production-batches", params=since).json()["items"] == [made[2]]

    def test_other_locations_batches_are_not_seen(self, bakery):
        made = created(make(bakery))
        elsewhere = bakery.ask(principal("production.read", at=frozenset({uuid7()})))
        assert elsewhere.get("/api/production-batches").json()["items"] == []
        assert elsewhere.get(f"/api/production-batches/{made['id']}").status_code == 404
        params = {"location_id": bakery.made["location"]["id"]}
        assert elsewhere.get("/api/production-batches", params=params).status_code == 404
