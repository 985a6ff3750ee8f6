"""The year of sales: whole, on the same weekdays, ending within the past week."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from decimal import Decimal

import pytest

from infra.demo import sales
from ingestion.pos.mapping import load_mapping, mapping_beside

TODAY = date(2026, 11, 22)


class TestShift:
    @pytest.mark.parametrize("offset", range(9))
    def test_ends_yesterday_or_within_the_week_before(self, offset):
        today = TODAY + timedelta(days=offset)
        last = sales.SOURCE_LAST_DAY + sales.shift_for(today)
        assert 1 <= (today - last).days <= 7
        assert last.weekday() == sales.SOURCE_LAST_DAY.weekday()

    def test_keeps_every_pizza_and_cent(self):
        days = sales.by_day(TODAY)
        assert (len(days), sum(day.total() for day in days.values())) == (358, sales.UNITS)
        assert sum(pizza.price for pizza in sales.sales(TODAY)) == sales.NET

    def test_a_slice_is_the_last_days(self):
        days = sales.by_day(TODAY, 5)
        assert (min(days), max(days)) == (date(2026, 11, 15), date(2026, 11, 19))


class TestDrop:
    def test_writes_a_file_that_the_mapping_beside_it_reads(self, tmp_path):
        target = sales.drop(tmp_path / "drop", TODAY)
        beside = mapping_beside(target)
        assert beside is not None
        mapping = load_mapping(beside)
        with target.open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert set(mapping.needed()) <= rows[0].keys()
        assert len(rows) == sales.UNITS
        assert sum(Decimal(row["price"]) for row in rows) == sales.NET

    def test_leaves_a_file_alone_that_is_there(self, tmp_path):
        (tmp_path / sales.FILE).write_text("mine")
        assert sales.drop(tmp_path, TODAY).read_text() == "mine"
