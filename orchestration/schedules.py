"""The nightly job and when it runs."""

from datetime import timedelta

import dagster as dg

NIGHTLY = "nightly"
CRON = "0 10 * * *"
"""10:00 UTC: from New York to Auckland, a restaurant that closes its day at 04:00 has closed yesterday's."""

nightly = dg.define_asset_job(
    NIGHTLY,
    selection=dg.AssetSelection.all(),
    executor_def=dg.in_process_executor,
    description="Ingest, gate, transform, deplete, forecast, publish, alert, export.",
)


@dg.schedule(job=nightly, cron_schedule=CRON, execution_timezone="UTC", default_status=dg.DefaultScheduleStatus.RUNNING)
def nightly_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """One run a night, for the business day that is over; the same night is never run twice."""
    day = context.scheduled_execution_time.date() - timedelta(days=1)
    return dg.RunRequest(run_key=f"nightly {day.isoformat()}", partition_key=day.isoformat())
