"""Tills' files are imported when they come, not only at night."""

from __future__ import annotations

import json

import dagster as dg

from orchestration.defs.automation.jobs import NIGHTS, is_under_way, till_files
from orchestration.lib.drops import changed, run_key, settled_files


@dg.sensor(
    name="till_drops",
    job=till_files,
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="A run for files that are new in POS_DROP_PATH and have been left alone for a minute. What lies there "
    "when it is first asked is the night's.",
)
def till_drops(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Ask for a run for what is new; a night that is under way takes it along."""
    from ingestion.pos.cli import drop_folder

    files = settled_files(drop_folder())
    if context.cursor is None:
        context.update_cursor(json.dumps(files))
        return dg.SkipReason(f"{len(files)} files are there already")
    new = changed(files, json.loads(context.cursor))
    if not new:
        return dg.SkipReason("nothing new was dropped")
    if is_under_way(context.instance, NIGHTS):
        return dg.SkipReason(f"{len(new)} new files wait for the night that is under way")
    request = dg.RunRequest(run_key=run_key(files, new), tags={"stockpot/files": str(len(new))})
    return dg.SensorResult(run_requests=[request], cursor=json.dumps(files))


defs = dg.Definitions(sensors=[till_drops])
