"""Who sells what in which pack at which price, and what it cost before."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from api.domain.ids import uuid7
from api.suppliers.service import prices_on
from tests.api.rooms import fields, version


@pytest.fixture
def sold(restaurant):
    return restaurant.sold_by(
        restaurant.supplier(), restaurant.product("mozzarella"), price_valid_from="2026-01-01T00:00:00Z"
    )


def prices(restaurant, row):
    items = restaurant.client.get(f"/api/supplier-products/{row['id']}/prices").json()["items"]
    return [(item["price"], item["valid_from"]) for item in items]


class TestCreateSupplierProduct:
    def test_derives_the_unit_cost_from_the_pack(self, restaurant, sold):
        assert (sold["price"], sold["unit_cost"], sold["stock_unit"]) == ("20", "0.004", "g")
        assert prices(restaurant, sold) == [("20", "2026-01-01T00:00:00Z")]

    def test_a_case_of_tins_is_a_unit_of_the_product(self, restaurant):
        tomatoes = restaurant.product("tomatoes", units=[{"unit": "tin", "numerator": 2500}])
        row = restaurant.sold_by(
            restaurant.supplier(), tomatoes, pack_name="6 × 2.5 kg", pack_quantity="6", pack_unit="tin", price="30"
        )
        assert row["unit_cost"] == "0.002"

    def test_a_cheap_unit_never_costs_zero(self, restaurant):
        """A roll of 100,000 sheets for 1.20 is 0.000012 a sheet; 20 for 6 kg is 1/300 per gram, exactly."""
        sheets = restaurant.product("sheets", stock_unit="each")
        terms = {"pack_quantity": "100000", "pack_unit": "each", "price": "1.2"}
        row = restaurant.sold_by(restaurant.supplier(), sheets, **terms)
        assert (row["unit_cost"], row["unit_cost_exact"]) == ("0.000012", "3/250000")
        flour = restaurant.sold_by(restaurant.supplier(), restaurant.product("flour"), pack_quantity="6")
        assert (flour["unit_cost"], flour["unit_cost_exact"]) == ("0.00333333333333", "1/300")

    def test_takes_the_supplier_s_currency(self, restaurant):
        row = restaurant.sold_by(restaurant.supplier(currency="EUR"), restaurant.product("flour"))
        assert row["currency"] == "EUR"

    def test_the_first_is_preferred_and_a_preferred_one_displaces_it(self, restaurant):
        product = restaurant.product("flour")
        first = restaurant.sold_by(restaurant.supplier(), product)
        second = restaurant.sold_by(restaurant.supplier(), product)
        third = restaurant.sold_by(restaurant.supplier(), product, is_preferred=True)
        listed = restaurant.client.get("/api/supplier-products", params={"product_id": product["id"]}).json()["items"]
        assert {row["id"]: row["is_preferred"] for row in listed} == {
            first["id"]: False,
            second["id"]: False,
            third["id"]: True,
        }
        assert [first["is_preferred"], second["is_preferred"]] == [True, False]

    @pytest.mark.parametrize(
        ("change", "named"),
        [
            ({"product_id": "019ab000-0000-7000-8000-000000000000"}, {"product_id": "unknown_product"}),
            ({"supplier_id": "019ab000-0000-7000-8000-000000000000"}, {"supplier_id": "unknown_supplier"}),
            ({"pack_unit": "bottle"}, {"pack_unit": "unconvertible_unit"}),
            ({"price_valid_from": "2999-01-01T00:00:00Z"}, {"price_valid_from": "in_the_future"}),
        ],
    )
    def test_what_is_wrong_is_named(self, restaurant, change, named):
        body = {
            "id": str(uuid7()),
            "supplier_id": restaurant.supplier()["id"],
            "product_id": restaurant.product("flour")["id"],
            "supplier_sku": "F-16",
            "pack_name": "sack",
            "pack_quantity": "16",
            "pack_unit": "kg",
            "price": "14",
        }
        assert fields(restaurant.client.post("/api/supplier-products", json=body | change)) == named

    def test_an_article_number_is_used_once_per_supplier(self, restaurant, sold):
        body = {
            "supplier_id": sold["supplier"]["id"],
            "product_id": sold["product"]["id"],
            "supplier_sku": sold["supplier_sku"],
            "pack_name": "bag",
            "pack_quantity": "1",
            "pack_unit": "kg",
            "price": "5",
        }
        answer = restaurant.client.post("/api/supplier-products", json=body)
        assert (answer.status_code, answer.json()["code"]) == (409, "supplier_sku_taken")


class TestChangeSupplierProduct:
    def test_a_new_price_is_appended_to_the_history(self, restaurant, sold):
        url = f"/api/supplier-products/{sold['id']}"
        change = {"price": "22.5", "price_valid_from": "2026-06-01T00:00:00Z"}
        changed = restaurant.client.patch(url, json=change, headers=version(sold)).json()
        assert (changed["price"], changed["version"]) == ("22.5", 2)
        assert prices(restaurant, sold) == [("22.5", "2026-06-01T00:00:00Z"), ("20", "2026-01-01T00:00:00Z")]

    def test_a_price_found_out_late_does_not_displace_the_present_one(self, restaurant, sold):
        url = f"/api/supplier-products/{sold['id']}"
        change = {"price": "18", "price_valid_from": "2025-06-01T00:00:00Z"}
        assert restaurant.client.patch(url, json=change, headers=version(sold)).json()["price"] == "20"
        assert len(prices(restaurant, sold)) == 2

    def test_a_date_without_a_price_is_refused(self, restaurant, sold):
        url = f"/api/supplier-products/{sold['id']}"
        change = {"price_valid_from": "2026-06-01T00:00:00Z"}
        assert fields(restaurant.client.patch(url, json=change, headers=version(sold))) == {"price": "missing"}

    def test_an_old_version_conflicts_and_appends_nothing(self, restaurant, sold):
        url = f"/api/supplier-products/{sold['id']}"
        restaurant.client.patch(url, json={"minimum_packs": 2}, headers=version(sold))
        late = restaurant.client.patch(url, json={"price": "1"}, headers=version(sold))
        assert late.json()["code"] == "version_conflict"
        assert len(prices(restaurant, sold)) == 1


class TestPricesOn:
    def test_gives_the_price_then_and_marks_days_before_the_first(self, restaurant, sold):
        url = f"/api/supplier-products/{sold['id']}"
        change = {"price": "22.5", "price_valid_from": "2026-06-01T00:00:00Z"}
        restaurant.client.patch(url, json=change, headers=version(sold))
        product_id = UUID(sold["product"]["id"])

        def on(day):
            found = prices_on(restaurant.session, [product_id], day)[product_id]
            return str(found.price.normalize()), found.is_first_known

        assert on(date(2025, 12, 1)) == ("2E+1", True)
        assert on(date(2026, 5, 31)) == ("2E+1", False)
        assert on(date(2026, 6, 1)) == ("22.5", False)

    def test_prefers_the_preferred_supplier(self, restaurant, sold):
        cheaper = restaurant.sold_by(
            restaurant.supplier(), sold["product"], price="10", price_valid_from="2026-02-01T00:00:00Z"
        )
        assert cheaper["is_preferred"] is False
        product_id = UUID(sold["product"]["id"])
        tomorrow = datetime.now(UTC).date() + timedelta(days=1)
        assert prices_on(restaurant.session, [product_id], tomorrow)[product_id].price == 20
