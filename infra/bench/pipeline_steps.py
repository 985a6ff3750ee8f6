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
PAGES = TIMED.format(
    imports="""
from datetime import date, timedelta
import psycopg
from dashboards import queries
from dashboards.queries import core
def rows(statement, parameters):  # as the analyst, under the same policies as a signed-in reader
    with psycopg.connect(os.environ["ANALYST_URL"]) as connection:
        return connection.execute(statement.encode(), parameters).fetchall()
core.rows = rows
def milliseconds(ask, *values):
    best = None
    for _ in range(2):
        since = time.perf_counter()
        ask(*values)
        taken = (time.perf_counter() - since) * 1000
        best = taken if best is None else min(best, taken)
    return round(best)
""",
    work="""
places = queries.locations(None)["location_id"].to_list()
last = date.today()
first = last - timedelta(days=28)
answer = {
    "overview": milliseconds(queries.sales_daily, places, first - timedelta(days=7), last),
    "stock": milliseconds(queries.stock_now, places),
    "stock value": milliseconds(queries.stock_value_daily, places, first, last),
    "sales": milliseconds(queries.sales_daily, places, first, last),
    "variance": milliseconds(queries.variance_by_product, places, first, last),
    "waste": milliseconds(queries.waste_by_product, places, first, last),
    "purchasing": milliseconds(queries.supplier_performance, places, first, last),
    "menu": milliseconds(queries.menu_classes, places, last),
}
""",
)


def load(environment: Environment) -> float:
    """Seconds in which dlt mirrors the operational tables."""
    return float(_child(environment, LOAD)["seconds"])


def publish(environment: Environment, load_id: str) -> float:
    """Seconds in which the built marts become the published ones."""
    return float(_child(environment, PUBLISH, load_id)["seconds"])


def export(environment: Environment, mart: str) -> tuple[int, float, float]:
    """Rows of a whole mart written as CSV, seconds, and megabytes by which the process grew."""
    file = environment.home.folder("bench") / f"{mart}.csv"
    try:
        done = _child(environment, EXPORT, mart, str(file))
    finally:
        file.unlink(missing_ok=True)
    return int(done["answer"]), float(done["seconds"]), float(done["grown_mb"])


def pages(environment: Environment) -> dict[str, int]:
    """Milliseconds of the query behind the first chart of each dashboard page, all locations, the second time."""
    answer: dict[str, int] = _child(environment, PAGES)["answer"]
    return answer


def dbt(environment: Environment, load_id: str, command: str, *arguments: str) -> float:
    """Seconds of a dbt command as the pipeline runs it, its start included."""
    target = environment.home.folder("bench") / "dbt"
    variables = _child(environment, CONNECTION)["answer"]
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


def _child(environment: Environment, code: str, *arguments: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        env=environment.for_child(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CannotRunError(f"a step failed: {done.stderr.strip().splitlines()[-1:]}")
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer
