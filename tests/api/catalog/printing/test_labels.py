"""Printed labels: each page is rendered and read back by the decoder."""

from __future__ import annotations

import io

import pypdfium2
import pytest

from api.catalog.codes import read_code
from api.domain.gtin import check_digit
from api.domain.ids import uuid7
from api.scans.decode import decode_image


@pytest.fixture
def product(manager):
    """Makes a product with these codes."""

    def make(*codes: str, name: str = "Żurek ÅÄÖ 御飯 soup") -> str:
        barcodes = [{"code": code} for code in codes]
        body = {"id": str(uuid7()), "sku": str(uuid7()), "name": name, "stock_unit": "g", "barcodes": barcodes}
        reply = manager.post("/api/products", json=body)
        assert reply.status_code == 201, reply.text
        return reply.json()["id"]

    return make


def gtin() -> str:
    body = f"50{uuid7().int % 10**10:010}"
    return body + str(check_digit(body))


def printed(client, *lines: dict, dpi: int = 300, **more) -> list[list[dict]]:
    """What the decoder finds on each page, printed and seen at so many dots per inch."""
    reply = client.post("/api/labels", json={"lines": list(lines), **more})
    assert reply.status_code == 200, reply.text
    assert reply.headers["content-type"] == "application/pdf"
    pages = []
    with pypdfium2.PdfDocument(reply.content) as document:
        for page in document:
            held = io.BytesIO()
            page.render(scale=dpi / 72).to_pil().save(held, "PNG")
            pages.append(decode_image(held.getvalue()))
    return pages


def keys(pages: list[list[dict]]) -> list[set[str]]:
    return [{read_code(found["code"], found["symbology"]).key for found in page} for page in pages]


class TestPrint:
    @pytest.mark.parametrize("sheet", ["a4_3x8", "a4_3x7", "letter_3x10", "roll_62"])
    @pytest.mark.parametrize("carrier", ["ean13", "code128", "qr", "datamatrix"])
    def test_every_carrier_reads_back_as_the_product_s_code(self, manager, product, sheet, carrier):
        code = gtin()
        line = {"product_id": product(code), "carrier": carrier}
        assert keys(printed(manager, line, sheet=sheet)) == [{f"0{code}"}]

    def test_bars_that_read_as_another_code_too_are_read_as_the_one_that_was_printed(self, manager, product):
        """At 300 dots per inch the bars of this one also read as 2175481378608, from right to left."""
        line = {"product_id": product("5006913104557"), "carrier": "ean13"}
        assert keys(printed(manager, line, sheet="letter_3x10")) == [{"05006913104557"}]

    def test_a_sheet_is_filled_and_the_next_begun(self, manager, product):
        """25 labels after 2 that are used up: 22 on the first sheet of 24, 3 on the second."""
        first, second = gtin(), gtin()
        lines = [{"product_id": product(first), "copies": 22}, {"product_id": product(second), "copies": 3}]
        assert keys(printed(manager, *lines, skip=2)) == [{f"0{first}"}, {f"0{second}"}]

    def test_lot_and_expiry_are_carried_in_the_code(self, manager, product):
        code = gtin()
        line = {"product_id": product(code), "lot": "B-47/2", "expires_on": "2026-12-31"}
        for carrier in ("datamatrix", "qr", "code128"):
            ((found,),) = printed(manager, line | {"carrier": carrier}, dpi=300)
            read = read_code(found["code"], found["symbology"])
            assert read.gs1 is not None
            assert (read.key, read.gs1.lot, str(read.gs1.expires_on)) == (f"0{code}", "B-47/2", "2026-12-31")

    def test_a_code_of_the_house_is_printed_as_it_is(self, manager, product):
        code = f"SHELF-{uuid7().int % 10**6:06}"
        assert keys(printed(manager, {"product_id": product(code)})) == [{code}]

    def test_the_code_named_is_the_one_printed(self, manager, product):
        first, second = gtin(), gtin()
        line = {"product_id": product(first, second), "code": second}
        assert keys(printed(manager, line)) == [{f"0{second}"}]


class TestMakeCodes:
    def test_a_product_without_a_code_gets_one_that_scans(self, manager, product):
        made = product()
        (page,) = keys(printed(manager, {"product_id": made}, make_codes=True))
        (barcode,) = manager.get(f"/api/products/{made}").json()["barcodes"]
        assert page == {barcode["code"]}
        assert barcode["code"].startswith("004")
        assert keys(printed(manager, {"product_id": made}, make_codes=True)) == [page]

    def test_without_asking_none_is_made(self, manager, product):
        reply = manager.post("/api/labels", json={"lines": [{"product_id": product()}]})
        assert (reply.status_code, reply.json()["code"]) == (422, "no_code")

    def test_whoever_may_not_edit_products_makes_none(self, operator, product):
        reply = operator.post("/api/labels", json={"lines": [{"product_id": product()}], "make_codes": True})
        assert reply.status_code == 403


class TestRefused:
    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"product_id": "019ab000-0000-7000-8000-000000000000"}, "lines.0.product_id"),
            ({"code": "nobody-knows"}, "lines.0.code"),
            ({"carrier": "ean13"}, "lines.0.carrier"),
            ({"lot": "A"}, "lines.0.lot"),
            ({"copies": 1001}, "lines.0.copies"),
            ({"lot": "A#1"}, "lines.0.lot"),
        ],
    )
    def test_what_cannot_be_printed_is_named(self, manager, product, change, field):
        line = {"product_id": product(f"SHELF-{uuid7()}")} | change
        reply = manager.post("/api/labels", json={"lines": [line]})
        assert reply.status_code == 422
        assert reply.json()["errors"][0]["field"] == field

    @pytest.mark.parametrize("day", ["0001-01-01", "1900-02-28", "9999-12-31"])
    def test_a_year_that_two_digits_cannot_say_is_refused(self, manager, product, day):
        line = {"product_id": product(gtin()), "expires_on": day}
        reply = manager.post("/api/labels", json={"lines": [line]})
        assert (reply.status_code, reply.json()["errors"][0]["field"]) == (422, "lines.0.expires_on")

    def test_a_code_too_long_for_its_label_says_so(self, manager, product):
        line = {"product_id": product(f"SHELF-{uuid7()}-{uuid7()}"), "carrier": "code128"}
        reply = manager.post("/api/labels", json={"lines": [line], "sheet": "roll_62"})
        assert (reply.status_code, reply.json()["code"]) == (422, "does_not_fit")


class TestSheets:
    def test_they_are_listed(self, operator):
        names = [sheet["name"] for sheet in operator.get("/api/labels").json()["items"]]
        assert names == ["a4_3x8", "a4_3x7", "letter_3x10", "roll_62"]
