"""A real takeaway's months through the whole pipeline, as the dashboards show them: every line, and what is odd by name."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from operator import itemgetter
from pathlib import Path
from statistics import median
from typing import Any

import polars as pl
import psycopg
import pytest

from dashboards import queries
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
    def unusual_days(self) -> int:
        """Of the last week's days those with less than half or more than twice the lines of that weekday in eight weeks."""
        lines = Counter(map(day, self.rows))
        last = max(lines)
        count = 0
        for each in (last - timedelta(days=back) for back in range(7)):
            before = [lines[earlier] for weeks in range(1, 9) if (earlier := each - timedelta(weeks=weeks)) in lines]
            count += each in lines and len(before) >= 4 and not 0.5 <= lines[each] / median(before) <= 2
        return count

    @cached_property
    def best_sellers(self) -> set[str]:
        """Items by the number of their lines."""
        return {name for name, _ in Counter(row["description"] for row in self.rows).most_common(ON_THE_MENU)}

    def daily(self) -> dict[date, tuple[Decimal, Decimal, int]]:
        """Money, units and orders of each day of the restaurant."""
        figures = {each: part.figures for each, part in self._parts(day).items()}
        return {each: (money, units, orders) for each, (_, orders, units, money) in figures.items()}

    def items(self) -> dict[str, tuple[Decimal, Decimal, bool]]:
        """Units and money of each item, and whether it is on the menu."""
        figures = {each: part.figures for each, part in self._parts(itemgetter("description")).items()}
        return {each: (units, money, each in self.best_sellers) for each, (_, _, units, money) in figures.items()}

    def _parts(self, key: Callable[[dict[str, str]], Any]) -> dict[Any, Export]:
        parts: dict[Any, list[dict[str, str]]] = defaultdict(list)
        for row in self.rows:
            parts[key(row)].append(row)
        return {each: Export(rows) for each, rows in parts.items()}


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
    def test_the_dashboards_show_the_files_totals_and_its_oddities_by_name(self, pipeline: Pipeline) -> None:
        content = export()
        if IS_SOAK:
            assert content.figures == (59_144, 10_533, Decimal(73_591), Decimal("353847.40"))
            assert (content.duplicates, content.wrong_counts) == (73, 185)
        dropped(pipeline, content)
        result = pipeline.run()
        assert result.success, [event.step_key for event in result.all_events if event.is_failure]
        with psycopg.connect(pipeline.analyst_url) as analyst:
            (claim,) = analyst.execute("select row_scope.issue(uuidv7(), null, 60)").fetchone() or ("",)
        queries.read_as(queries.ReadingRight(claim, None))
        (place,) = queries.locations(None)["location_id"]
        daily = content.daily()
        whole = [place], min(daily), max(daily)
        shown = queries.sales_daily(*whole).drop("currency")
        assert {each: tuple(figures) for each, *figures in shown.iter_rows()} == daily  # nothing waits in quarantine
        by_item = queries.sales_by_item(*whole).select("item_code", "units", "net_sales", "is_on_menu")
        assert {item: tuple(figures) for item, *figures in by_item.iter_rows()} == content.items()
        assert len(pipeline.service.depletions) == len(daily)
        _findings_are_named(content, place, result.run_id)


def _findings_are_named(content: Export, place: str, run_id: str) -> None:
    """On the page about health: what was odd in how many rows, in the newest run and beside its load."""
    assert queries.gate_runs([place]).select("run_id", "failed", "is_published").rows() == [(run_id, 0, True)]
    found = queries.gate_findings([place], (run_id,)).filter(pl.col("table") == "raw_pos.order_lines")
    told = dict(found.select("check", "unexpected").iter_rows())
    assert told == {
        "no exact duplicate line": content.duplicates,
        "the stated line count is right": content.wrong_counts,
        "every sold item is on the menu": len({row["description"] for row in content.rows} - content.best_sellers),
        **({"each new day is as busy as its weekday": content.unusual_days} if content.unusual_days else {}),
    }
    assert {f"raw_pos.order_lines: {check}" for check in told} <= set(queries.load().warnings)


def day(row: dict[str, str]) -> date:
    """The restaurant's day, which ends at four in the morning on its own clock."""
    ordered_at = datetime.strptime(row["Order Date"], "%d/%m/%y %H:%M")
    return (ordered_at - timedelta(hours=4)).date()
