"""Files of tills and suppliers are imported when they come, not only at night."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import timedelta
from typing import Protocol

import dagster as dg

from ingestion.errors import IngestionError
from orchestration.defs.automation.jobs import NIGHTS, is_under_way, supplier_files, till_files
from orchestration.lib import settings

SETTLED = timedelta(minutes=1)
"""A file that was written to less long ago may still be on its way."""


class Waiting(Protocol):
    """A file that no run has looked at; its version changes with it."""

    @property
    def name(self) -> str:
        """The file's name at its place."""

    @property
    def version(self) -> str:
        """Of the file and its mapping."""


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
        waiting = [("pos", file) for file in new_files(settings.warehouse_url(), settled_for=SETTLED)]
    except (IngestionError, OSError) as error:
        return dg.SkipReason(f"the drop folder cannot be read: {error}")
    return _asked(context, waiting)


@dg.sensor(
    name="supplier_drops",
    job=supplier_files,
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="The same for price lists in SUPPLIER_CATALOG_DROP_PATH and invoices in INVOICE_DROP_PATH.",
)
def supplier_drops(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Ask for a run for what is new in either place; one that cannot be read does not keep the other waiting."""
    from ingestion.invoices.cli import DROPPED_INVOICES
    from ingestion.supplier_catalogs.cli import DROPPED_PRICE_LISTS

    waiting: list[tuple[str, Waiting]] = []
    errors: list[str] = []
    for name, feed in (("price lists", DROPPED_PRICE_LISTS), ("invoices", DROPPED_INVOICES)):
        try:
            waiting += ((name, file) for file in feed.new_files(settings.warehouse_url(), settled_for=SETTLED))
        except (IngestionError, OSError) as error:
            errors.append(f"the drop folder of {name} cannot be read: {error}")
    for error_text in errors:
        context.log.warning(error_text)
    return _asked(context, waiting) if waiting or not errors else dg.SkipReason("; ".join(errors))


def _asked(
    context: dg.SensorEvaluationContext, waiting: Iterable[tuple[str, Waiting]]
) -> dg.RunRequest | dg.SkipReason:
    files = sorted((place, file.name, file.version) for place, file in waiting)
    if not files:
        return dg.SkipReason("nothing new was dropped")
    if is_under_way(context.instance, NIGHTS):
        return dg.SkipReason(f"{len(files)} new files wait for the night that is under way")
    seen = hashlib.sha256(repr(files).encode()).hexdigest()
    return dg.RunRequest(run_key=f"drop {seen[:24]}", tags={"stockpot/files": str(len(files))})


defs = dg.Definitions(sensors=[till_drops, supplier_drops])
