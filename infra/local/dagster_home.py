"""DAGSTER_HOME of an installation: its instance settings, its workspace, and runs that a kill left unfinished.

`python -m infra.local.dagster_home` marks runs as failed that no process works on any more: left "started", they would
hold the one place in the run queue for ever. It runs before the daemon, when no run can be alive.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import psycopg

from infra.local.errors import CannotRunError
from infra.local.processes import LOOPBACK

ROOT = Path(__file__).parents[2]


def write_dagster_home(folder: Path, code_server_port: int, environment: Mapping[str, str]) -> Path:
    """Write `dagster.yaml` (which is the pipeline's own business) and `workspace.yaml`; give the workspace's path.

    Raises:
        CannotRunError: the environment asks for what cannot be, or the store of runs does not answer.
    """
    asked = [sys.executable, "-m", "orchestration.instance", str(folder)]
    done = subprocess.run(asked, env=dict(environment), cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotRunError(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "dagster.yaml failed")
    workspace = folder / "workspace.yaml"
    workspace.write_text(
        "# Written by `stockpot up`: web server and daemon share this one code server.\n"
        "load_from:\n"
        f"  - grpc_server: {{host: {LOOPBACK}, port: {code_server_port}, location_name: stockpot}}\n",
        encoding="utf-8",
    )
    return workspace


def has_unfinished_runs(database_url: str) -> bool:
    """Whether Dagster's own store names runs under way; asked of the table, because importing Dagster takes seconds."""
    query = "select 1 from runs where status in ('STARTING', 'STARTED', 'CANCELING') limit 1"
    try:
        with psycopg.connect(database_url.replace("+psycopg2", "", 1)) as session:
            return session.execute(query).fetchone() is not None
    except psycopg.errors.UndefinedTable:
        return False
    except psycopg.Error:
        return True  # a store of another shape: let Dagster itself look


def fail_abandoned_runs() -> int:
    """Mark every run that claims to be under way as failed, and give their number."""
    from dagster import DagsterInstance, DagsterRunStatus, RunsFilter

    under_way = [DagsterRunStatus.STARTING, DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING]
    with DagsterInstance.get() as instance:
        abandoned = instance.get_runs(RunsFilter(statuses=under_way))
        for run in abandoned:
            instance.report_run_failed(run, "The process that worked on this run is gone: the stack was stopped.")
        return len(abandoned)


if __name__ == "__main__":
    print(f"{fail_abandoned_runs()} abandoned runs marked as failed")
