"""Which scheduled reports have become due in a stretch of time, and what makes them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from croniter import croniter  # type: ignore[import-untyped]

from ingestion.warehouse import connect

OWN = "own_reports"


@dataclass(frozen=True)
class Due:
    """A report that fired at `at` (UTC); it is about the business day before, and `asset` exports it."""

    report_id: str
    code: str
    asset: str
    at: datetime
    day: date


def due_reports(definitions: Iterable[dict[str, Any]], since: datetime, now: datetime) -> list[Due]:
    """The enabled reports whose schedule has fired after `since`, up to `now`; the last firing of each."""
    found = []
    for report in definitions:
        if not report.get("is_enabled", True) or not report.get("schedule"):
            continue
        fired = croniter(report["schedule"], now + timedelta(seconds=1)).get_prev(datetime)
        if since < fired <= now:
            asset = report["code"] if report["is_builtin"] else OWN
            found.append(Due(report["id"], report["code"], asset, fired, fired.date() - timedelta(days=1)))
    return found


def is_anything_published(warehouse_url: str) -> bool:
    """Whether there are marts to export from."""
    with connect(warehouse_url) as session:
        row = session.execute("select to_regclass('marts.loads') is not null").fetchone()
        if row is None or not row[0]:
            return False
        return session.execute("select from marts.loads limit 1").fetchone() is not None
