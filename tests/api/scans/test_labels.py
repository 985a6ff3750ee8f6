"""Labels of the house in the scan path: 2 iiiii c wwwww k, with the weight in grams behind the prefix."""

from __future__ import annotations

import itertools

import pytest
from biip.checksums import gs1_price_weight_check_digit

from api.domain.gtin import check_digit
from api.domain.ids import uuid7
from tests.api.scans.conftest import Shelf

ITEMS = itertools.count(10_001)


def ean(body: str) -> str:
    return body + str(check_digit(body))


def label(item: int, value: int, prefix: str = "2") -> str:
    digits = f"{value:05}"
    return ean(f"{prefix}{item:05}{gs1_price_weight_check_digit(digits)}{digits}")


@pytest.fixture
def item() -> int:
    return next(ITEMS)


@pytest.fixture
def template(manager, shelf: Shelf):
    """Adds a template of the shelf's location."""

    def add(**more) -> dict:
        body = {
            "id": str(uuid7()),
            "name": "Counter scale",
            "pattern": "2{iiiii}{c}{wwwww}{k}",
            "decimals": 3,
            "location_id": str(shelf.place.id),
        }
        reply = manager.post("/api/label-templates", json=body | more)
        assert reply.status_code == 201, reply.text
        return reply.json()

    return add


def link(manager, shelf: Shelf, product: str, code: str, **more):
    body = {"code": code, "pack_quantity": "1", "pack_unit": "kg", "label_location_id": str(shelf.place.id), **more}
    reply = manager.post(f"/api/products/{shelf.products[product]}/barcodes", json=body)
    assert reply.status_code == 201, reply.text
    return reply.json()


@pytest.fixture
def ham(shelf: Shelf) -> str:
    shelf.add("Ham", f"other-{uuid7()}")
    return "Ham"


class TestWeight:
    def test_a_label_counts_by_the_weight_it_carries(self, shelf: Shelf, manager, template, ham, item):
        """1.250 kg on the label, received; then 0.480 kg of another label used: 1250 − 480 = 770 g."""
        template()
        kept = link(manager, shelf, ham, label(item, 1250))
        base = f"2{item:05}000000"
        assert kept["code"] == "0" + ean(base)
        came = shelf.one(label(item, 1250), "receive")
        assert (came["status"], came["quantity"], came["unit"]) == ("posted", "1250", "g")
        assert shelf.one(label(item, 480))["on_hand"] == "770"

    def test_two_equal_labels_are_twice_the_weight(self, shelf: Shelf, manager, template, ham, item):
        template()
        link(manager, shelf, ham, label(item, 500))
        assert shelf.one(label(item, 500), "receive", quantity="2")["quantity"] == "1000"

    def test_a_weight_that_does_not_fit_its_own_check_digit_is_refused(
        self, shelf: Shelf, manager, template, ham, item
    ):
        template()
        link(manager, shelf, ham, label(item, 500))
        right = gs1_price_weight_check_digit("00500")
        result = shelf.one(ean(f"2{item:05}{(right + 1) % 10}00500"), "receive")
        assert (result["status"], result["error"]["code"]) == ("rejected", "bad_check_digit")

    def test_a_location_s_own_template_goes_before_one_for_everywhere(self, shelf: Shelf, manager, template, ham, item):
        """Everywhere two decimals, here three: 01250 is 1.250 kg here."""
        everywhere = template(location_id=None, decimals=2)
        template()
        link(manager, shelf, ham, label(item, 1250))
        assert shelf.one(label(item, 1250), "receive")["quantity"] == "1250"
        version = {"If-Match": f'"{everywhere["version"]}"'}
        ended = manager.patch(f"/api/label-templates/{everywhere['id']}", json={"is_active": False}, headers=version)
        assert ended.json()["is_active"] is False

    def test_without_a_template_it_is_an_unknown_code_like_any_other(self, shelf: Shelf, item):
        assert shelf.one(label(item, 1250), "receive")["status"] == "unknown_code"

    def test_a_code_that_is_known_as_it_stands_is_no_label(self, shelf: Shelf, template, item):
        template()
        shelf.add("Voucher", f"0{label(item, 1250)}", pack="3", unit="each", stock_unit="each")
        assert shelf.one(label(item, 1250), "receive")["quantity"] == "3"

    def test_unknown_labels_of_one_item_are_replayed_once_it_is_linked(
        self, shelf: Shelf, manager, template, ham, item
    ):
        template()
        scans = [shelf.scan(label(item, weight), "receive") for weight in (300, 450)]
        assert {result["status"] for result in shelf.send(*scans)} == {"unknown_code"}
        body = {"product_id": str(shelf.products[ham])}
        done = manager.post(f"/api/scans/unknown/{scans[0]['code']}/link", json=body).json()["results"]
        assert sorted(each["quantity"] for each in done) == ["300", "450"]


class TestPrice:
    def test_the_price_becomes_a_quantity_through_the_price_per_kilogram(
        self, shelf: Shelf, manager, template, ham, item
    ):
        """4.98 at 24.90 for a kilogram is 0.2 kg = 200 g."""
        template(pattern="23{iiii}{c}{ppppp}{k}", decimals=2)
        digits = "00498"
        code = ean(f"23{item % 10000:04}{gs1_price_weight_check_digit(digits)}{digits}")
        link(manager, shelf, ham, code, pack_price="24.90", pack_currency="USD")
        result = shelf.one(code, "receive")
        assert (result["status"], result["quantity"]) == ("posted", "200")

    def test_without_a_price_per_pack_the_quantity_is_asked_and_may_be_said(
        self, shelf: Shelf, manager, template, ham, item
    ):
        template(pattern="24{iiiii}{ppppp}{k}", decimals=2)
        code = ean(f"24{item:05}00498")
        link(manager, shelf, ham, code)
        asked = shelf.one(code, "receive")
        assert (asked["status"], asked["error"]["field"]) == ("needs_input", "quantity")
        assert shelf.one(code, "receive", quantity="0.2", unit="kg")["quantity"] == "200"

    def test_a_price_in_another_currency_is_none(self, shelf: Shelf, manager, template, ham, item):
        template(pattern="25{iiiii}{ppppp}{k}", decimals=2)
        code = ean(f"25{item:05}00498")
        link(manager, shelf, ham, code, pack_price="24.90", pack_currency="EUR")
        assert shelf.one(code, "receive")["status"] == "needs_input"
