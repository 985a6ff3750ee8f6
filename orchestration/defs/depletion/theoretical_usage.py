"""depletions/theoretical_usage: the tills' sales become `sale` movements, through the operational service."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import dagster as dg
from dagster import AssetExecutionContext

from orchestration.defs.ingestion.operational import DEPLETION
from orchestration.lib import settings
from orchestration.lib.days import DAYS, chosen_days
from orchestration.lib.depletions import days_to_post, post_days
from orchestration.lib.retries import RETRIES, only_passing_trouble_is_retried
from orchestration.lib.stockpot_api import StockpotApi

CHECK = "every_day_was_taken"


@dg.asset(
    key=DEPLETION,
    deps=[dg.AssetKey(["intermediate", "sales", "int_item_sales_daily"])],
    partitions_def=DAYS,
    retry_policy=RETRIES,
    group_name="depletions",
    kinds={"api"},
    description="Finished business days whose sales or recipes changed, posted to /api/depletions; movement ids are "
    "derived from day, location and product, so posting again changes nothing. A night takes whatever changed; a "
    "backfill posts the days that were chosen, changed or not.",
    check_specs=[
        dg.AssetCheckSpec(CHECK, asset=DEPLETION, description="A day that the service refused is named here.")
    ],
)
def theoretical_usage(context: AssetExecutionContext) -> Iterator[Any]:
    """Post what changed, or what was chosen."""
    url = settings.warehouse_url()
    with only_passing_trouble_is_retried():
        days = days_to_post(url, chosen_days(context))
        context.log.info("%s business days to post", len(days))
        with StockpotApi() as api:
            outcomes = post_days(api, days, url, context.log.info)
    counts = Counter(outcome.status for outcome in outcomes)
    refused = {f"{each.day.business_day} {each.day.location_id}": each.error for each in outcomes if each.error}
    unmapped = sorted({code for each in outcomes for code in each.answer.get("unmapped", [])})
    movements = sum(each.answer.get("movement_count") or 0 for each in outcomes if each.status == "posted")
    yield dg.MaterializeResult(
        metadata={
            "days": len(outcomes),
            **{f"days_{status}": count for status, count in counts.items()},
            "movements": movements,
            "unmapped": dg.MetadataValue.json(unmapped),
        },
        check_results=[
            dg.AssetCheckResult(
                check_name=CHECK,
                passed=not refused,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"refused": dg.MetadataValue.json(refused)},
            )
        ],
    )


defs = dg.Definitions(assets=[theoretical_usage])
