"""published_marts: what dashboards, analysts and exports read."""

import json
from datetime import UTC, datetime

import dagster as dg
from dagster import AssetExecutionContext

from orchestration.defs.transformation.dbt import mart_keys
from orchestration.lib import settings
from orchestration.lib.dbt import manifest_path
from orchestration.lib.lineage import model_versions
from orchestration.lib.loads import LoadFacts
from orchestration.lib.progress import load_id
from orchestration.lib.publishing import publish
from orchestration.lib.retries import RETRIES, only_passing_trouble_is_retried

KEY = dg.AssetKey(["published_marts"])


@dg.asset(
    key=KEY,
    deps=mart_keys(),
    retry_policy=RETRIES,
    group_name="marts",
    kinds={"postgres"},
    description="Schema `marts`: the built marts after every gate passed, swapped in one transaction.",
)
def published_marts(context: AssetExecutionContext) -> dg.MaterializeResult[None]:
    """Publish the load; readers never see an empty, half-built or failed one."""
    with only_passing_trouble_is_retried():
        rows = publish(settings.warehouse_url(), load_id(context), _facts(context))
    return dg.MaterializeResult(
        metadata={
            "load_id": load_id(context),
            "dagster/row_count": sum(rows.values()),
            "rows": dg.MetadataValue.json(rows),
        }
    )


def _facts(context: AssetExecutionContext) -> LoadFacts:
    record = context.instance.get_run_record_by_id(context.run.run_id)
    started = record.start_time if record else None
    manifest = json.loads(manifest_path().read_text(encoding="utf-8"))
    return LoadFacts(datetime.fromtimestamp(started, UTC) if started else None, model_versions(manifest))


defs = dg.Definitions(assets=[published_marts])
