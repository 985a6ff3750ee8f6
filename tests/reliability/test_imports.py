"""A price list of 10,000 lines, 500 of them bad in 20 ways (row 19 of the safety list)."""

from __future__ import annotations

import csv
import io
import random
import secrets
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from sqlalchemy import text

from api.domain.gtin import check_digit
from tests.api.imports.conftest import Desk, session, supplier_desk

__all__ = ["session", "supplier_desk"]

pytestmark = pytest.mark.reliability

LINES, PRODUCTS, EACH = 10_000, 400, 25
SEED = 20261122
HEADER = ["article", "our sku", "ean", "pack name", "pack quantity", "unit", "price", "currency", "moq", "multiple"]

Row = dict[str, str]


def gtin(number: int) -> str:
    body = f"29{number:010d}"
    return f"{body}{check_digit(body)}"


@dataclass(frozen=True)
class Fault:
    """One way in which a line is bad: what is done to it, and the column and code that must name it."""

    column: str | None
    code: str
    spoil: Callable[[Row, Row], None]


def cell(column: str, value: str) -> Callable[[Row, Row], None]:
    def spoil(row: Row, _: Row) -> None:
        row[column] = value

    return spoil


def copied(column: str) -> Callable[[Row, Row], None]:
    """The cell of a good line further up."""

    def spoil(row: Row, good: Row) -> None:
        row[column] = good[column]

    return spoil


def narrow(row: Row, _: Row) -> None:
    for name in HEADER[3:]:
        row[name] = "\0gone"


FAULTS = [
    Fault("article", "missing", cell("article", "")),
    Fault("article", "too_long", cell("article", "x" * 61)),
    Fault("article", "duplicate_article", copied("article")),
    Fault("our sku", "unknown_product", cell("our sku", "nobody-has-this")),
    Fault("ean", "bad_check_digit", cell("ean", "5000119309236")),
    Fault("ean", "ruined_by_spreadsheet", cell("ean", "3.17E+12")),
    Fault("ean", "lost_leading_zero", cell("ean", "73490124785")),
    Fault("ean", "code_taken", copied("ean")),
    Fault("pack name", "unprintable_text", cell("pack name", "bag\x07 of five")),
    Fault("pack quantity", "not_positive", cell("pack quantity", "0")),
    Fault("pack quantity", "no_number", cell("pack quantity", "five")),
    Fault("unit", "unconvertible_unit", cell("unit", "crate")),
    Fault("price", "missing", cell("price", "")),
    Fault("price", "negative", cell("price", "-3.20")),
    Fault("price", "no_number", cell("price", "NaN")),
    Fault("price", "too_precise", cell("price", "1.23456789")),
    Fault("price", "too_large", cell("price", "9999999999999")),
    Fault("currency", "other_currency", cell("currency", "EUR")),
    Fault("moq", "no_count", cell("moq", "2.5")),
    Fault(None, "cell_count", narrow),
]


@pytest.fixture
def skus(supplier_desk: Desk) -> list[str]:
    """Products that are kept in grams, each with a code."""
    mark = secrets.token_hex(4)
    made = [f"{mark}-{number}" for number in range(PRODUCTS)]
    supplier_desk.session.execute(
        text(
            "insert into products (sku, name, stock_unit) select s, 'Product ' || s, 'g' from unnest(cast(:skus as text[])) s"
        ),
        {"skus": made},
    )
    supplier_desk.session.execute(
        text(
            "insert into barcodes (code, symbology, product_id, pack_unit) select c, 'ean13', p.id, 'g'"
            " from unnest(cast(:skus as text[]), cast(:codes as text[])) as t(s, c) join products p on p.sku = s"
        ),
        {"skus": made, "codes": [gtin(number).zfill(14) for number in range(PRODUCTS)]},
    )
    return made


def good_lines(skus: list[str], chance: random.Random) -> list[Row]:
    lines = []
    for number in range(LINES):
        product = number % PRODUCTS
        values = (
            *(f"A-{number}", skus[product], gtin(product), f"bag {number}", str(chance.randint(1, 20)), "kg"),
            *(f"{chance.randint(100, 9999) / 100}", "USD", str(chance.randint(1, 5)), "1"),
        )
        lines.append(dict(zip(HEADER, values, strict=True)))
    return lines


def as_csv(lines: list[Row]) -> str:
    content = io.StringIO()
    writer = csv.writer(content)
    writer.writerow(HEADER)
    writer.writerows([value for value in row.values() if value != "\0gone"] for row in lines)
    return content.getvalue()


class TestPriceListOfTenThousandLines:
    def test_9500_load_500_wait_by_name_again_adds_none_and_repaired_ones_load_once(self, supplier_desk: Desk, skus):
        chance = random.Random(SEED)
        lines = good_lines(skus, chance)
        untouched = [dict(row) for row in lines]
        expected = {}
        # The first product's lines stay good, so that each bad line has a good one of another product to copy from.
        places = chance.sample([place for place in range(PRODUCTS, LINES) if place % PRODUCTS], EACH * len(FAULTS))
        for number, place in enumerate(places):
            fault = FAULTS[number % len(FAULTS)]
            fault.spoil(lines[place], lines[0])
            expected[place + 2] = (fault.column, fault.code)

        one = supplier_desk.send(as_csv(lines))
        assert supplier_desk.problems(one) == expected
        assert all(
            row.problems[0].reason and row.problems[0].way_out for row in supplier_desk.rows(one) if row.problems
        )
        assert supplier_desk.apply(one) == {"total": LINES, "new": 9500, "quarantined": 500, "loaded": 9500}
        assert self.articles(supplier_desk) == (9500, 9500)

        again = supplier_desk.send(as_csv(lines))
        assert supplier_desk.apply(again) == {"total": LINES, "unchanged": 9500, "quarantined": 500}
        assert self.articles(supplier_desk) == (9500, 9500)

        mended = as_csv([untouched[place] for place in sorted(places)])
        repaired = supplier_desk.send(mended)
        assert supplier_desk.apply(repaired) == {"total": 500, "new": 500, "loaded": 500}
        assert supplier_desk.apply(repaired) == {"total": 500, "new": 500, "loaded": 500}
        assert supplier_desk.counts(supplier_desk.send(mended)) == {"total": 500, "unchanged": 500}
        assert self.articles(supplier_desk) == (LINES, LINES)

    def articles(self, desk: Desk) -> tuple[int, int]:
        """What the supplier sells, and the prices in its history."""
        (row,) = desk.sql(
            "select count(distinct sp.id), count(h.id) from supplier_products sp"
            " join suppliers s on s.id = sp.supplier_id"
            " left join supplier_product_prices h on h.supplier_product_id = sp.id where s.code = :code",
            code=desk.supplier,
        )
        return tuple(row)
