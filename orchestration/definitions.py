"""The pipeline as Dagster loads it: one connected graph from sources to exports, its jobs and sensors."""

from __future__ import annotations

import os

os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "1")

import dagster as dg

from orchestration.defs.alerting import alerts
from orchestration.defs.automation import drops, due_reports, jobs, nights, outcomes
from orchestration.defs.depletion import theoretical_usage
from orchestration.defs.exports import reports, requests
from orchestration.defs.forecasting import demand
from orchestration.defs.ingestion import exchange_rates, operational, pos, quarantine, supplier_documents
from orchestration.defs.quality import gates
from orchestration.defs.transformation import dbt, publishing
from orchestration.lib.attributes import described, in_one_run
from orchestration.lib.dbt import dbt_resource


def connected_graph() -> dg.Definitions:
    """Every area's assets and checks, each asset with what its area says of it."""
    parts = dg.Definitions.merge(
        operational.defs,
        pos.defs,
        supplier_documents.defs,
        exchange_rates.defs,
        quarantine.defs,
        gates.defs,
        dbt.defs,
        theoretical_usage.defs,
        demand.defs,
        publishing.defs,
        alerts.defs,
        reports.defs,
    )
    made = [each for each in parts.assets or [] if isinstance(each, dg.AssetsDefinition)]
    assets = [in_one_run(each) for each in dg.map_asset_specs(described, made)]
    return dg.Definitions(assets=assets, asset_checks=parts.asset_checks)


defs = dg.Definitions.merge(
    connected_graph(),
    jobs.defs,
    nights.defs,
    drops.defs,
    due_reports.defs,
    outcomes.defs,
    requests.defs,
    dg.Definitions(
        resources={"dbt": dbt_resource()},
        executor=dg.in_process_executor,  # one step after another in one process: two dbt or two dlt would not fit
    ),
)
