"""Exports that somebody asked for with `POST /api/reports/{id}/run`: looked for every half minute, made in one run."""

import dagster as dg
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES

from orchestration.lib.errors import PipelineError
from orchestration.lib.requests import export_pending
from orchestration.lib.stockpot_api import StockpotApi

REQUESTED = "requested_exports"


@dg.op(description="Make every export that somebody waits for.")
def make_requested(context: dg.OpExecutionContext) -> None:
    """Make them, and show what became of each."""
    with StockpotApi() as api:
        made = export_pending(api)
    for run_id, status in made.items():
        context.log.info("%s: %s", run_id, status)


@dg.job(
    name=REQUESTED,
    executor_def=dg.in_process_executor,
    description="Exports that somebody asked for.",
    tags={"stockpot/writes": "exports"},
)
def requested_exports() -> None:
    """One step: every export that waits."""
    make_requested()


@dg.sensor(
    name="requested_exports_sensor",
    job=requested_exports,
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="A run while somebody waits for an export that no run is making.",
)
def requested_exports_sensor(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Ask the service what waits; what a run under way makes is not asked for twice."""
    under_way = dg.RunsFilter(job_name=REQUESTED, statuses=[*NOT_FINISHED_STATUSES])
    if context.instance.get_runs_count(under_way):
        return dg.SkipReason("a run is making them")
    try:
        with StockpotApi() as api:
            waiting = api.pending_runs()
    except PipelineError as error:
        return dg.SkipReason(f"asked again in a moment: {error}")
    if not waiting:
        return dg.SkipReason("nobody waits for an export")
    return dg.RunRequest(tags={"stockpot/exports": str(len(waiting))})


defs = dg.Definitions(jobs=[requested_exports], sensors=[requested_exports_sensor])
