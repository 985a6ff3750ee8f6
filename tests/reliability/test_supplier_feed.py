"""A supplier's price list of 10,000 rows, 500 of them bad in 20 ways, into the warehouse (row 19 of the safety list)."""

from __future__ import annotations

import csv
import random
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from ingestion.documents.values import valid_gtin
from ingestion.quarantine.replay import replay
from ingestion.quarantine.store import Filter, list_rows, repair
from ingestion.supplier_catalogs.cli import import_catalog
from ingestion.supplier_catalogs.mapping import CatalogMapping, ListColumns
from tests.ingestion.conftest import Kitchen, kitchen

__all__ = ["kitchen"]

pytestmark = [pytest.mark.reliability, pytest.mark.pipeline]

ROWS, EACH = 10_000, 25
SEED = 20261122
HEADER = ["Article", "Description", "EAN", "Price", "Per", "Currency", "From", "Until", "Content", "Unit", "Case"]
MAPPING = CatalogMapping(
    columns=ListColumns(
        supplier_sku="Article", name="Description", gtin="EAN", price="Price", price_quantity="Per",
        currency="Currency", valid_from="From", valid_until="Until", pack_quantity="Content", pack_unit="Unit",
        pack_units="Case",
    )
)  # fmt: skip

Row = dict[str, str]


def cell(column: str, value: str) -> tuple[str | None, Callable[[Row], Row]]:
    return column, lambda row: {**row, column: value}


def narrow(row: Row) -> Row:
    return {name: row[name] for name in HEADER[:6]}


FAULTS: dict[str, tuple[str | None, Callable[[Row], Row]]] = {
    "missing_article": cell("Article", "  "),
    "article_too_long": cell("Article", "A" * 101),
    "text_too_long": cell("Description", "x" * 501),
    "nul": cell("Description", "Flour\0"),
    "gtin_characters": cell("EAN", "50123456789O0"),
    "gtin_length": cell("EAN", "50123456789"),
    "gtin_check_digit": cell("EAN", "5012345678901"),
    "missing_price": cell("Price", ""),
    "number": cell("Price", "twelve"),
    "negative_price": cell("Price", "-1.50"),
    "number (decimals)": cell("Price", "1.1234567"),
    "number (large)": cell("Price", "1000000000000"),
    "currency": cell("Currency", "£"),
    "other_currency": cell("Currency", "EUR"),
    "day": cell("From", "31/02/2026"),
    "day_range": cell("From", "1926-11-01"),
    "period": cell("Until", "2026-10-31"),
    "unknown_unit": cell("Unit", "bucket"),
    "not_positive": cell("Content", "0"),
    "width": (None, narrow),
}


def gtin(number: int) -> str:
    return next(code for digit in "0123456789" if (code := valid_gtin(f"29{number:010d}{digit}")))


def good(number: int) -> Row:
    price = f"{5 + number % 400 / 100:.2f}"
    values = [
        f"A{number:05d}",
        f"Flour no. {number}",
        gtin(number),
        price,
        "1",
        "GBP",
        "2026-11-01",
        "2027-10-31",
        "1.5",
        "kg",
    ]
    return dict(zip(HEADER, [*values, str(1 + number % 12)], strict=True))


def write(path: Path, rows: list[Row]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(HEADER)
        writer.writerows(row.values() for row in rows)
    return path


def test_good_rows_load_bad_rows_wait_and_repaired_rows_load_once(kitchen: Kitchen, tmp_path: Path) -> None:
    rows = [good(number) for number in range(ROWS)]
    bad_lines = random.Random(SEED).sample(range(ROWS), EACH * len(FAULTS))
    faults = [name for name in FAULTS for _ in range(EACH)]
    spoilt = list(rows)
    for place, fault in zip(bad_lines, faults, strict=True):
        spoilt[place] = FAULTS[fault][1](rows[place])
    path = write(tmp_path / "prices.csv", spoilt)

    first = import_catalog(path, "MILL", MAPPING, kitchen.pipeline_url)
    assert (first["rows_read"], first["rows_loaded"], first["rows_quarantined"]) == (10_000, 9_500, 500)
    waiting = list_rows(kitchen.pipeline_url, Filter(source="supplier_catalogs"))
    found = {(row.line, row.column, row.code) for row in waiting}
    expected = {
        (place + 2, FAULTS[fault][0], fault.partition(" ")[0]) for place, fault in zip(bad_lines, faults, strict=True)
    }
    assert found == expected
    assert all(row.message for row in waiting)
    assert Counter(row.code for row in waiting)["number"] == 3 * EACH

    again = import_catalog(path, "MILL", MAPPING, kitchen.pipeline_url)
    assert (again["rows_loaded"], again["rows_already_known"], again["rows_newly_quarantined"]) == (0, 9_500, 0)

    for row in waiting[:40]:
        assert row.line is not None
        repair(kitchen.pipeline_url, row.id, rows[row.line - 2], by="test")
    replayed = replay(kitchen.pipeline_url, chosen=Filter(source="supplier_catalogs"))
    assert (replayed.tried, replayed.loaded, replayed.failed) == (40, 40, 0)

    mended = import_catalog(write(tmp_path / "mended.csv", rows), "MILL", MAPPING, kitchen.pipeline_url)
    assert (mended["rows_loaded"], mended["rows_already_known"], mended["rows_quarantined"]) == (460, 9_540, 0)
    loaded = "select count(*), count(distinct supplier_sku), sum(price) from raw_supplier_catalogs.prices"
    assert kitchen.read(loaded) == [(10_000, 10_000, sum(Decimal(row["Price"]) for row in rows))]
