"""raw/exchange_rates/rates: what one currency is worth in another, as a person keeps it in CSV files."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
from dagster import AssetExecutionContext

from orchestration.lib import settings
from orchestration.lib.retries import only_passing_trouble_is_retried

KEY = ["raw", "exchange_rates", "rates"]
LEDGER = dg.AssetKey(["raw", "operational", "stock_movements"])  # a night that stops before it takes over nothing else
READABLE = "every_rate_is_readable"


@dg.asset(
    key=KEY,
    deps=[LEDGER],
    group_name="raw",
    kinds={"postgres", "csv"},
    description="What 1 of a currency is worth in another from a day on; CSV files in EXCHANGE_RATE_PATH.",
    check_specs=[
        dg.AssetCheckSpec(
            READABLE, asset=KEY, description="A line that cannot be read is named; rates then stay as they were."
        )
    ],
)
def exchange_rates(context: AssetExecutionContext) -> Iterator[Any]:
    """Take over the lists as they are now; those with a bad line change nothing."""
    from ingestion.exchange_rates.load import drop_folder, load_rates

    with only_passing_trouble_is_retried():
        lists = load_rates(drop_folder(), settings.warehouse_url())
    for problem in lists.problems:
        context.log.warning("No rates were taken over: %s.", problem)
    check = dg.AssetCheckResult(
        check_name=READABLE,
        passed=not lists.problems,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"problems": dg.MetadataValue.json(list(lists.problems[:100]))},
    )
    yield dg.MaterializeResult(metadata={"dagster/row_count": len(lists.rates)}, check_results=[check])


defs = dg.Definitions(assets=[exchange_rates])
