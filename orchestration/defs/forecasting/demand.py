"""forecasts/demand: what each location will use of each product, with an interval."""

import dagster as dg
from dagster import AssetExecutionContext

from orchestration.lib import settings
from orchestration.lib.forecast_store import keep_forecasts
from orchestration.lib.progress import load_id
from orchestration.lib.retries import RETRIES, only_passing_trouble_is_retried

DEMAND = dg.AssetKey(["forecasts", "demand"])
USAGE = dg.AssetKey(["intermediate", "ledger", "int_usage_daily"])
ORIGINS = dg.AssetKey(["intermediate", "forecasting", "int_forecast_origins"])


@dg.asset(
    key=DEMAND,
    deps=[USAGE, ORIGINS],
    retry_policy=RETRIES,
    group_name="forecasts",
    kinds={"polars", "postgres"},
    description="Daily demand per location and product after its last finished day, by the model its past prefers.",
)
def demand(context: AssetExecutionContext) -> dg.MaterializeResult[None]:
    """Forecast, and keep it in raw_forecasting; the same origin day is replaced."""
    from orchestration.lib.forecasting import forecast_from_warehouse

    url = settings.warehouse_url()
    with only_passing_trouble_is_retried():
        forecasts = forecast_from_warehouse(url)
        rows = keep_forecasts(url, forecasts, load_id(context))
    series = forecasts.select("location_id", "product_id", "model", "mase").unique()
    models = {name: count for name, count in series["model"].value_counts().iter_rows()}  # noqa: C416 - a dict of rows
    median = series["mase"].median()
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": rows,
            "series": series.height,
            "models": dg.MetadataValue.json(models),
            **({"median_mase": float(median)} if isinstance(median, float) else {}),
        }
    )


defs = dg.Definitions(assets=[demand])
