"""A warehouse in a migrated database: raw rows in, dbt run as the pipeline runs it, marts published for the analyst."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

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


def publish(pipeline_url: str) -> None:
    """Copy every built mart to `marts`, as the pipeline's last step does, and let the analyst read it."""
    with psycopg.connect(pipeline_url) as connection:
        connection.execute("create schema if not exists marts")
        connection.execute("grant usage on schema marts to analyst")
        built = connection.execute("select tablename from pg_tables where schemaname = 'marts_build'").fetchall()
        for (name,) in built:
            mart, source = sql.Identifier("marts", name), sql.Identifier("marts_build", name)
            connection.execute(sql.SQL("drop table if exists {}").format(mart))
            connection.execute(sql.SQL("create table {} (like {} including all)").format(mart, source))
            connection.execute(sql.SQL("insert into {} select * from {}").format(mart, source))
            connection.execute(sql.SQL("grant select on {} to analyst").format(mart))


def rows(url: str, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """A query's rows."""
    with psycopg.connect(url) as connection:
        return connection.execute(query.encode(), parameters or None).fetchall()
