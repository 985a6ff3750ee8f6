"""A warehouse in a migrated database: raw rows in, dbt run as the pipeline runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg

from orchestration.lib.dbt_environment import dbt_environment

ROOT = Path(__file__).parents[2]
DBT = Path(sys.executable).parent / "dbt"
LOAD_ID = "test-load"


def dbt(pipeline_url: str, target: Path, *command: str) -> str:
    """Run a dbt command against the warehouse and give what it printed; its failure fails the test."""
    project = str(ROOT / "dbt_project")
    done = subprocess.run(
        [str(DBT), *command, "--project-dir", project, "--profiles-dir", project, "--target-path", str(target),
         "--vars", f"load_id: {LOAD_ID}", "--no-use-colors"],
        env={**os.environ, **dbt_environment(pipeline_url), "DBT_LOG_PATH": str(target / "log")},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"dbt {' '.join(command)} failed:\n{done.stdout[-6000:]}{done.stderr[-2000:]}"
    return done.stdout


def rows(url: str, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """A query's rows."""
    with psycopg.connect(url) as connection:
        return connection.execute(query.encode(), parameters or None).fetchall()
