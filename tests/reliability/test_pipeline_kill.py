"""The nightly run is killed at the start, in the middle and at the end of a step, and run again: the same marts as ever.

Row 22 of the safety list. Each run works in a process of its own (`killed_night.py`), which kills itself by SIGKILL when
Dagster's own events say that the moment has come; nothing is left to it to tidy. Short: the loads and publishing over a small
warehouse, killed in the middle of the ledger's load. Full (`make soak`): every step of the whole job, three
moments each, every time in a copy of its own.
"""

from __future__ import annotations

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
SHORT = (("load_ledger", "middle"),)
MARTS = """
create schema marts_build;
create table marts_build.fct_notes as
select number as id, 'note ' || number as note, 'load'::text as load_id from generate_series(1, 5000) as number
"""
OWN_WORDS = ("load_id", "loaded_at", "created_at", "published_at", "forecast_run_id")
"""Columns that say which run it was, or when."""


@dataclass
class Ended:
    """How a run ended: whether by the kill, and how long each of its steps took, in seconds."""

    was_killed: bool
    seconds: dict[str, float] = field(default_factory=dict)


@dataclass
class Night:
    """The nightly run over one warehouse, each time in a process of its own."""

    pipeline: Pipeline
    home: Path
    selection: list[dg.AssetKey] | None

    def run(self, step: str = "", moment: str = "", after: float = 0) -> Ended:
        """Run it, to its end or to the moment of a step; `after`: seconds into the step that are its middle."""
        keys = [key.to_user_string() for key in self.selection or []]
        asked = [
            sys.executable,
            "-W",
            "ignore",
            "-m",
            "tests.reliability.killed_night",
            step,
            moment,
            str(after),
            *keys,
        ]
        done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode == -signal.SIGKILL:
            return Ended(was_killed=True)
        assert done.returncode == 0, f"the run failed by itself:\n{(done.stdout + done.stderr)[-4000:]}"
        lines = (line.split() for line in done.stdout.splitlines() if line.startswith("took "))
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
            if table in {"loads", "dropped_files"}:
                continue
            query = f"select count(*), md5(string_agg(md5(one::text), '' order by md5(one::text))) from (select {names} from {schema}.{table}) as one"
            digests[f"{schema}.{table}"] = str(session.execute(query).fetchone())  # type: ignore[call-overload]
    return digests


@pytest.fixture
def nights(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> Iterator[Nights]:
    """A small warehouse to be copied: movements, three bills, and in the short size a mart that is built already."""
    for quantity in (1000, 250, 125):
        pipeline.kitchen.write(quantity)
    pipeline.drop(
        "1,2026-11-01 12:00,pie,2,12.50,1", "2,2026-11-02 01:00,pie,1,12.50,1", "3,2026-11-03 13:00,pie,3,12.50,1"
    )
    made = Nights(pipeline, monkeypatch)
    if not IS_SOAK:
        with psycopg.connect(pipeline.kitchen.pipeline_url) as session:
            session.execute(MARTS)
    yield made
    made.drop()


@dataclass
class Nights:
    """Copies of one warehouse, each with a home of its own."""

    pipeline: Pipeline
    patch: pytest.MonkeyPatch
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
        named = {"STOCKPOT_HOME": home, "POS_DROP_PATH": home / "drop" / "pos", "OBJECT_STORE_PATH": home / "objects"}
        for name, value in {**named, "DLT_DATA_DIR": home / "dlt", "WAREHOUSE_URL": database.pipeline_url}.items():
            self.patch.setenv(name, str(value))
        return Night(self.pipeline, home, None if IS_SOAK else loads_and_publishing()), database.pipeline_url

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
        assert not unbroken.was_killed
        assert any(name.startswith("marts.") for name in expected)
        kills = [(step, moment) for step in unbroken.seconds for moment in MOMENTS] if IS_SOAK else SHORT
        for number, (step, moment) in enumerate(kills):
            if IS_SOAK or number == 0:
                night, url = nights.copy(fresh_database)
            assert night.run(step, moment, unbroken.seconds[step] / 2).was_killed, f"{moment} of {step}"
            if IS_SOAK or number == len(kills) - 1:
                night.run()
                assert content(url, SCHEMAS) == expected, f"killed at the {moment} of {step}"
        print(f"{len(kills)} kills over {len(unbroken.seconds)} steps")  # noqa: T201
