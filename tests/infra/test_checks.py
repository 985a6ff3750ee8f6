"""Checks of the demo notice what does not answer: a check that cannot fail would prove nothing."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from infra.cli.checks import run_checks
from infra.local.marks import read_marks, set_mark
from tests.conftest import Database

NOWHERE = "http://127.0.0.1:1"


@pytest.fixture
def variables(fresh_database: Database, tmp_path: Path) -> dict[str, str]:
    """An environment in which only the database and the object store are there."""
    return {
        "STOCKPOT_API_URL": NOWHERE,
        "STOCKPOT_DASHBOARDS_URL": NOWHERE,
        "STOCKPOT_DAGSTER_URL": NOWHERE,
        "ANALYST_URL": fresh_database.analyst_url,
        "OBJECT_STORE_PATH": str(tmp_path),
    }


def make_sales(database: Database, rows: int) -> None:
    with psycopg.connect(database.pipeline_url) as connection:
        connection.execute("create schema if not exists marts")
        connection.execute("create table marts.fct_sales (quantity numeric, net_sales numeric)")
        connection.execute("insert into marts.fct_sales select 1, 16.5 from generate_series(1, %s)", [rows])
        connection.execute("grant usage on schema marts to analyst")
        connection.execute("grant select on marts.fct_sales to analyst")


class TestRunChecks:
    def test_a_dead_stack_fails_in_every_part(self, variables: dict[str, str]):
        said: list[str] = []
        failed = run_checks(variables, said.append)
        assert len(failed) == len(said) == 9
        assert all(line.startswith("FAILED") for line in said)

    def test_empty_sales_are_a_failure(self, variables, fresh_database):
        make_sales(fresh_database, 0)
        assert "marts" in run_checks(variables, lambda _: None)

    def test_what_answers_is_told_with_its_figures(self, variables, fresh_database, tmp_path):
        make_sales(fresh_database, 2)
        (tmp_path / "exports").mkdir()
        (tmp_path / "exports" / "stock.manifest.json").write_text("{}")
        said: list[str] = []
        failed = run_checks(variables, said.append)
        assert {"marts", "exports"}.isdisjoint(failed)
        assert "ok      marts: 2 items sold for 33.00" in said

    def test_a_bucket_is_not_looked_for_in_a_folder(self, variables):
        assert "exports" not in run_checks({**variables, "S3_BUCKET": "stockpot"}, lambda _: None)


class TestMarks:
    def test_they_are_kept_in_the_database_and_add_up(self, fresh_database):
        assert read_marks(fresh_database.owner_url) == {}
        set_mark(fresh_database.owner_url, "demo", "loaded")
        set_mark(fresh_database.owner_url, "pipeline", "done")
        assert read_marks(fresh_database.owner_url) == {"demo": "loaded", "pipeline": "done"}
