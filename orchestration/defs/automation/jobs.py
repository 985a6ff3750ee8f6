"""The jobs. All of them write the warehouse, so the queue lets one run at a time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import dagster as dg
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES

from ingestion.operational.tables import REFERENCE
from orchestration.defs.ingestion.operational import raw_key
from orchestration.defs.ingestion.supplier_documents import INVOICES, LINES, PRICES
from orchestration.defs.quality.gates import documents_gate
from orchestration.lib.retries import RETRIES

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

NIGHTLY, REFRESH, TILL_FILES, SUPPLIER_FILES, REPORTS = NAMES = (
    "nightly", "refresh", "till_files", "supplier_files", "reports",
)  # fmt: skip
NIGHTS = (NIGHTLY, REFRESH)
ORDER_LINES = dg.AssetKey(["raw", "pos", "order_lines"])
EXPORTS = dg.AssetSelection.groups("exports")


def _job(name: str, selection: dg.AssetSelection, description: str) -> UnresolvedAssetJobDefinition:
    return dg.define_asset_job(
        name,
        selection=selection,
        executor_def=dg.in_process_executor,  # one step after another: two dbt or two dlt would not fit
        op_retry_policy=RETRIES,
        description=description,
        tags={"stockpot/writes": "warehouse"},
    )


def is_under_way(instance: dg.DagsterInstance, jobs: Iterable[str]) -> bool:
    """Whether a run of one of these jobs waits in the queue or works."""
    return any(instance.get_runs_count(dg.RunsFilter(job_name=job, statuses=[*NOT_FINISHED_STATUSES])) for job in jobs)


nightly = _job(NIGHTLY, dg.AssetSelection.all(), "Ingest, gate, transform, deplete, forecast, publish, alert, export.")
refresh = _job(
    REFRESH,
    dg.AssetSelection.all() - EXPORTS,
    "The same without exports: for restaurants whose day is over while it goes on further west.",
)
till_files = _job(
    TILL_FILES,
    dg.AssetSelection.assets(*map(raw_key, REFERENCE), ORDER_LINES),
    "Import what tills dropped since the night, and check it: a bad file is told while somebody can send another.",
)
supplier_files = _job(
    SUPPLIER_FILES,
    # Their gate compares them with the ledger's tables, which the night brings; nothing is published until then.
    dg.AssetSelection.assets(PRICES, INVOICES, LINES) - dg.AssetSelection.checks(documents_gate),
    "Import the price lists and invoices that suppliers dropped since the night; the next night publishes them.",
)
reports = _job(REPORTS, EXPORTS, "Exports of reports whose hour has come and that no night has made.")

defs = dg.Definitions(jobs=[nightly, refresh, till_files, supplier_files, reports])
