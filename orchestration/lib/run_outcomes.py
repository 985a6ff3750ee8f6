"""What the operational service is told of a run that has ended: job, step, first line of the error, link."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import UTC
from typing import Any

import dagster as dg
from dagster import DagsterInstance, RunRecord

LONGEST = 500
HIDDEN = "•••"
PATTERNS = (
    (re.compile(r"(\w[\w+.-]*://[^\s:/@]*):[^\s@]+@"), rf"\1:{HIDDEN}@"),  # the password of an address
    (re.compile(r"\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?"), HIDDEN),  # a signed token
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]+"), rf"\1 {HIDDEN}"),
    (re.compile(r"(?i)\b([\w-]*(?:password|passwd|secret|token|api_?key|access_?key|signature))(\s*[=:]\s*)['\"]?[^\s'\"&,;]+"),
     rf"\1\2{HIDDEN}"),
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"), HIDDEN),
)  # fmt: skip
SECRET_NAMES = re.compile(r"PASSWORD|SECRET|TOKEN|ACCESS_KEY")
SHORTEST_SECRET = 8


def outcome_of(instance: DagsterInstance, record: RunRecord) -> dict[str, Any]:
    """The body of `POST /api/alerts/pipeline` for a run that has succeeded or failed."""
    run = record.dagster_run
    told: dict[str, Any] = {
        "job": run.job_name,
        "run_id": run.run_id,
        "status": "succeeded" if run.status == dg.DagsterRunStatus.SUCCESS else "failed",
        "day": record.update_timestamp.replace(tzinfo=UTC).date().isoformat(),
    }
    if told["status"] == "succeeded":
        return told
    step, error = _failure(instance, run.run_id)
    base = os.environ.get("STOCKPOT_DAGSTER_URL", "").rstrip("/")
    link = {"url": f"{base}/runs/{run.run_id}"} if base else {}
    return {**told, "step": step, "error": clean(error), **link}


def _failure(instance: DagsterInstance, run_id: str) -> tuple[str | None, str]:
    """The first step that failed with the innermost reason, or why the run as a whole did."""
    steps = instance.all_logs(run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
    ends = steps or instance.all_logs(run_id, of_type=dg.DagsterEventType.RUN_FAILURE)
    if not ends:
        return None, "the run ended without saying why"
    event = ends[0].dagster_event
    error = getattr(event.event_specific_data, "error", None) if event else None
    while error is not None and error.cause is not None:
        error = error.cause
    message = error.message if error is not None else (event.message if event else "")
    return (event.step_key if event else None), message or "the run ended without saying why"


def clean(text: str, environment: Mapping[str, str] = os.environ) -> str:
    """The first line that says something, without secrets: known ones by value, others by how they look."""
    lines = [part.strip() for part in text.splitlines() if part.strip()]
    line = " ".join(lines[: 2 if lines[0].endswith(":") else 1]) if lines else ""
    for name, value in environment.items():
        if SECRET_NAMES.search(name) and len(value) >= SHORTEST_SECRET:
            line = line.replace(value, HIDDEN)
    for pattern, instead in PATTERNS:
        line = pattern.sub(instead, line)
    line = "".join(character if character.isprintable() else " " for character in line)
    return line[:LONGEST].strip() or "the run ended without saying why"
