"""Runs are launched and followed through Dagster's own door, on definitions as small as can be."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.local import services
from infra.local.dagster_home import fail_abandoned_runs, has_unfinished_runs
from infra.local.environment import DATABASE_ROLES, build_environment
from infra.local.errors import CannotRunError
from infra.local.home import Home
from infra.local.pipeline import Dagster, StepEnd
from infra.local.processes import wait_until
from infra.local.supervisor import Supervisor
from tests.conftest import Database

DEFINITIONS = """
import dagster as dg

@dg.asset
def flour() -> int:
    return 1

@dg.asset
def dough(flour: int) -> int:
    return flour + 1

@dg.asset
def burnt() -> None:
    raise ValueError("the oven was too hot")

defs = dg.Definitions(
    assets=[flour, dough, burnt],
    jobs=[
        dg.define_asset_job("nightly", ["flour", "dough"]),
        dg.define_asset_job("writing", ["flour"], tags={"stockpot/writes": "warehouse"}),
        dg.define_asset_job("burning", ["burnt"]),
    ],
    executor=dg.in_process_executor,
)
"""


def store(database: Database) -> dict[str, str]:
    """The addresses of a database that is there already."""
    return {name: database.server.url(role, database.name) for name, role in DATABASE_ROLES.items()}


@pytest.fixture(scope="class")
def dagster(tmp_path_factory: pytest.TempPathFactory, clone_database: Callable[[str], Database]) -> Iterator[Dagster]:
    """Code server, web server and daemon of a home, as `stockpot up` runs them, their store in PostgreSQL."""
    folder: Path = tmp_path_factory.mktemp("dagster")
    (folder / "tiny_definitions.py").write_text(DEFINITIONS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(services, "DAGSTER_MODULE", "tiny_definitions")
        patch.setenv("PYTHONPATH", str(folder))
        patch.setenv("STOCKPOT_MAX_RUNS", "2")
        home = Home(folder / "home")
        home.prepare()
        home.move_taken_ports({})
        port = home.ports({})["postgres"]  # a free one; no PostgreSQL of this home runs
        environment = build_environment(home, store(clone_database("dagster")) | {"STOCKPOT_DAGSTER_PORT": str(port)})
        supervisor = Supervisor(home.folder("log"), print)
        try:
            supervisor.start([services.dagster_code(environment)])
            supervisor.start(services.dagster_front(environment))
            yield Dagster(environment.variables["STOCKPOT_DAGSTER_URL"])
        finally:
            supervisor.stop()


@pytest.mark.slow
class TestDagster:
    def test_a_run_is_queued_followed_step_by_step_and_remembered(self, dagster: Dagster):
        ends: list[StepEnd] = []
        status = dagster.follow(dagster.launch("nightly"), ends.append)
        assert status == "SUCCESS"
        assert [(end.step, end.ok, end.done, end.planned) for end in ends] == [
            ("flour", True, 1, 2),
            ("dough", True, 2, 2),
        ]
        assert dagster.last_status("nightly") == "SUCCESS"

    def test_two_runs_that_write_the_warehouse_never_overlap(self, dagster: Dagster):
        """Two runs may work at a time here; the tag alone keeps these apart."""
        runs = [dagster.launch("writing"), dagster.launch("writing")]
        assert [dagster.follow(run, lambda _: None) for run in runs] == ["SUCCESS", "SUCCESS"]
        query = (
            'query { runsOrError(filter: {pipelineName: "writing"}) { ... on Runs { results { startTime endTime } } } }'
        )
        times = dagster._ask(query, {})["runsOrError"]["results"]
        first, second = sorted(times, key=lambda run: run["startTime"])
        assert first["endTime"] <= second["startTime"]

    def test_a_failed_step_is_named_with_its_cause(self, dagster: Dagster):
        ends: list[StepEnd] = []
        status = dagster.follow(dagster.launch("burning"), ends.append)
        assert status == "FAILURE"
        assert [(end.step, end.ok) for end in ends] == [("burnt", False)]
        assert "the oven was too hot" in ends[0].message

    def test_an_unknown_job_is_refused(self, dagster: Dagster):
        with pytest.raises(CannotRunError, match="knows no job baking"):
            dagster.launch("baking")

    def test_the_daemons_beat(self, dagster: Dagster):
        assert wait_until(lambda: dagster.unhealthy_daemons() == [], 60, interval=1)

    def test_a_job_that_never_ran_has_no_status(self, dagster: Dagster):
        assert dagster.last_status("baking") is None

    def test_a_server_that_is_not_there_is_said_so(self):
        with pytest.raises(CannotRunError, match="does not answer"):
            Dagster("http://127.0.0.1:1").launch("nightly")


class TestAbandonedRuns:
    def test_a_run_nobody_works_on_is_marked_as_failed(self, tmp_path, monkeypatch, fresh_database: Database):
        import dagster as dg

        home = Home(tmp_path / "home")
        home.prepare()
        variables = build_environment(home, store(fresh_database)).variables
        url = variables["DAGSTER_DATABASE_URL"]
        monkeypatch.setenv("DAGSTER_DATABASE_URL", url)
        monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
        services.write_dagster_home(tmp_path, 4000, os.environ)

        assert not has_unfinished_runs(url)

        @dg.job
        def nightly() -> None: ...

        with dg.DagsterInstance.get() as instance:
            run = instance.create_run_for_job(nightly, status=dg.DagsterRunStatus.STARTED)
        assert has_unfinished_runs(url)
        assert fail_abandoned_runs() == 1
        assert not has_unfinished_runs(url)
        with dg.DagsterInstance.get() as instance:
            assert instance.get_run_by_id(run.run_id).status == dg.DagsterRunStatus.FAILURE
        assert fail_abandoned_runs() == 0
