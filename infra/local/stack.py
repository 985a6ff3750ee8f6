"""One installation on one machine: databases, migrations, applications, and the loop that keeps them alive."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil
import psycopg

from infra.local import services
from infra.local.dagster_home import has_unfinished_runs
from infra.local.environment import Environment, build_environment
from infra.local.errors import CannotRunError
from infra.local.home import Home
from infra.local.processes import exclusive, stop_process, wait_until
from infra.local.supervisor import Supervisor, check_port, sweep

PARTS = ("api", "worker", "dashboards", "dagster")
Report = Callable[[str], None]


class Stack:
    """The services of one home; hold it with `held` before starting anything."""

    def __init__(self, home: Home, report: Report, explicit: Mapping[str, str] = os.environ) -> None:
        self.home = home
        self.report = report
        home.prepare()
        self._clear_leftovers()
        home.move_taken_ports(explicit)
        self.environment = build_environment(home, explicit)
        self.supervisor = Supervisor(home.folder("log"), report, self.publish)

    def start_databases(self) -> None:
        """Start the embedded servers and make sure that roles and database exist."""
        self.supervisor.start(services.databases(self.environment))
        if self.environment.postgres:
            self.environment.postgres.bootstrap()

    def migrate(self) -> None:
        """Bring the operational schema up to date, unless it is: starting Alembic to hear so takes seconds."""
        if schema_revision(self.environment.variables["DATABASE_OWNER_URL"]) != newest_revision():
            run_migrations(self.environment, "upgrade", "head")

    def start_applications(self, without: Collection[str] = ()) -> None:
        """Start API, worker, dashboards and Dagster, except the parts named in `without`."""
        every = self.environment
        first = {"api": services.api, "worker": services.worker, "dashboards": services.dashboards}
        group = [build(every) for name, build in first.items() if name not in without]
        front = [] if "dagster" in without else services.dagster_front(every)
        for service in front:
            check_port(service)  # said before the slow part, not after it
        if front:
            group.append(services.dagster_code(every))
            if has_unfinished_runs(every.variables["DAGSTER_DATABASE_URL"]):
                run_to_end(every, "dagster-tidy", [services.PYTHON, "-m", "infra.local.dagster_home"])
        self.supervisor.start(group)
        self.supervisor.start(front)

    def stop(self) -> None:
        """Stop everything and make sure that nothing is left."""
        self.supervisor.stop()
        sweep(str(self.home.path))
        self.home.stack_file.unlink(missing_ok=True)

    def publish(self) -> None:
        """Write `stack.json` for `stockpot env` and for whoever wants to know the pids."""
        variables = self.environment.variables
        self.home.write_stack(
            {
                "pid": os.getpid(),
                "urls": urls(variables),
                "services": self.supervisor.pids(),
                "variables": dict(variables),
            }
        )

    def _clear_leftovers(self) -> None:
        """End what a killed supervisor of this home could not stop; we hold the lock, so it is nobody else's."""
        sweep(str(self.home.path))
        pid_file = self.home.folder("pg") / "data" / "postmaster.pid"
        if pid_file.exists():
            pid = int(pid_file.read_text().split("\n", 1)[0])
            with contextlib.suppress(psutil.Error):
                if str(pid_file.parent) in psutil.Process(pid).cmdline():
                    stop_process(pid, signal.SIGINT, seconds=30)


def urls(variables: Mapping[str, str]) -> dict[str, str]:
    """The addresses a person opens."""
    return {
        "page": variables["STOCKPOT_PUBLIC_URL"],
        "api_docs": variables["STOCKPOT_PUBLIC_URL"] + "/api/docs",
        "dashboards": variables["STOCKPOT_DASHBOARDS_URL"],
        "dagster": variables["STOCKPOT_DAGSTER_URL"],
    }


@contextlib.contextmanager
def held(home: Home) -> Iterator[None]:
    """Own the home for as long as the block runs; refuse when somebody else does."""
    home.create()
    with contextlib.ExitStack() as scope:
        try:
            scope.enter_context(exclusive(home.lock_file, wait=False))
        except BlockingIOError:
            pid = home.read_stack().get("pid", "unknown")
            raise CannotRunError(
                f"another stockpot (process {pid}) already runs in {home.path}: stop it, or set STOCKPOT_HOME "
                "and the ports (STOCKPOT_API_PORT, STOCKPOT_DASHBOARDS_PORT, STOCKPOT_DAGSTER_PORT) for a second one"
            ) from None
        yield


def is_running(home: Home) -> bool:
    """Whether a stack runs in this home."""
    if not home.stack_file.exists():
        return False
    try:
        with exclusive(home.lock_file, wait=False):
            return False
    except BlockingIOError:
        return True


@contextlib.contextmanager
def databases_running(home: Home, report: Report) -> Iterator[Environment]:
    """The home's environment with its databases up: those of the running stack, or started for the block."""
    if is_running(home):
        environment = build_environment(home)
        postgres = environment.postgres
        if postgres and not wait_until(postgres.is_ready, 20):
            raise CannotRunError(f"PostgreSQL of {home.path} does not answer on port {postgres.port}")
        yield environment
        return
    with held(home), terminable():
        stack = Stack(home, report)
        try:
            stack.start_databases()
            yield stack.environment
        finally:
            stack.stop()


@contextlib.contextmanager
def terminable() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the block as Ctrl-C does: through KeyboardInterrupt, so that `finally` runs.

    SIGINT is in the list because a shell script's background jobs start with it ignored, and Python then leaves it so.
    """

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    previous = {number: signal.signal(number, interrupt) for number in numbers}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Ignore further Ctrl-C while stopping: half a stop would leave processes."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    previous = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def newest_revision() -> str:
    """The last migration's number, with which its file's name begins (alembic.ini says so)."""
    return max(path.name.split("_", 1)[0] for path in (services.ROOT / "api/migrations/versions").glob("[0-9]*_*.py"))


def schema_revision(owner_url: str) -> str | None:
    """The migration that the database stands at, None before the first."""
    with psycopg.connect(owner_url) as connection:
        if connection.execute("select to_regclass('public.alembic_version')").fetchone() == (None,):
            return None
        row = connection.execute("select version_num from alembic_version").fetchone()
    return str(row[0]) if row else None


def run_migrations(environment: Environment, *command: str) -> str:
    """Run Alembic as the owner role and give what it printed; CannotRunError with its last line when it fails."""
    alembic = [services.PYTHON, "-m", "alembic", "-c", "api/migrations/alembic.ini", *command]
    return run_to_end(environment, "migrate", alembic)


def run_to_end(environment: Environment, name: str, command: list[str]) -> str:
    """Run one program of the product to its end and give its output, which is also kept in the logs."""
    done = subprocess.run(
        command,
        cwd=services.ROOT,
        env=environment.for_child(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    log: Path = environment.home.folder("log") / f"{name}.log"
    log.write_text(done.stdout + done.stderr, encoding="utf-8")
    if done.returncode:
        lines = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()
        raise CannotRunError(f"{name} failed (whole story in {log}): {lines[-1]}")
    return done.stdout
