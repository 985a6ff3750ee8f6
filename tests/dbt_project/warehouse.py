"""A warehouse in a migrated database: raw rows in, dbt run as the pipeline runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from orchestration.lib.dbt_environment import dbt_environment
from tests.conftest import CloneMadeOnce, Database
from tests.dbt_project.house import House, build_house, create_raw, fill_raw

ROOT = Path(__file__).parents[2]
DBT = Path(sys.executable).parent / "dbt"
LOAD_ID = "test-load"


def dbt(pipeline_url: str, target: Path, *command: str, load_id: str = LOAD_ID) -> str:
    """Run a dbt command against the warehouse and give what it printed; its failure fails the test."""
    project = str(ROOT / "dbt_project")
    done = subprocess.run(
        [str(DBT), *command, "--project-dir", project, "--profiles-dir", project, "--target-path", str(target),
         "--no-use-colors"],
        env={**os.environ, **dbt_environment(pipeline_url), "DBT_LOAD_ID": load_id, "DBT_LOG_PATH": str(target / "log")},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"dbt {' '.join(command)} failed:\n{done.stdout[-6000:]}{done.stderr[-2000:]}"
    return done.stdout


@dataclass(frozen=True)
class BuiltHouse:
    """The house, the database it was built in (the pipeline's, the analyst's and the dashboards' way in), and what dbt said."""

    house: House
    url: str
    analyst_url: str
    reader_url: str
    printed: str


def built_house(clone: CloneMadeOnce, target: Path) -> BuiltHouse:
    """The small house, built in the first worker that asks."""
    database, printed = clone("house", lambda made: make_house(made, target))
    return as_house(database, printed)


def make_house(database: Database, target: Path) -> str:
    """Raw rows loaded, then `dbt build`; what it printed."""
    with psycopg.connect(database.pipeline_url) as connection:
        create_raw(connection)
        fill_raw(connection, build_house().rows)
    return dbt(database.pipeline_url, target, "build")


def as_house(database: Database, printed: str) -> BuiltHouse:
    """A copy of the made house."""
    return BuiltHouse(build_house(), database.pipeline_url, database.analyst_url, database.reader_url, printed)


def rows(url: str, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """A query's rows."""
    with psycopg.connect(url) as connection:
        return connection.execute(query.encode(), parameters or None).fetchall()
