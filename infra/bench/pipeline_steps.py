"""The pipeline's steps as processes of their own, each telling how long its work took without starting Python."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from infra.local.environment import Environment
from infra.local.errors import CannotRunError
from infra.local.services import ROOT

PROJECT = ROOT / "dbt_project"
DBT = Path(sys.executable).parent / "dbt"
TIMED = """
import json, os, resource, sys, time
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
{imports}
url, arguments, before, began = os.environ["WAREHOUSE_URL"], sys.argv[1:], peak(), time.perf_counter()
{work}
print(json.dumps({{"seconds": time.perf_counter() - began, "grown_mb": peak() - before, "answer": answer}}))
"""
LOAD = TIMED.format(
    imports="from ingestion.operational.source import load_tables\nfrom ingestion.operational.tables import ALL",
    work="answer = load_tables(ALL, url, url).rows",
)
PUBLISH = TIMED.format(
    imports="from orchestration.lib.publishing import publish", work="answer = publish(url, arguments[0])"
)
CONNECTION = TIMED.format(
    imports="from orchestration.lib.dbt_environment import dbt_environment", work="answer = dbt_environment(url)"
)
EXPORT = TIMED.format(
    imports="""
from datetime import date
from pathlib import Path
from orchestration.lib import tables
from orchestration.lib.exporting import write_selection
""",
    work="""
tables.DAY = {}
selection = tables.Selection(mart=arguments[0], columns=(), filters={}, location_id=None, day=date.today())
answer = write_selection(url, selection, "csv", Path(arguments[1])).rows
""",
)


def load(environment: Environment) -> float:
    """Seconds in which dlt mirrors the operational tables."""
    return float(child(environment, LOAD)["seconds"])


def publish(environment: Environment, load_id: str) -> float:
    """Seconds in which the built marts become the published ones."""
    return float(child(environment, PUBLISH, load_id)["seconds"])


def export(environment: Environment, mart: str) -> tuple[int, float, float]:
    """Rows of a whole mart written as CSV, seconds, and megabytes by which the process grew."""
    file = environment.home.folder("bench") / f"{mart}.csv"
    try:
        done = child(environment, EXPORT, mart, str(file))
    finally:
        file.unlink(missing_ok=True)
    return int(done["answer"]), float(done["seconds"]), float(done["grown_mb"])


def dbt(environment: Environment, load_id: str, command: str, *arguments: str) -> float:
    """Seconds of a dbt command as the pipeline runs it, its start included."""
    target = environment.home.folder("bench") / "dbt"
    variables = child(environment, CONNECTION)["answer"]
    fixed = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target-path", str(target)]
    if command == "build":
        fixed += ["--exclude-resource-type", "unit_test"]
    call = [str(DBT), "--quiet", command, *arguments, *fixed]
    began = time.perf_counter()
    done = subprocess.run(
        call,
        env={**environment.for_child(), **variables, "DBT_LOAD_ID": load_id, "DBT_LOG_PATH": str(target / "log")},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CannotRunError(f"dbt {command} failed: {(done.stdout + done.stderr).strip()[-1500:]}")
    return time.perf_counter() - began


def child(environment: Environment, code: str, *arguments: str, **variables: str) -> dict[str, Any]:
    """What Python code (made from `TIMED`) prints at its end, run in a process of its own in the environment.

    Raises:
        CannotRunError: it failed; with its last words.
    """
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        env={**environment.for_child(), **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CannotRunError(f"a step failed: {done.stderr.strip().splitlines()[-1:]}")
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer
