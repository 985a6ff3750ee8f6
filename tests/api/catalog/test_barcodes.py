"""Codes: linked once, normalised, looked up as scanned."""

from __future__ import annotations

from tests.api.rooms import created, fields

EAN = "4006381333931"


class TestLinkBarcode:
    def test_linking_twice_changes_nothing(self, restaurant):
        url = f"/api/products/{restaurant.product('flour')['id']}/barcodes"
        asked = {"code": EAN, "pack_quantity": "1.5", "pack_unit": "kg"}
        assert created(restaurant.client.post(url, json=asked)) == created(restaurant.client.post(url, json=asked))

    def test_a_code_of_another_product_conflicts_and_says_whose_it_is(self, restaurant):
        first, second = restaurant.product("flour"), restaurant.product("sugar")
        restaurant.client.post(f"/api/products/{first['id']}/barcodes", json={"code": EAN})
        answer = restaurant.client.post(f"/api/products/{second['id']}/barcodes", json={"code": EAN})
        assert (answer.status_code, answer.json()["code"]) == (409, "barcode_taken")
        assert answer.json()["product_id"] == first["id"]

    def test_a_pack_in_a_unit_the_product_does_not_have_is_refused(self, restaurant):
        url = f"/api/products/{restaurant.product('flour')['id']}/barcodes"
        assert fields(restaurant.client.post(url, json={"code": "A-1", "pack_unit": "bottle"})) == {
            "pack_unit": "unconvertible_unit"
        }

    def test_a_pack_of_nothing_is_refused(self, restaurant):
        url = f"/api/products/{restaurant.product('flour')['id']}/barcodes"
        for quantity in ("0", "-1", "NaN", "1e3"):
            assert set(fields(restaurant.client.post(url, json={"code": "A-1", "pack_quantity": quantity}))) == {
                "pack_quantity"
            }

    def test_an_unknown_product_is_not_found(self, restaurant):
        answer = restaurant.client.post(
            "/api/products/019ab000-0000-7000-8000-000000000000/barcodes", json={"code": "A"}
        )
        assert answer.json()["code"] == "product_not_found"


class TestUnlinkBarcode:
    def test_takes_the_code_off(self, restaurant):
        url = f"/api/products/{restaurant.product('flour')['id']}/barcodes"
        restaurant.client.post(url, json={"code": EAN})
        assert restaurant.client.delete(url, params={"code": EAN}).status_code == 204
        assert restaurant.client.get(f"/api/barcodes/{EAN}").status_code == 404

    def test_only_off_its_own_product(self, restaurant):
        first, second = restaurant.product("flour"), restaurant.product("sugar")
        restaurant.client.post(f"/api/products/{first['id']}/barcodes", json={"code": EAN})
        answer = restaurant.client.delete(f"/api/products/{second['id']}/barcodes", params={"code": EAN})
        assert answer.json()["code"] == "unknown_code"


class TestLookUpCode:
    def test_finds_a_gtin_in_each_of_its_spellings(self, restaurant):
        made = restaurant.product("flour", barcodes=[{"code": EAN, "pack_quantity": "1.5", "pack_unit": "kg"}])
        for code in (EAN, "0" + EAN, f" {EAN} "):
            answer = restaurant.client.get(f"/api/barcodes/{code}").json()
            assert (answer["product"]["id"], answer["pack_quantity"], answer["pack_unit"]) == (made["id"], "1.5", "kg")

    def test_reads_lot_expiry_and_weight_from_an_element_string(self, restaurant):
        made = restaurant.product("cheese", barcodes=[{"code": "95012345678903"}])
        answer = restaurant.client.get("/api/barcodes/0195012345678903310300018917270131%1D10LOT%2F1").json()
        assert answer["product"]["id"] == made["id"]
        assert answer["gs1"] == {
            "gtin": "95012345678903",
            "lot": "LOT/1",
            "expires_on": "2027-01-31",
            "weight_kg": "0.189",
            "serial": None,
        }

    def test_a_house_code_of_digits_is_kept_as_it_is(self, restaurant):
        made = restaurant.product("dough", barcodes=[{"code": "12345678", "symbology": "code128"}])
        assert restaurant.client.get("/api/barcodes/12345678").json()["product"]["id"] == made["id"]

    def test_a_wrong_check_digit_is_told_apart_from_an_unknown_code(self, restaurant):
        assert fields(restaurant.client.get("/api/barcodes/5000119309236")) == {"code": "bad_check_digit"}
        answer = restaurant.client.get("/api/barcodes/4006381333931")
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_code")
