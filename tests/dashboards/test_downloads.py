"""Files to take along: harmless to a spreadsheet, and the same otherwise."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import pytest

from dashboards import downloads


class TestCsv:
    @pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
    def test_a_text_that_a_spreadsheet_might_run_gets_an_apostrophe(self, begins: str):
        found = downloads.harmless(pl.DataFrame({"name": [f"{begins}1+1"]}))
        assert found["name"].to_list() == [f"'{begins}1+1"]

    def test_other_texts_and_nothing_at_all_stay_as_they_are(self):
        texts = ["Tomatoes, tinned", "1=1", "", None, "'quoted"]
        assert downloads.harmless(pl.DataFrame({"name": texts}))["name"].to_list() == texts

    def test_numbers_below_zero_stay_numbers_and_moments_are_iso(self):
        frame = pl.DataFrame(
            {
                "value": [Decimal("-1.5")],
                "count": [-2],
                "day": [date(2026, 11, 22)],
                "at": [datetime(2026, 11, 22, 6, 30, tzinfo=UTC)],
            }
        )
        assert downloads.csv(frame).decode() == "value,count,day,at\n-1.5,-2,2026-11-22,2026-11-22T06:30:00Z\n"
