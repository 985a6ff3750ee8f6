"""Price lists: which product an article is, its pack, its price and the history of it."""

from __future__ import annotations

import secrets

import pytest
from sqlalchemy import text

from tests.api.imports.conftest import Desk, gtin


@pytest.fixture
def rice(supplier_desk: Desk) -> tuple[str, str]:
    """SKU and code of a product that is kept in grams."""
    sku, code = secrets.token_hex(5), gtin()
    supplier_desk.session.execute(
        text(
            "with made as (insert into products (sku, name, stock_unit) values (:sku, 'Rice', 'g') returning id),"
            " factor as (insert into product_units (product_id, unit, numerator) select id, 'sack', 10000 from made)"
            " insert into barcodes (code, symbology, product_id, pack_unit) select :code, 'ean13', id, 'g' from made"
        ),
        {"sku": sku, "code": code.zfill(14)},
    )
    return sku, code


def listed(price: str, product: str, *, article: str = "A-1", quantity: str = "5", unit: str = "kg") -> str:
    return f"article,our sku,pack quantity,unit,price\n{article},{product},{quantity},{unit},{price}\n"


class TestPriceList:
    def test_an_article_gets_its_pack_and_its_first_price(self, supplier_desk: Desk, rice):
        one = supplier_desk.send(listed("20.50", rice[0]))
        assert supplier_desk.apply(one) == {"total": 1, "new": 1, "loaded": 1}
        (row,) = supplier_desk.sql(
            "select sp.pack_name, sp.pack_quantity, sp.pack_unit, sp.price, sp.currency, sp.is_preferred, h.price"
            " from supplier_products sp join supplier_product_prices h on h.supplier_product_id = sp.id"
            " join suppliers s on s.id = sp.supplier_id where s.code = :code",
            code=supplier_desk.supplier,
        )
        assert tuple(map(str, row)) == ("5 kg", "5.000000", "kg", "20.500000", "USD", "True", "20.500000")

    def test_a_code_tells_the_product_too(self, supplier_desk: Desk, rice):
        one = supplier_desk.send(f"article,ean,pack quantity,unit,price\nA-1,{rice[1]},1,sack,9\n")
        assert supplier_desk.counts(one) == {"total": 1, "new": 1}

    def test_a_new_price_is_appended_and_the_same_one_changes_nothing(self, supplier_desk: Desk, rice):
        supplier_desk.apply(supplier_desk.send(listed("20", rice[0])))
        dearer = supplier_desk.send(listed("21", rice[0]))
        assert supplier_desk.rows(dearer)[0].changes == ["price"]
        supplier_desk.apply(dearer)
        assert supplier_desk.counts(supplier_desk.send(listed("21.00", rice[0]))) == {"total": 1, "unchanged": 1}
        prices = supplier_desk.sql(
            "select count(*), max(sp.price) from supplier_products sp"
            " join supplier_product_prices h on h.supplier_product_id = sp.id"
            " join suppliers s on s.id = sp.supplier_id where s.code = :code",
            code=supplier_desk.supplier,
        )
        assert prices == [(2, 21)]

    def test_decimal_commas_are_declared(self, supplier_desk: Desk, rice):
        content = f"article;sku;menge;einheit;preis\nA-1;{rice[0]};1;kg;1.234,50\n"
        columns = {
            "supplier_sku": "article",
            "product_sku": "sku",
            "pack_quantity": "menge",
            "pack_unit": "einheit",
            "price": "preis",
        }
        declared = supplier_desk.send(content, {"columns": columns, "formats": {"decimal_comma": True}})
        assert supplier_desk.rows(declared)[0].fields["price"] == "1234.5"
        assert supplier_desk.problems(supplier_desk.send(content, {"columns": columns})) == {2: ("preis", "no_number")}

    def test_only_the_first_pack_of_a_product_is_preferred(self, supplier_desk: Desk, rice):
        content = listed("20", rice[0]) + f"A-2,{rice[0]},10,kg,38\n"
        supplier_desk.apply(supplier_desk.send(content))
        found = supplier_desk.sql(
            "select supplier_sku, is_preferred from supplier_products sp join suppliers s on s.id = sp.supplier_id"
            " where s.code = :code order by 1",
            code=supplier_desk.supplier,
        )
        assert found == [("A-1", True), ("A-2", False)]


class TestQuarantined:
    @pytest.mark.parametrize(
        ("change", "found"),
        [
            ({"product": "nothing"}, ("our sku", "unknown_product")),
            ({"price": "-1"}, ("price", "negative")),
            ({"price": "NaN"}, ("price", "no_number")),
            ({"price": "1.2345678"}, ("price", "too_precise")),
            ({"price": "1000000000000"}, ("price", "too_large")),
            ({"quantity": "0"}, ("pack quantity", "not_positive")),
            ({"quantity": ""}, ("pack quantity", "missing")),
            ({"unit": "crate"}, ("unit", "unconvertible_unit")),
            ({"article": ""}, ("article", "missing")),
        ],
        ids=lambda value: "-".join(value.values()) if isinstance(value, dict) else value[1],
    )
    def test_a_bad_cell_is_named(self, supplier_desk: Desk, rice, change: dict[str, str], found: tuple[str, str]):
        values = {"price": "20", "product": rice[0]} | change
        assert supplier_desk.problems(supplier_desk.send(listed(**values))) == {2: found}

    def test_another_pack_is_another_article(self, supplier_desk: Desk, rice):
        supplier_desk.apply(supplier_desk.send(listed("20", rice[0])))
        one = supplier_desk.send(listed("20", rice[0], quantity="10"))
        assert supplier_desk.problems(one) == {2: ("pack quantity", "other_pack")}

    def test_sku_and_code_must_mean_one_product(self, supplier_desk: Desk, rice):
        sku = secrets.token_hex(5)
        supplier_desk.sql(
            "insert into products (sku, name, stock_unit) values (:sku, 'Oil', 'l') returning id", sku=sku
        )
        one = supplier_desk.send(f"article,our sku,ean,pack quantity,price\nA-1,{sku},{rice[1]},1,9\n")
        assert supplier_desk.problems(one) == {2: ("ean", "code_taken")}
