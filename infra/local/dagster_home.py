"""DAGSTER_HOME of an installation: its instance settings, its workspace, and runs that a kill left unfinished.

`python -m infra.local.dagster_home` marks runs as failed that no process works on any more: left "started", they would
hold the one place in the run queue for ever. It runs before the daemon, when no run can be alive.
"""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from infra.local.processes import LOOPBACK

INSTANCE = """\
# Written by `stockpot up` at each start.
telemetry:
  enabled: false
nux:
  enabled: false
concurrency:
  runs:
    max_concurrent_runs: 1  # a run loads everything from dbt to Great Expectations; two would not fit in 4 GB
run_monitoring:
  enabled: true
  start_timeout_seconds: 180
retention:
  schedule:
    purge_after_days: 90
  sensor:
    purge_after_days:
      skipped: 7
      failure: 30
      success: -1
"""


def write_dagster_home(folder: Path, code_server_port: int) -> Path:
    """Write `dagster.yaml` and `workspace.yaml` into `folder` and give the workspace's path."""
    (folder / "dagster.yaml").write_text(INSTANCE, encoding="utf-8")
    workspace = folder / "workspace.yaml"
    workspace.write_text(
        "# Written by `stockpot up`: web server and daemon share this one code server.\n"
        "load_from:\n"
        f"  - grpc_server: {{host: {LOOPBACK}, port: {code_server_port}, location_name: stockpot}}\n",
        encoding="utf-8",
    )
    return workspace


def has_unfinished_runs(folder: Path) -> bool:
    """Whether Dagster's own store names runs under way; asked of the file, because importing Dagster takes seconds."""
    store = folder / "history" / "runs.db"
    if not store.exists():
        return False
    try:
        with contextlib.closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as connection:
            query = "select 1 from runs where status in ('STARTING', 'STARTED', 'CANCELING') limit 1"
            return connection.execute(query).fetchone() is not None
    except sqlite3.Error:
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
