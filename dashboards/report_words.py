"""What became of an export, in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

UNDER_WAY = frozenset({"pending", "running"})
RESULTS: Mapping[str, str] = {
    "pending": "waits for the pipeline",
    "running": "is being made",
    "succeeded": "made",
    "failed": "failed",
    "held": "held back",
}
STAMPED = "stamped"


def result(run: Mapping[str, Any]) -> str:
    """Its state; a file that bears a note says so, and one that was tidied away."""
    if run["status"] == "succeeded" and run.get("deleted_at"):
        return "made, deleted since"
    if run["status"] == "succeeded" and (run.get("gates") or {}).get("status") == STAMPED:
        return "made, with a note"
    return RESULTS.get(run["status"], run["status"])


def reason(run: Mapping[str, Any]) -> str:
    """Why it failed, was held back or bears a note: the error, else what the gates said."""
    return run.get("error") or "; ".join((run.get("gates") or {}).get("reasons", []))


def has_file(run: Mapping[str, Any]) -> bool:
    """Whether there is a file to fetch."""
    return run["status"] == "succeeded" and not run.get("deleted_at")


def file_name(run: Mapping[str, Any]) -> str:
    """What a file is called in a list: its report, day, format and when it was asked for."""
    return f"{run['report_code']}, {run['business_day']}, {run['format']}, asked for {moment(run['created_at'])}"


def moment(text: str) -> str:
    """`22 Nov 06:00 UTC` for an ISO moment."""
    return f"{datetime.fromisoformat(text).astimezone(UTC):%d %b %H:%M} UTC"
