"""Reports whose hour has come and that no night has made."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import dagster as dg

from ingestion.errors import WarehouseUnreachable
from orchestration.defs.automation.jobs import NIGHTS, REPORTS, is_under_way, reports
from orchestration.lib import settings
from orchestration.lib.due import Due, due_reports, is_anything_published
from orchestration.lib.errors import PipelineError
from orchestration.lib.stockpot_api import StockpotApi


@dg.sensor(
    name="due_reports",
    job=reports,
    minimum_interval_seconds=300,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="A run for each report whose schedule has fired and of which there is no export for that business day: "
    "the night failed or was late, or somebody made the report after it.",
)
def due_report_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Ask for what is due and missing, once per report and hour."""
    now = datetime.now(UTC)
    if context.cursor is None:
        context.update_cursor(now.isoformat())
        return dg.SkipReason("schedules are watched from now on")
    since = max(datetime.fromisoformat(context.cursor), now - timedelta(days=1))
    if is_under_way(context.instance, NIGHTS):
        return dg.SkipReason("the night that is under way makes them")
    try:
        if not is_anything_published(settings.warehouse_url()):
            return dg.SkipReason("no load has been published yet")
        with StockpotApi() as api:
            due = [
                each for each in due_reports(api.reports(), since, now) if not api.has_export(each.report_id, each.day)
            ]
    except (PipelineError, WarehouseUnreachable) as error:
        return dg.SkipReason(f"asked again in a moment: {error}")
    return dg.SensorResult(run_requests=[_request(each) for each in due], cursor=now.isoformat())


def _request(due: Due) -> dg.RunRequest:
    return dg.RunRequest(
        run_key=f"{REPORTS} {due.code} {due.at.isoformat()}",
        asset_selection=[dg.AssetKey(["exports", due.asset])],
        partition_key=due.day.isoformat(),
        tags={"stockpot/report": due.code},
    )


defs = dg.Definitions(sensors=[due_report_sensor])
