"""The databases of a home: up, down, killed, twice in one home, twice on one machine, and migrated up and down."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import psycopg
import pytest

from infra.local.environment import Environment
from infra.local.errors import CannotRunError
from infra.local.home import Home
from infra.local.processes import wait_until
from infra.local.stack import Stack, databases_running, held, is_running, newest_revision, schema_revision
from tests.conftest import Database, migrate
from tests.infra.conftest import processes_of

ROOT = Path(__file__).parents[2]


def tables(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("select count(*) from pg_tables where schemaname = 'public'").fetchone()
    assert row is not None
    return row[0]


class TestDatabases:
    def test_what_was_written_is_there_after_a_stop_and_a_start(self, home: Home):
        for run in range(2):
            with databases_running(home, print) as environment:
                url = environment.variables["DATABASE_OWNER_URL"]
                with psycopg.connect(url) as connection:
                    if run == 0:
                        connection.execute("create table kept as select 42 as answer")
                    assert connection.execute("select answer from kept").fetchone() == (42,)
            assert processes_of(home) == []

    def test_a_second_start_in_the_same_home_is_refused(self, home: Home):
        with held(home), pytest.raises(CannotRunError, match=r"already runs in .*set STOCKPOT_HOME"), held(home):
            pass

    def test_two_homes_run_side_by_side(self, home: Home):
        with tempfile.TemporaryDirectory(prefix="stockpot-second-", dir="/tmp") as folder:
            Path(folder).chmod(0o755)
            with databases_running(home, print) as one, databases_running(Home(Path(folder)), print) as two:
                assert one.ports["postgres"] != two.ports["postgres"]
                for environment in (one, two):
                    psycopg.connect(environment.variables["DATABASE_URL"]).close()

    @pytest.mark.parametrize("name", ["postgres", "redis"])
    def test_a_killed_server_comes_back_with_what_it_had_acknowledged(self, home: Home, name: str):
        with held(home):
            stack = Stack(home, print)
            try:
                stack.start_databases()
                owner_url = stack.environment.variables["DATABASE_OWNER_URL"]
                with psycopg.connect(owner_url) as connection:
                    connection.execute("create table acknowledged as select 1 as scan")
                os.kill(stack.supervisor.pids()[name], signal.SIGKILL)
                server = getattr(stack.environment, name)
                assert wait_until(lambda: not server.is_ready(), 5)
                began = time.monotonic()
                stack.supervisor.keep(lambda: server.is_ready() or time.monotonic() > began + 20)
                assert time.monotonic() - began < 10
                with psycopg.connect(owner_url) as connection:
                    assert connection.execute("select scan from acknowledged").fetchone() == (1,)
            finally:
                stack.stop()

    @pytest.mark.reliability
    def test_a_killed_stack_leaves_nothing_and_starts_again(self, home: Home):
        first = start_in_background(home)
        first.kill()
        first.wait()
        assert wait_until(lambda: processes_of(home) == [], 15)
        with databases_running(home, print) as environment:
            psycopg.connect(environment.variables["DATABASE_URL"]).close()

    def test_a_start_that_was_killed_before_the_rights_were_given_is_finished_by_the_next(self, home: Home):
        with databases_running(home, print) as environment, psycopg.connect(_as_superuser(environment)) as connection:
            connection.autocommit = True
            connection.execute("revoke all on database stockpot from stockpot_app")
        with databases_running(home, print) as environment:
            psycopg.connect(environment.variables["DATABASE_URL"]).close()

    def test_a_terminated_stack_leaves_nothing(self, home: Home):
        running = start_in_background(home)
        assert is_running(home)
        running.terminate()
        assert running.wait(30) == 130
        assert processes_of(home) == []
        assert not home.stack_file.exists()


def _as_superuser(environment: Environment) -> str:
    assert environment.postgres is not None
    return environment.postgres.url(database="postgres")


def start_in_background(home: Home) -> subprocess.Popen[bytes]:
    """A process that holds the home's databases up until it is told to stop."""
    text = (
        "import sys, time\n"
        "from infra.local.home import Home\n"
        "from infra.local.stack import databases_running\n"
        "try:\n"
        "    with databases_running(Home.from_environment(), print): time.sleep(600)\n"
        "except KeyboardInterrupt: sys.exit(130)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", text], cwd=ROOT)
    wait_until(lambda: len(home.read_stack().get("services", {})) == 2 or process.poll() is not None, 30)
    wait_until(lambda: has_session(home), 30)
    assert psutil.pid_exists(process.pid)
    return process


def has_session(home: Home) -> bool:
    try:
        psycopg.connect(home.read_stack()["variables"]["DATABASE_URL"]).close()
    except psycopg.OperationalError:
        return False
    return True


class TestMigrations:
    def test_up_down_and_up_again_ends_where_it_began(self, empty_database: Database):
        url = empty_database.owner_url
        migrate(url, "upgrade", "head")
        there = tables(url)
        assert there > 30
        migrate(url, "downgrade", "base")
        assert tables(url) == 1  # Alembic's own
        migrate(url, "upgrade", "head")
        assert tables(url) == there

    def test_the_newest_file_is_the_head_that_a_start_compares_with(self, fresh_database: Database, empty_database):
        assert schema_revision(fresh_database.owner_url) == newest_revision()
        assert schema_revision(empty_database.owner_url) is None

    def test_the_models_and_the_migrations_say_the_same(self, fresh_database: Database):
        migrate(fresh_database.owner_url, "check")
