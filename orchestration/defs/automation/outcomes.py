"""How runs ended, told to the operational service: a failure is an alert, the next success of the job ends it."""

from __future__ import annotations

from datetime import UTC, datetime

import dagster as dg

from orchestration.defs.automation.jobs import NAMES
from orchestration.lib.errors import ApiRefused, PipelineError
from orchestration.lib.run_outcomes import outcome_of
from orchestration.lib.stockpot_api import StockpotApi

MOST = 50
ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE]


@dg.sensor(
    name="run_outcomes",
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Tells the service how runs ended. Dagster's own failure sensor moves on when its function "
    "fails; this one keeps its place, since the service is often away for the same reason that the run failed.",
)
def run_outcomes(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Tell what ended since the last time, in order; what could not be told is told the next time."""
    if context.cursor is None:
        context.update_cursor(datetime.now(UTC).isoformat())
        return dg.SkipReason("runs are watched from now on")
    since = datetime.fromisoformat(context.cursor)
    records = context.instance.get_run_records(
        dg.RunsFilter(statuses=ENDED, updated_after=since), order_by="update_timestamp", ascending=True, limit=MOST
    )
    told = 0
    try:
        with StockpotApi() as api:
            for record in records:
                if record.dagster_run.job_name in NAMES:
                    told += _tell(context, api, outcome_of(context.instance, record))
                context.update_cursor(record.update_timestamp.replace(tzinfo=UTC).isoformat())
    except PipelineError as error:
        return dg.SkipReason(f"{told} outcomes told, then: {error}")
    return dg.SkipReason(f"{told} outcomes told")


def _tell(context: dg.SensorEvaluationContext, api: StockpotApi, outcome: dict[str, object]) -> int:
    try:
        api.tell_run_outcome(outcome)
    except ApiRefused as refusal:
        if refusal.status in {401, 403, 429} or refusal.status >= 500:
            raise
        context.log.exception("the service will not hear of run %s", outcome["run_id"])
        return 0
    return 1


defs = dg.Definitions(sensors=[run_outcomes])
