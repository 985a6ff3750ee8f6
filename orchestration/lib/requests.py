"""Exports made and told to the operational service: those of the schedule, and those that somebody asked for."""

from __future__ import annotations

from datetime import date
from typing import Any

from orchestration.lib import settings
from orchestration.lib.errors import ExportFailed
from orchestration.lib.exporting import Exported, export_report, outcome
from orchestration.lib.object_store import open_store
from orchestration.lib.stockpot_api import StockpotApi


def export_and_tell(
    api: StockpotApi, report: dict[str, Any], day: date, *, run_id: str, asked: str | None = None
) -> Exported:
    """Export a report and tell what came of it; `asked` is the run that somebody waits for.

    Raises ExportFailed after it was told.
    """
    told = {"report_id": report["id"], "business_day": day.isoformat(), "format": report["format"]}
    if asked is not None:
        told["run_id"] = asked
    try:
        done = export_report(
            report,
            day,
            run_id=run_id,
            warehouse_url=settings.warehouse_url(),
            store=open_store(settings.object_store()),
        )
    except ExportFailed as failure:
        api.record_report_run({**told, "status": "failed", "error": str(failure)[:2000]})
        raise
    api.record_report_run({**told, **outcome(done)})
    return done


def export_pending(api: StockpotApi) -> dict[str, str]:
    """Make every export that somebody waits for; what became of each run by its id. One that fails stops no other."""
    reports = {report["id"]: report for report in api.reports()}
    return {run["id"]: _made(api, reports[run["report_id"]], run) for run in api.pending_runs()}


def _made(api: StockpotApi, report: dict[str, Any], run: dict[str, Any]) -> str:
    wanted = {**report, "format": run["format"]}
    day = date.fromisoformat(run["business_day"])
    try:
        return export_and_tell(api, wanted, day, run_id=run["id"], asked=run["id"]).status
    except ExportFailed as failure:
        return f"failed: {failure}"
