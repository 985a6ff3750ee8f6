"""A real takeaway's months through the whole pipeline: every line accounted for, what is odd about them told by name."""

from __future__ import annotations

import csv
import json
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.orchestration.conftest import Pipeline
from tests.reliability.sizes import IS_SOAK

ROOT = Path(__file__).parents[2]
FILE = ROOT.parent / "shared" / "data" / "takeaway-orders" / "restaurant-1-orders.csv"
MAPPING = ROOT / "ingestion" / "pos" / "mappings" / "takeaway.mapping.yaml"
SOME_MONTHS = {"04/16", "05/16"}
ON_THE_MENU = 100  # the best sellers: the rest is not on the menu

pytestmark = [
    pytest.mark.pipeline,
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(not FILE.exists(), reason="the takeaway's export is not beside the project (../shared/data)"),
]


@dataclass(frozen=True)
class Export:
    """The takeaway's lines, read here without the product's code."""

    rows: list[dict[str, str]]

    @property
    def figures(self) -> tuple[int, int, Decimal, Decimal]:
        """Lines, orders, units, money."""
        units = [Decimal(row["Quantity"]) for row in self.rows]
        money = [Decimal(row["Quantity"]) * Decimal(row["Product Price"]) for row in self.rows]
        return len(self.rows), len({row["invoice"] for row in self.rows}), sum(units, Decimal()), sum(money, Decimal())

    @property
    def duplicates(self) -> int:
        """Lines that were there before, word for word."""
        return len(self.rows) - len({tuple(row.values()) for row in self.rows})

    @property
    def wrong_counts(self) -> int:
        """Orders of which another number of lines is stated than there are."""
        found = Counter(row["invoice"] for row in self.rows)
        return len({row["invoice"] for row in self.rows if int(row["Total products"]) != found[row["invoice"]]})

    @property
    def best_sellers(self) -> set[str]:
        """Items by the number of their lines."""
        return {name for name, _ in Counter(row["description"] for row in self.rows).most_common(ON_THE_MENU)}


def export() -> Export:
    """All of it under `make soak`, else two months."""
    with FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return Export([row for row in rows if IS_SOAK or row["Order Date"][3:8] in SOME_MONTHS])


def dropped(pipeline: Pipeline, content: Export) -> None:
    """The export in the drop folder, and its best sellers on the menu."""
    folder = pipeline.home / "drop" / "pos"
    folder.mkdir(parents=True)
    with (folder / "orders.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, content.rows[0])
        writer.writeheader()
        writer.writerows(content.rows)
    (folder / "orders.csv.mapping.yaml").write_text(f"location: RIV\n{MAPPING.read_text()}")
    for name in sorted(content.best_sellers):
        pipeline.kitchen.execute("insert into menu_items (code, name) values (%s, %s)", name, name)


class TestRealMonths:
    def test_totals_are_those_of_the_file_and_its_oddities_are_told(self, pipeline: Pipeline) -> None:
        content = export()
        if IS_SOAK:
            assert content.figures == (59_144, 10_533, Decimal(73_591), Decimal("353847.40"))
            assert (content.duplicates, content.wrong_counts) == (73, 185)
        dropped(pipeline, content)
        result = pipeline.run()
        assert result.success, [event.step_key for event in result.all_events if event.is_failure]
        with psycopg.connect(pipeline.analyst_url) as analyst:
            sold: Any = analyst.execute(
                "select count(*), count(distinct order_number), sum(quantity), sum(net_sales) from marts.fct_sales"
            ).fetchone()
            told = analyst.execute(
                "select expectation, unexpected_count, sample from marts.fct_quality_results"
                " where suite = 'sales_gate' and not is_as_expected"
            ).fetchall()
            off_menu = analyst.execute(
                "select distinct item_code from marts.fct_sales where menu_item_id is null"
            ).fetchall()
        assert sold == content.figures  # nothing of it had to wait in quarantine
        findings = {name: (count, json.loads(sample)) for name, count, sample in told}
        assert findings["no exact duplicate line"][0] == content.duplicates
        assert findings["the stated line count is right"][0] == content.wrong_counts
        count, sample = findings["every sold item is on the menu"]
        unmapped = {row["description"] for row in content.rows} - content.best_sellers
        assert {name for (name,) in off_menu} == unmapped
        assert (count, {row["item_code"] for row in sample} <= unmapped) == (len(unmapped), True)
        assert len(pipeline.service.depletions) == len({day(row) for row in content.rows})


def day(row: dict[str, str]) -> str:
    """The restaurant's day, which ends at four in the morning on its own clock."""
    ordered_at = datetime.strptime(row["Order Date"], "%d/%m/%y %H:%M")
    return (ordered_at - timedelta(hours=4)).date().isoformat()
