"""alerts/low_stock and alerts/predicted_stockout: raised through the operational service, once per item and day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta

import dagster as dg

from orchestration.defs.forecasting.demand import DEMAND
from orchestration.defs.transformation.publishing import KEY as PUBLISHED
from orchestration.lib import settings
from orchestration.lib.alerts import MOST_PER_CALL, Alerts, low_stock, predicted_stockouts, read_rules
from orchestration.lib.retries import RETRIES, only_passing_trouble_is_retried
from orchestration.lib.stockpot_api import StockpotApi


@dg.asset(
    key=["alerts", "low_stock"],
    deps=[PUBLISHED, dg.AssetKey(["raw", "operational", "inventory_items"])],
    retry_policy=RETRIES,
    group_name="alerts",
    kinds={"api"},
    description="Items below their reorder point: the nightly net under the worker, which looks at each movement.",
)
def low_stock_alerts() -> dg.MaterializeResult[None]:
    """Raise what is low."""
    with only_passing_trouble_is_retried():
        return _raise("low_stock", low_stock(settings.warehouse_url()))


@dg.asset(
    key=["alerts", "predicted_stockout"],
    deps=[
        PUBLISHED,
        DEMAND,
        dg.AssetKey(["intermediate", "purchasing", "int_stock_supply"]),
        dg.AssetKey(["intermediate", "purchasing", "int_open_order_lines"]),
    ],
    retry_policy=RETRIES,
    group_name="alerts",
    kinds={"api", "polars"},
    description="Items that may run out before the next possible delivery, with the probability that a rule names.",
)
def predicted_stockout_alerts() -> dg.MaterializeResult[None]:
    """Raise what may run out."""
    from orchestration.lib.cover import cover_from_warehouse
    from orchestration.lib.forecast_store import latest_forecasts

    url = settings.warehouse_url()
    with only_passing_trouble_is_retried():
        forecasts = latest_forecasts(url)
        cover = cover_from_warehouse(url, forecasts)
        origins = forecasts.select("location_id", "origin_day").unique().iter_rows()
        days = {location: origin + timedelta(days=1) for location, origin in origins}
        whole: dict[date, list[str]] = defaultdict(list)
        for location, day in days.items():
            whole[day].append(location)
        return _raise("predicted_stockout", predicted_stockouts(cover, days, read_rules(url)), whole)


def _raise(kind: str, alerts: Alerts, whole: Mapping[date, list[str]] | None = None) -> dg.MaterializeResult[None]:
    """Raise the alerts of each day; `whole` names the locations whose list of that day is complete, empty or not."""
    complete = whole or {}
    with StockpotApi() as api:
        for day in sorted({*alerts, *complete}):
            found = alerts.get(day, [])
            if len(found) <= MOST_PER_CALL:
                api.raise_alerts(kind, day.isoformat(), found, complete.get(day, ()))
                continue
            for start in range(0, len(found), MOST_PER_CALL):  # a part of a list is no whole list
                api.raise_alerts(kind, day.isoformat(), found[start : start + MOST_PER_CALL])
    every = [alert for found in alerts.values() for alert in found]
    return dg.MaterializeResult(metadata={"alerts": len(every), "items": dg.MetadataValue.json(every[:100])})


defs = dg.Definitions(assets=[low_stock_alerts, predicted_stockout_alerts])
