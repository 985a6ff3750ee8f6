"""`raw_forecasting.demand_forecasts`: every forecast ever made, one per location, product, origin and target day."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from ingestion.warehouse import connect

if TYPE_CHECKING:
    import polars as pl

CREATE = """
create schema if not exists raw_forecasting;
create table if not exists raw_forecasting.demand_forecasts (
    location_id uuid not null,
    product_id uuid not null,
    origin_day date not null,
    target_day date not null,
    horizon integer not null,
    model text not null,
    mean numeric(18, 6) not null,
    p10 numeric(18, 6) not null,
    p50 numeric(18, 6) not null,
    p80 numeric(18, 6) not null,
    p90 numeric(18, 6) not null,
    mase numeric(12, 6),
    forecast_run_id text not null,
    created_at timestamptz not null default now(),
    primary key (location_id, product_id, origin_day, target_day)
)
"""

COLUMNS = (
    "location_id", "product_id", "origin_day", "target_day", "horizon", "model", "mean", "p10", "p50", "p80", "p90",
    "mase",
)  # fmt: skip
NUMBERS = frozenset({"mean", "p10", "p50", "p80", "p90", "mase"})
STEP = Decimal("0.000001")


def keep_forecasts(warehouse_url: str, forecasts: pl.DataFrame, run_id: str) -> int:
    """Replace what was forecast from the same origin days by `forecasts`; give the number of rows kept."""
    with connect(warehouse_url) as session:
        session.execute(CREATE)
        for location, origin in forecasts.select("location_id", "origin_day").unique().iter_rows():
            session.execute(
                "delete from raw_forecasting.demand_forecasts where location_id = %s and origin_day = %s",
                [location, origin],
            )
        names = ", ".join((*COLUMNS, "forecast_run_id"))
        with session.cursor().copy(f"copy raw_forecasting.demand_forecasts ({names}) from stdin") as copy:
            for row in forecasts.select(COLUMNS).iter_rows(named=True):
                copy.write_row([*(_number(row[name]) if name in NUMBERS else row[name] for name in COLUMNS), run_id])
    return forecasts.height


def _number(value: float | None) -> Decimal | None:
    """An estimate leaves its float here: the warehouse knows decimals only."""
    return None if value is None else Decimal(repr(value)).quantize(STEP)


def latest_forecasts(warehouse_url: str) -> pl.DataFrame:
    """The forecasts of each location's newest origin day, as `orchestration.lib.forecasting` gives them."""
    import polars as pl

    from orchestration.lib.forecasting import FORECAST_SCHEMA

    query = (
        "select location_id::text, product_id::text, origin_day, target_day, horizon, model, mean::float8, p10::float8,"
        " p50::float8, p80::float8, p90::float8, mase::float8 from raw_forecasting.demand_forecasts as one"
        " where origin_day = (select max(origin_day) from raw_forecasting.demand_forecasts as other"
        " where other.location_id = one.location_id)"
    )
    with connect(warehouse_url) as session:
        return pl.DataFrame(session.execute(query).fetchall(), schema=FORECAST_SCHEMA, orient="row")
