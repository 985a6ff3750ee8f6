"""Tills' files are imported when they come, not only at night."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import dagster as dg

from ingestion.errors import IngestionError
from orchestration.defs.automation.jobs import NIGHTS, is_under_way, till_files
from orchestration.lib import settings

SETTLED = timedelta(minutes=1)
"""A file that was written to less long ago may still be on its way."""


@dg.sensor(
    name="till_drops",
    job=till_files,
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="A run for files in POS_DROP_PATH, folder or bucket, that no run has looked at and that have been left "
    "alone for a minute; once for the same files.",
)
def till_drops(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Ask for a run for what is new; a night that is under way takes it along."""
    from ingestion.pos.drops import new_files

    try:
        waiting = new_files(settings.warehouse_url(), settled_for=SETTLED)
    except (IngestionError, OSError) as error:
        return dg.SkipReason(f"the drop folder cannot be read: {error}")
    if not waiting:
        return dg.SkipReason("nothing new was dropped")
    if is_under_way(context.instance, NIGHTS):
        return dg.SkipReason(f"{len(waiting)} new files wait for the night that is under way")
    seen = hashlib.sha256(repr(sorted((file.name, file.version) for file in waiting)).encode()).hexdigest()
    return dg.RunRequest(run_key=f"drop {seen[:24]}", tags={"stockpot/files": str(len(waiting))})


defs = dg.Definitions(sensors=[till_drops])
