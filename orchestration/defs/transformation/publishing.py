"""published_marts: what dashboards, analysts and exports read."""

import dagster as dg
from dagster import AssetExecutionContext

from orchestration.defs.transformation.dbt import mart_keys
from orchestration.lib import settings
from orchestration.lib.progress import load_id
from orchestration.lib.publishing import publish

KEY = dg.AssetKey(["published_marts"])


@dg.asset(
    key=KEY,
    deps=mart_keys(),
    group_name="marts",
    kinds={"postgres"},
    description="Schema `marts`: the built marts after every gate passed, swapped in one transaction.",
)
def published_marts(context: AssetExecutionContext) -> dg.MaterializeResult[None]:
    """Publish the load; readers never see an empty, half-built or failed one."""
    rows = publish(settings.warehouse_url(), load_id(context))
    return dg.MaterializeResult(
        metadata={
            "load_id": load_id(context),
            "dagster/row_count": sum(rows.values()),
            "rows": dg.MetadataValue.json(rows),
        }
    )


defs = dg.Definitions(assets=[published_marts])
