"""The night, for each zone the house has restaurants in, as soon as the business day there is over."""

from __future__ import annotations

from datetime import UTC, datetime

import dagster as dg

from ingestion.errors import WarehouseUnreachable
from orchestration.defs.automation.jobs import NIGHTLY, REFRESH, nightly, refresh
from orchestration.lib import settings
from orchestration.lib.nights import Night, due_nights, read_cursor, read_zones, write_cursor


@dg.sensor(
    name="nights",
    jobs=[nightly, refresh],
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="One run per business day and closing time: zones and cut-offs are read from the operational database "
    "at each tick, so that a restaurant in a new zone needs no restart. The last zone to close gets the exports.",
)
def nights(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Ask for the nights that have become due; while the database is away they stay due."""
    try:
        zones = read_zones(settings.warehouse_url())
    except WarehouseUnreachable as error:
        return dg.SkipReason(str(error))
    if not zones:
        return dg.SkipReason("there is no restaurant yet")
    due, known = due_nights(datetime.now(UTC), zones, read_cursor(context.cursor))
    if not due and known == read_cursor(context.cursor):
        return dg.SkipReason("no business day has ended")
    return dg.SensorResult(run_requests=[_request(night) for night in due], cursor=write_cursor(known))


def _request(night: Night) -> dg.RunRequest:
    day = night.day.isoformat()
    if night.is_whole:
        return dg.RunRequest(job_name=NIGHTLY, run_key=f"{NIGHTLY} {day}", partition_key=day)
    return dg.RunRequest(
        job_name=REFRESH, run_key=f"{REFRESH} {day} {' '.join(night.zones)}", tags={"stockpot/business_day": day}
    )


defs = dg.Definitions(sensors=[nights])
