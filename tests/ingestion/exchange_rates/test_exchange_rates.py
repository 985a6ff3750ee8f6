"""Rates that a person keeps in files: what the files say is what the warehouse has, or nothing changes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from ingestion.exchange_rates.lists import read_lists
from ingestion.exchange_rates.load import load_rates
from tests.conftest import Database

HEAD = "base,quote,valid_from,rate\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "2026.csv").write_text(f"\ufeff{HEAD}EUR,USD,2026-11-01,1.0845\nEUR,USD,2026-11-15, 1.09\n")
    return tmp_path


class TestLists:
    def test_a_line_is_a_rate_from_a_day_on(self, folder: Path):
        rates = read_lists(folder).rates
        assert [(r.base, r.quote, r.valid_from, r.rate, r.file, r.line) for r in rates] == [
            ("EUR", "USD", date(2026, 11, 1), Decimal("1.0845"), "2026.csv", 2),
            ("EUR", "USD", date(2026, 11, 15), Decimal("1.09"), "2026.csv", 3),
        ]

    def test_no_folder_is_no_rate(self, tmp_path: Path):
        assert read_lists(tmp_path / "nothing").rates == ()

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("eur,USD,2026-11-01,1", "line 2: base and quote"),
            ("EUR,EUR,2026-11-01,1", "line 2: base and quote"),
            ("EUR,USD,1.11.2026,1", "line 2: valid_from"),
            ('EUR,USD,2026-11-01,"1,08"', "line 2: rate is a number with a decimal point"),
            ("EUR,USD,2026-11-01,0", "line 2: rate is above 0"),
            ("EUR,USD,2026-11-01,NaN", "line 2: rate is above 0"),
            ("EUR,USD,2026-11-01", "line 2: rate is a number"),
            ("EUR,USD,2026-11-01,1\nEUR,USD,2026-11-01,2", "line 3: EUR in USD from 2026-11-01 is another rate in"),
        ],
    )
    def test_a_bad_line_is_named(self, tmp_path: Path, text: str, reason: str):
        (tmp_path / "bad.csv").write_text(HEAD + text + "\n")
        (problem,) = read_lists(tmp_path).problems
        assert f"bad.csv, {reason}" in problem

    @pytest.mark.parametrize(
        ("content", "reason"),
        [(b"from,to\n", "the header lacks base, quote, valid_from, rate"), (b"\xff\xfe\x00", "cannot be read as CSV")],
        ids=["header", "encoding"],
    )
    def test_a_file_that_is_no_list_is_named(self, tmp_path: Path, content: bytes, reason: str):
        (tmp_path / "bad.csv").write_bytes(content)
        assert reason in read_lists(tmp_path).problems[0]


class TestLoad:
    def _there(self, url: str) -> list[tuple[Decimal]]:
        with psycopg.connect(url) as session:
            return session.execute("select rate from raw_exchange_rates.rates order by valid_from").fetchall()

    def test_the_files_are_the_truth_and_a_bad_line_changes_nothing(self, folder: Path, database: Database):
        url = database.pipeline_url
        assert load_rates(folder, url).problems == ()
        assert self._there(url) == [(Decimal("1.0845"),), (Decimal("1.09"),)]

        (folder / "2026.csv").write_text(f"{HEAD}EUR,USD,2026-11-01,1.1\nEUR,USD,2026-11-15,one\n")
        assert len(load_rates(folder, url).problems) == 1
        assert self._there(url) == [(Decimal("1.0845"),), (Decimal("1.09"),)]

        (folder / "2026.csv").write_text(f"{HEAD}EUR,USD,2026-11-01,1.1\n")
        load_rates(folder, url)
        assert self._there(url) == [(Decimal("1.1"),)]
