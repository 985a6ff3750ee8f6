"""The programs of one installation, each as a Service the supervisor can run."""

from __future__ import annotations

import signal
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from infra.local.dagster_home import write_dagster_home
from infra.local.environment import Environment
from infra.local.postgres import server_identity
from infra.local.processes import LOOPBACK, answers_tcp
from infra.local.supervisor import Service, answers_http
from infra.local.variables import api_workers

ROOT = Path(__file__).parents[2]
PYTHON = sys.executable
DAGSTER_MODULE = "orchestration.definitions"


def databases(environment: Environment) -> list[Service]:
    """PostgreSQL and Redis, as far as they are embedded."""
    found = []
    if postgres := environment.postgres:
        found.append(
            Service(
                name="postgres",
                command=postgres.command(),
                environment=environment.for_child(),
                folder=Path("/"),
                is_ready=postgres.is_ready,
                port=postgres.port,
                port_variable="STOCKPOT_POSTGRES_PORT",
                prepare=postgres.prepare,
                identity=server_identity(),
                stop_signal=signal.SIGINT,
                stop_seconds=30,
            )
        )
    if redis := environment.redis:
        found.append(
            Service(
                name="redis",
                command=redis.command(),
                environment=environment.for_child(),
                folder=redis.folder,
                is_ready=redis.is_ready,
                port=redis.port,
                port_variable="STOCKPOT_REDIS_PORT",
                prepare=redis.prepare,
            )
        )
    return found


def api(environment: Environment) -> Service:
    """The operational service with the operator's page."""
    port = environment.ports["api"]
    return Service(
        name="api",
        command=serving(port, api_workers()),
        environment=environment.for_child(),
        folder=ROOT,
        is_ready=answers_http(f"http://{LOOPBACK}:{port}/readyz"),
        port=port,
        port_variable="STOCKPOT_API_PORT",
    )


def serving(port: int, workers: int) -> list[str]:
    """How the service is started; several processes are forks of one that has loaded the application.

    Of those, one that dies is replaced in a moment instead of in the time of a start.
    """
    if workers == 1:
        server = ["uvicorn", "api.serving:create_app", "--factory", "--host", LOOPBACK, "--port", str(port)]
        return [PYTHON, "-m", *server, "--no-access-log", "--timeout-graceful-shutdown", "5"]
    server = ["gunicorn", "api.serving:create_app()", "--preload", "--bind", f"{LOOPBACK}:{port}"]
    kind = ["--workers", str(workers), "--worker-class", "api.serving_workers.ServingWorker"]
    limits = ["--graceful-timeout", "5", "--keep-alive", "5", "--no-control-socket", "--log-level", "warning"]
    return [PYTHON, "-m", *server, *kind, *limits]


def worker(environment: Environment) -> Service:
    """Outbox relay, alerts, draft orders, mail, audit sealing."""
    return Service("worker", [PYTHON, "-m", "api.worker"], environment.for_child(), ROOT)


def dashboards(environment: Environment) -> Service:
    """The analysts' Streamlit pages."""
    port = environment.ports["dashboards"]
    options: Mapping[str, str] = {
        "server.port": str(port),
        "server.address": LOOPBACK,
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
    }
    flags = [part for name, value in options.items() for part in (f"--{name}", value)]
    return Service(
        name="dashboards",
        command=[PYTHON, "-m", "streamlit", "run", str(ROOT / "dashboards" / "streamlit_app.py"), *flags],
        environment=environment.for_child(),
        folder=ROOT,
        is_ready=answers_http(f"http://{LOOPBACK}:{port}/_stcore/health"),
        port=port,
        port_variable="STOCKPOT_DASHBOARDS_PORT",
    )


def dagster_code(environment: Environment) -> Service:
    """The one process that holds the pipeline's definitions and launches its runs."""
    port = environment.ports["dagster_code"]
    where = ["--host", LOOPBACK, "--port", str(port), "--use-python-environment-entry-point"]
    return Service(
        name="dagster-code",
        command=[PYTHON, "-m", "dagster", "api", "grpc", "--module-name", DAGSTER_MODULE, *where],
        environment=environment.for_child(),
        folder=ROOT,
        is_ready=partial(answers_tcp, port),
        port=port,
        port_variable="STOCKPOT_DAGSTER_CODE_PORT",
    )


def dagster_front(environment: Environment) -> list[Service]:
    """Dagster's web page and its daemon (queue, schedules); both need the code server first."""
    port = environment.ports["dagster"]
    folder = environment.home.folder("dagster")
    workspace = write_dagster_home(folder, environment.ports["dagster_code"], environment.for_child())
    web = ["dagster_webserver", "-w", str(workspace), "--host", LOOPBACK, "--port", str(port)]
    daemon = ["dagster._daemon", "run", "-w", str(workspace)]
    return [
        Service(
            name="dagster-web",
            command=[PYTHON, "-m", *web],
            environment=environment.for_child(),
            folder=folder,
            is_ready=answers_http(f"http://{LOOPBACK}:{port}/server_info"),
            port=port,
            port_variable="STOCKPOT_DAGSTER_PORT",
        ),
        Service("dagster-daemon", [PYTHON, "-m", *daemon], environment.for_child(), folder),
    ]
