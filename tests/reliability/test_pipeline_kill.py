"""The nightly run is killed at the start, in the middle and at the end of a step, and run again: the same marts as ever.

Row 22 of the safety list. Each run works in a process of its own (`killed_night.py`), which kills itself by SIGKILL when
Dagster's own events say that the moment has come; nothing is left to it to tidy. Short: the loads and publishing over a small
warehouse, killed in the middle of the ledger's load. Full (`make soak`): every step of the whole job (`STOCKPOT_SOAK_STEPS`
names some), each in a copy of its own that is killed three times in a row, at the step's start, in its middle and at its end.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import dagster as dg
import psycopg
import pytest

from infra.local.postgres import create_database
from tests.conftest import Database, _drop
from tests.orchestration.conftest import Pipeline, kitchen, pipeline, service
from tests.reliability.sizes import IS_SOAK

__all__ = ["kitchen", "pipeline", "service"]

pytestmark = [pytest.mark.reliability, pytest.mark.pipeline, pytest.mark.slow, pytest.mark.timeout(14_400)]

ROOT = Path(__file__).parents[2]
MOMENTS = ("start", "middle", "end")
STEPS = os.environ.get("STOCKPOT_SOAK_STEPS", "").split() if IS_SOAK else ["load_ledger"]
"""The steps to be killed; none means all."""
MARTS = """
create schema marts_build;
create table marts_build.fct_notes as
select number as id, 'note ' || number as note, 'load'::text as load_id from generate_series(1, 5000) as number
"""
OWN_WORDS = (
    "load_id", "loaded_at", "created_at", "published_at", "forecast_run_id",
    "known_from", "known_until", "price_change_id", "recipe_line_version_id",
)  # fmt: skip
"""Columns that say which run it was, or when."""


@dataclass
class Ended:
    """How a run ended: whether by the kill, and how long each of its steps took, in seconds."""

    was_killed: bool
    seconds: dict[str, float] = field(default_factory=dict)


@pytest.fixture
def runner(pipeline: Pipeline) -> Iterator[subprocess.Popen[str]]:
    """Forks a process for every run; its own manifest lies in the pipeline's home, where nothing runs."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.reliability.killed_night"]
    environment = {**os.environ, "STOCKPOT_HOME": str(pipeline.home)}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


@dataclass
class Night:
    """The nightly run over one warehouse, each time in a process of its own."""

    runner: subprocess.Popen[str]
    home: Path
    selection: list[dg.AssetKey] | None
    environment: dict[str, str]

    def run(self, step: str = "", moment: str = "", after: float = 0) -> Ended:
        """Run it, to its end or to the moment of a step; `after`: seconds into the step that are its middle."""
        output = self.home / f"run-{secrets.token_hex(4)}.log"
        output.touch()
        asked = {
            "environment": self.environment,
            "output": str(output),
            "keys": [key.to_user_string() for key in self.selection or []],
            "step": step,
            "moment": moment,
            "after": after,
        }
        assert self.runner.stdin is not None
        assert self.runner.stdout is not None
        self.runner.stdin.write(json.dumps(asked) + "\n")
        self.runner.stdin.flush()
        code = int(self.runner.stdout.readline())
        if code == -signal.SIGKILL:
            return Ended(was_killed=True)
        said = output.read_text(errors="replace")
        assert code == 0, f"the run failed by itself:\n{said[-4000:]}"
        lines = (line.split() for line in said.splitlines() if line.startswith("took "))
        return Ended(was_killed=False, seconds={name: float(seconds) for _, name, seconds in lines})


def content(url: str, schemas: tuple[str, ...]) -> dict[str, str]:
    """A digest of each table's rows, whatever their order, without what says which run wrote them."""
    columns = """
        select table_schema, table_name, string_agg(quote_ident(column_name), ', ' order by column_name)
        from information_schema.columns where table_schema = any(%s) and column_name <> all(%s)
        and column_name not like '\\_dlt%%' and table_name not like '\\_dlt%%' group by 1, 2 order by 1, 2
    """
    digests = {}
    with psycopg.connect(url) as session:
        for schema, table, names in session.execute(columns, [list(schemas), list(OWN_WORDS)]).fetchall():
            if table in {"loads", "dropped_files", "fct_quality_results"}:  # these tell of every run, killed ones too
                continue
            query = f"select count(*), md5(string_agg(md5(one::text), '' order by md5(one::text))) from (select {names} from {schema}.{table}) as one"
            digests[f"{schema}.{table}"] = str(session.execute(query).fetchone())
    return digests


def findings(url: str) -> list[tuple[object, ...]]:
    """What the newest run's gates found."""
    query = """
        select suite, table_name, expectation, column_name, severity, is_as_expected from marts.fct_quality_results
        where run_id = (select run_id from marts.fct_quality_results order by evaluated_at desc limit 1) order by 1, 2, 3, 4
    """
    with psycopg.connect(url) as session:
        return session.execute(query).fetchall()


@pytest.fixture
def nights(pipeline: Pipeline, runner: subprocess.Popen[str]) -> Iterator[Nights]:
    """A small warehouse to be copied: movements, three bills, and in the short size a mart that is built already."""
    for quantity in (1000, 250, 125):
        pipeline.kitchen.write(quantity)
    pipeline.drop(
        "1,2026-11-01 12:00,pie,2,12.50,1", "2,2026-11-02 01:00,pie,1,12.50,1", "3,2026-11-03 13:00,pie,3,12.50,1"
    )
    made = Nights(pipeline, runner)
    if not IS_SOAK:
        with psycopg.connect(pipeline.kitchen.pipeline_url) as session:
            session.execute(MARTS)
    yield made
    made.drop()


@dataclass
class Nights:
    """Copies of one warehouse, each with a home of its own."""

    pipeline: Pipeline
    runner: subprocess.Popen[str]
    made: list[Database] = field(default_factory=list)

    def copy(self, server_of: Database) -> tuple[Night, str]:
        """The night over a fresh copy of the warehouse, and the copy's address."""
        from orchestration.defs.transformation.dbt import MANIFEST

        database = Database(server_of.server, f"stockpot_night_{secrets.token_hex(4)}")
        with psycopg.connect(database.server.url(database="postgres"), autocommit=True) as session:
            create_database(session, database.name, server_of.name)
        self.made.append(database)
        home = self.pipeline.home / database.name
        shutil.copytree(self.pipeline.home / "drop", home / "drop")
        (home / "dbt").mkdir()
        shutil.copy2(MANIFEST, home / "dbt" / "manifest.json")
        (home / "dbt" / "manifest.json").touch()
        folders = {
            "STOCKPOT_HOME": home,
            "POS_DROP_PATH": home / "drop" / "pos",
            "OBJECT_STORE_PATH": home / "objects",
            "DLT_DATA_DIR": home / "dlt",
        }
        environment = {**os.environ, **{name: str(folder) for name, folder in folders.items()}}
        environment["WAREHOUSE_URL"] = database.pipeline_url
        selection = None if IS_SOAK else loads_and_publishing()
        return Night(self.runner, home, selection, environment), database.pipeline_url

    def drop(self) -> None:
        for database in self.made:
            _drop(database)


def loads_and_publishing() -> list[dg.AssetKey]:
    """The steps of the short size: none of them starts dbt."""
    from orchestration.defs.automation.jobs import ORDER_LINES
    from orchestration.defs.ingestion import operational
    from orchestration.defs.transformation.publishing import KEY

    loads = [key for one in (operational.load_reference, operational.load_ledger) for key in one.keys]
    return [*loads, ORDER_LINES, KEY]


SCHEMAS = ("marts", "raw_operational", "raw_pos")


class TestKilledNight:
    def test_the_run_after_a_kill_publishes_what_an_unbroken_one_does(
        self, nights: Nights, fresh_database: Database
    ) -> None:
        night, url = nights.copy(fresh_database)
        unbroken = night.run()
        expected = content(url, SCHEMAS)
        found_before = findings(url) if IS_SOAK else []
        assert not unbroken.was_killed
        assert any(name.startswith("marts.") for name in expected)
        moments = MOMENTS if IS_SOAK else ("middle",)
        steps = [step for step in STEPS or unbroken.seconds if step in unbroken.seconds]
        assert steps, f"no step of {STEPS} among {list(unbroken.seconds)}"
        for step in steps:
            night, url = nights.copy(fresh_database)
            for moment in moments:
                assert night.run(step, moment, unbroken.seconds[step] / 2).was_killed, f"{moment} of {step}"
            night.run()
            found = content(url, SCHEMAS)
            differing = [name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name)]
            assert differing == [], f"killed in {step}"
            assert (findings(url) if IS_SOAK else []) == found_before, f"killed in {step}"
        print(f"{len(steps) * len(moments)} kills in {len(steps)} of {len(unbroken.seconds)} steps")  # noqa: T201
