"""Products: created once, edited by one person at a time, found by name and code."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from api.audit.models import AuditIntent
from api.domain.ids import uuid7
from tests.api.rooms import created, fields, principal, version

EAN = "4006381333931"


def body(**more):
    return {"id": str(uuid7()), "sku": str(uuid7()), "name": "Plain flour", "stock_unit": "g", **more}


class TestCreateProduct:
    def test_answers_units_and_codes_in_the_contract_s_shape(self, restaurant):
        asked = body(
            units=[{"unit": "cup", "numerator": 125, "denominator": 1}],
            barcodes=[{"code": EAN, "pack_quantity": "1.5", "pack_unit": "kg"}],
            allergens=["gluten"],
        )
        answer = created(restaurant.client.post("/api/products", json=asked))
        assert answer["units"] == [{"unit": "cup", "numerator": 125, "denominator": 1}]
        assert answer["barcodes"] == [
            {
                "code": "0" + EAN,
                "symbology": "ean13",
                "pack_quantity": "1.5",
                "pack_unit": "kg",
                "pack_price": None,
                "pack_currency": None,
            }
        ]
        assert (answer["id"], answer["version"], answer["is_active"]) == (asked["id"], 1, True)

    def test_the_same_request_again_gives_the_first_answer_even_after_an_edit(self, restaurant):
        asked = body()
        first = created(restaurant.client.post("/api/products", json=asked))
        restaurant.client.patch(f"/api/products/{first['id']}", json={"name": "Strong flour"}, headers=version(first))
        assert created(restaurant.client.post("/api/products", json=asked)) == first

    def test_the_same_id_with_another_body_conflicts(self, restaurant):
        asked = body()
        created(restaurant.client.post("/api/products", json=asked))
        answer = restaurant.client.post("/api/products", json=asked | {"name": "Rye flour"})
        assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_conflict")

    def test_somebody_else_s_id_conflicts(self, restaurant):
        asked = body()
        created(restaurant.client.post("/api/products", json=asked))
        other = restaurant.ask(principal("catalog.edit"))
        assert other.post("/api/products", json=asked).status_code == 409

    def test_a_taken_sku_conflicts_and_leaves_nothing(self, restaurant):
        first = restaurant.product("flour")
        asked = body(sku=first["sku"])
        answer = restaurant.client.post("/api/products", json=asked)
        assert (answer.status_code, answer.json()["code"]) == (409, "sku_taken")
        assert restaurant.client.get(f"/api/products/{asked['id']}").status_code == 404

    def test_a_unit_that_follows_from_the_stock_unit_is_refused(self, restaurant):
        asked = body(units=[{"unit": "kg", "numerator": 999}])
        assert fields(restaurant.client.post("/api/products", json=asked)) == {"units.0.unit": "duplicate_unit"}

    def test_a_wrong_check_digit_is_named(self, restaurant):
        asked = body(barcodes=[{"code": EAN}, {"code": "5000119309236"}])
        assert fields(restaurant.client.post("/api/products", json=asked)) == {"barcodes.1.code": "bad_check_digit"}

    def test_an_unknown_field_a_random_id_and_a_missing_name_are_named(self, restaurant):
        asked = {"id": "a48e1a2b-60c7-4c56-9d9e-111111111111", "sku": "X", "stock_unit": "g", "colour": "white"}
        named = fields(restaurant.client.post("/api/products", json=asked))
        assert set(named) == {"id", "name", "colour"}

    def test_the_act_is_recorded_for_the_audit(self, restaurant):
        made = restaurant.product("flour")
        intent = restaurant.session.scalars(select(AuditIntent).where(AuditIntent.subject_id == made["id"])).one()
        assert intent.action == "product.created"

    def test_reading_is_not_enough(self, restaurant):
        answer = restaurant.ask(principal("catalog.read")).post("/api/products", json=body())
        assert (answer.status_code, answer.json()["scope"]) == (403, "catalog.edit")


class TestChangeProduct:
    def test_moves_the_version(self, restaurant):
        made = restaurant.product("flour")
        answer = restaurant.client.patch(
            f"/api/products/{made['id']}", json={"is_active": False}, headers=version(made)
        )
        assert (answer.json()["version"], answer.json()["is_active"]) == (2, False)

    def test_an_old_version_conflicts_and_changes_nothing(self, restaurant):
        made = restaurant.product("flour")
        restaurant.client.patch(f"/api/products/{made['id']}", json={"name": "A"}, headers=version(made))
        late = restaurant.client.patch(f"/api/products/{made['id']}", json={"name": "B"}, headers=version(made))
        assert (late.status_code, late.json()["code"]) == (409, "version_conflict")
        assert restaurant.client.get(f"/api/products/{made['id']}").json()["name"] == "A"

    def test_without_a_version_is_refused(self, restaurant):
        made = restaurant.product("flour")
        assert restaurant.client.patch(f"/api/products/{made['id']}", json={"name": "A"}).status_code == 428

    def test_units_are_replaced_unless_a_code_needs_the_old_one(self, restaurant):
        made = restaurant.product("flour", units=[{"unit": "sack", "numerator": 16000}])
        url = f"/api/products/{made['id']}"
        restaurant.client.post(f"{url}/barcodes", json={"code": "SACK-1", "pack_unit": "sack"})
        refused = restaurant.client.patch(url, json={"units": []}, headers=version(made))
        assert fields(refused) == {"units": "unconvertible_unit"}
        units = [{"unit": "sack", "numerator": 25000, "denominator": 1}]
        assert restaurant.client.patch(url, json={"units": units}, headers=version(made)).json()["units"] == units

    def test_a_null_name_and_the_stock_unit_are_refused(self, restaurant):
        made = restaurant.product("flour")
        url = f"/api/products/{made['id']}"
        assert fields(restaurant.client.patch(url, json={"name": None}, headers=version(made))) == {"name": "null"}
        refused = restaurant.client.patch(url, json={"stock_unit": "kg"}, headers=version(made))
        assert set(fields(refused)) == {"stock_unit"}


class TestListProducts:
    def test_pages_by_name_without_gaps_or_repeats(self, restaurant):
        category = str(uuid7())
        wanted = [restaurant.product(f"p{n}", category=category)["id"] for n in range(5)]
        seen, cursor = [], None
        while True:
            params = {"category": category, "limit": 2} | ({"cursor": cursor} if cursor else {})
            page = restaurant.client.get("/api/products", params=params).json()
            seen += [row["id"] for row in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert seen == wanted

    def test_searches_name_sku_and_code_literally(self, restaurant):
        made = restaurant.product("50% cream", barcodes=[{"code": "HOUSE-4711"}])

        def found(q):
            return [row["id"] for row in restaurant.client.get("/api/products", params={"q": q}).json()["items"]]

        assert found("50% c") == [made["id"]]
        assert found("E-4711") == [made["id"]]
        assert made["id"] not in found("5_% c")

    def test_filters_inactive_ones(self, restaurant):
        made = restaurant.product("flour", category="only-here")
        restaurant.client.patch(f"/api/products/{made['id']}", json={"is_active": False}, headers=version(made))
        active = restaurant.client.get("/api/products", params={"category": "only-here", "is_active": True})
        assert active.json()["items"] == []

    def test_a_foreign_cursor_is_refused(self, restaurant):
        answer = restaurant.client.get("/api/products", params={"cursor": "bm9uc2Vuc2U"})
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_cursor")


class TestPacks:
    def test_a_chain_of_packs_becomes_exact_factors_of_the_stock_unit(self, restaurant):
        """case = 12 packs, pack = 6 eggs, egg = 58 g: a case is 4176 g; a trimmed gram takes 100/88 of a raw one."""
        units = [
            {"unit": "case", "numerator": 12, "of": "pack"},
            {"unit": "pack", "numerator": 6, "of": "each"},
            {"unit": "each", "numerator": 58},
            {"unit": "g_trimmed", "yield_percent": "88"},
        ]
        made = restaurant.product("eggs", units=units)
        told = {each["unit"]: (each["numerator"], each["denominator"]) for each in made["units"]}
        assert told == {"case": (4176, 1), "pack": (348, 1), "each": (58, 1), "g_trimmed": (25, 22)}

    @pytest.mark.parametrize(
        ("units", "named"),
        [
            ([{"unit": "case", "of": "pack"}], {"units.0.of": "unconvertible_unit"}),
            ([{"unit": "case", "of": "pack"}, {"unit": "pack", "of": "case"}], {"units.0.of": "circular_units"}),
            ([{"unit": "trimmed", "yield_percent": "0"}], {"units.0.yield_percent": "not_positive"}),
            (
                [{"unit": "a", "numerator": 10**12}, {"unit": "b", "numerator": 10**12, "of": "a"}],
                {"units.1.unit": "out_of_range"},
            ),
        ],
    )
    def test_what_leads_nowhere_is_refused_by_name(self, restaurant, units, named):
        asked = {"sku": str(uuid7()), "name": "Eggs", "stock_unit": "g", "units": units}
        assert fields(restaurant.client.post("/api/products", json=asked)) == named
