"""`api`, `worker`, `dagster`, `dashboards`: one part in the foreground, against databases that run already."""

from __future__ import annotations

from collections.abc import Callable

import typer

from infra.cli.output import note, step
from infra.local import services
from infra.local.environment import Environment, build_environment
from infra.local.errors import CannotRunError
from infra.local.home import Home
from infra.local.stack import terminable, uninterrupted
from infra.local.supervisor import Service, Supervisor


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (api, worker, dagster, dashboards):
        app.command()(command)


def api() -> None:
    """Run the operational service alone (after `stockpot up --without api`, or with DATABASE_URL set)."""
    _run_alone(lambda environment: [[services.api(environment)]])


def worker() -> None:
    """Run the worker alone: outbox relay, alerts, draft orders, mail, audit sealing."""
    _run_alone(lambda environment: [[services.worker(environment)]])


def dagster() -> None:
    """Run Dagster alone: code server, web page and daemon."""
    _run_alone(lambda environment: [[services.dagster_code(environment)], services.dagster_front(environment)])


def dashboards() -> None:
    """Run the analysts' dashboards alone."""
    _run_alone(lambda environment: [[services.dashboards(environment)]])


def _run_alone(build: Callable[[Environment], list[list[Service]]]) -> None:
    """Keep one part alive until Ctrl-C, with its log in the home as under `stockpot up`."""
    home = Home.from_environment()
    home.prepare()
    environment = build_environment(home)
    if environment.postgres and not environment.postgres.is_ready():
        raise CannotRunError(f"PostgreSQL of {home.path} does not run: `stockpot up --without …` starts it")
    supervisor = Supervisor(home.folder("log"), note)
    with terminable():
        try:
            for group in build(environment):
                supervisor.start(group)
            step(f"Running until Ctrl-C; logs in {home.folder('log')}")
            supervisor.keep(lambda: False)
        except KeyboardInterrupt:
            step("Stopping")
        finally:
            with uninterrupted():
                supervisor.stop()
