"""Does every part of a running stack answer? `stockpot demo --once` asks each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import httpx
import psycopg

from infra.cli.pipeline import NIGHTLY
from infra.local.errors import CannotRunError
from infra.local.pipeline import Dagster

Check = Callable[[], str]


class NotAnsweringError(Exception):
    """A part did not answer as it must; the message says how."""


def checks(variables: Mapping[str, str]) -> Iterator[tuple[str, Check]]:
    """Each part's name with a check that says what it saw, or raises NotAnsweringError."""
    api, dashboards, dagster = (
        variables[name] for name in ("STOCKPOT_API_URL", "STOCKPOT_DASHBOARDS_URL", "STOCKPOT_DAGSTER_URL")
    )
    yield "API ready", lambda: _get(f"{api}/readyz")
    yield "API documents", lambda: _get(f"{api}/api/openapi.json")
    yield "operator's page", lambda: _get(f"{api}/", expect="<html")
    yield "dashboards", lambda: _get(f"{dashboards}/_stcore/health")
    yield "Dagster", lambda: _get(f"{dagster}/server_info")
    yield "Dagster's daemons", lambda: _daemons(Dagster(dagster))
    yield "last pipeline run", lambda: _last_run(Dagster(dagster))
    yield "marts", lambda: _sales(variables["ANALYST_URL"])
    if not variables.get("S3_BUCKET"):
        yield "exports", lambda: _exports(Path(variables["OBJECT_STORE_PATH"]))


def _get(url: str, expect: str = "") -> str:
    try:
        reply = httpx.get(url, timeout=30, trust_env=False, follow_redirects=True)
    except httpx.HTTPError as error:
        raise NotAnsweringError(f"{url}: {error}") from error
    if reply.status_code != 200 or expect not in reply.text:
        raise NotAnsweringError(f"{url} answered {reply.status_code}: {reply.text[:200]}")
    return url


def _daemons(dagster: Dagster) -> str:
    if sick := dagster.unhealthy_daemons():
        raise NotAnsweringError(f"without a heartbeat: {', '.join(sick)}")
    return "all healthy"


def _last_run(dagster: Dagster) -> str:
    status = dagster.last_status(NIGHTLY)
    if status != "SUCCESS":
        raise NotAnsweringError(f"the last run of {NIGHTLY} says {status}")
    return status.lower()


def _sales(analyst_url: str) -> str:
    try:
        with psycopg.connect(analyst_url) as connection:
            row = connection.execute(
                "select count(*), coalesce(sum(quantity), 0), coalesce(sum(net_sales), 0) from marts.fct_sales"
            ).fetchone()
    except psycopg.Error as error:
        raise NotAnsweringError(str(error).splitlines()[0]) from error
    assert row is not None
    if not row[0]:
        raise NotAnsweringError("marts.fct_sales is empty")
    return f"{row[1]:,.0f} items sold for {row[2]:,.2f}"


def _exports(folder: Path) -> str:
    manifests = [path for path in folder.rglob("*manifest*.json") if path.is_file()]
    if not manifests:
        raise NotAnsweringError(f"no export with a manifest in {folder}")
    return f"{len(manifests)} with manifest in {folder}"


def run_checks(variables: Mapping[str, str], report: Callable[[str], None]) -> list[str]:
    """Ask every part, report what it said, and give the names of those that failed."""
    failed = []
    for name, check in checks(variables):
        try:
            report(f"ok      {name}: {check()}")
        except (NotAnsweringError, CannotRunError) as error:
            report(f"FAILED  {name}: {error}")
            failed.append(name)
    return failed
