"""Demand of each product at each location for the days ahead, with an interval, by the model that its own past prefers.

The usage history has one row per series and *open* day that is over: `location_id, product_id, business_day, quantity`.
Each model is tried from rolling origins inside that history; the winner's errors there give the interval and its MASE,
never the window that a model was fitted on.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from io import BytesIO

import polars as pl

from orchestration.lib.forecast_models import (
    BOOTSTRAP_DAYS,
    MODELS,
    SERIES,
    is_intermittent,
    recent,
    weekday_statistics,
)

HORIZON_DAYS = 14
ORIGINS = 6
ORIGIN_STEP_DAYS = 14
FEWEST_DAYS = 14  # of history, for an origin to count
DEFAULT_MODEL = "blend"
MARGIN = 0.8  # another model must be a fifth better than the default: a narrow win in a short backtest is luck
QUANTILES = {"p10": 0.1, "p50": 0.5, "p80": 0.8, "p90": 0.9}
INTERMITTENT_MODEL = "intermittent_bootstrap"

USAGE_SCHEMA = {
    "location_id": pl.String,
    "product_id": pl.String,
    "business_day": pl.Date,
    "quantity": pl.Float64,
}
FORECAST_SCHEMA = {
    "location_id": pl.String,
    "product_id": pl.String,
    "origin_day": pl.Date,
    "target_day": pl.Date,
    "horizon": pl.Int32,
    "model": pl.String,
    "mean": pl.Float64,
    "p10": pl.Float64,
    "p50": pl.Float64,
    "p80": pl.Float64,
    "p90": pl.Float64,
    "mase": pl.Float64,
}


def forecast_demand(usage: pl.DataFrame, origin_day: date, horizon: int = HORIZON_DAYS) -> pl.DataFrame:
    """Forecast every series for the `horizon` days after `origin_day`, the last day known; see FORECAST_SCHEMA.

    Quantities are in stock units per day. `mase` is null where a series is too short for a backtest.
    """
    history = usage.select(pl.col(name).cast(kind) for name, kind in USAGE_SCHEMA.items())
    history = history.filter(pl.col("business_day") <= origin_day)
    if history.is_empty():
        return pl.DataFrame(schema=FORECAST_SCHEMA)
    errors = backtest(history, origin_day, horizon)
    winners = choose_models(errors, history)
    points = _points(history, origin_day, horizon).join(winners, on=[*SERIES, "model"])
    spread = interval_offsets(errors.join(winners, on=[*SERIES, "model"], how="semi"), history)
    return (
        points.join(spread, on=SERIES, how="left")
        .join(_open_weekdays(history), on=["location_id", "weekday"], how="left")
        .pipe(_with_interval)
        .with_columns(origin_day=pl.lit(origin_day))
        .select(pl.col(name).cast(kind) for name, kind in FORECAST_SCHEMA.items())
        .sort(*SERIES, "target_day")
    )


# ------------------------------------------------------------------ backtest


def backtest(history: pl.DataFrame, origin_day: date, horizon: int) -> pl.DataFrame:
    """Errors of every model from rolling origins: series, model, target_day, forecast, quantity, error, scale.

    `scale` is the mean absolute change between consecutive open days before the origin: MASE's denominator.
    """
    origins = [origin_day - timedelta(days=horizon + step * ORIGIN_STEP_DAYS) for step in range(ORIGINS)]
    return pl.concat(_errors_from(history, origin, horizon) for origin in origins)


def _errors_from(history: pl.DataFrame, origin: date, horizon: int) -> pl.DataFrame:
    known = history.filter(pl.col("business_day") <= origin)
    long_enough = known.group_by(SERIES).agg(
        days=pl.len(), scale=pl.col("quantity").sort_by("business_day").diff().abs().mean()
    )
    scales = long_enough.filter(pl.col("days") >= FEWEST_DAYS).select(*SERIES, "scale")
    known = known.join(scales, on=SERIES, how="semi")
    actual = history.filter(pl.col("business_day").is_between(origin, origin + timedelta(days=horizon), closed="right"))
    return (
        _points(known, origin, horizon)
        .join(actual, left_on=[*SERIES, "target_day"], right_on=[*SERIES, "business_day"])
        .join(scales, on=SERIES)
        .with_columns(error=pl.col("quantity") - pl.col("forecast"))
        .select(*SERIES, "model", "target_day", "forecast", "quantity", "error", "scale")
    )


def choose_models(errors: pl.DataFrame, history: pl.DataFrame) -> pl.DataFrame:
    """The model of each series with its MASE over the backtest (null where there was none)."""
    scored = errors.group_by(*SERIES, "model").agg(
        mase=pl.when(pl.col("scale").mean() > 0).then(pl.col("error").abs().mean() / pl.col("scale").mean())
    )
    handicap = pl.when(pl.col("model") == DEFAULT_MODEL).then(MARGIN).otherwise(1.0)
    continuous = (
        scored.filter(pl.col("model") != INTERMITTENT_MODEL)
        .sort(*SERIES, pl.col("mase") * handicap, pl.col("model") != DEFAULT_MODEL, nulls_last=True)
        .group_by(SERIES, maintain_order=True)
        .agg(best=pl.col("model").first())
    )
    chosen = (
        is_intermittent(history)
        .join(continuous, on=SERIES, how="left")
        .select(
            *SERIES,
            model=pl.when("is_intermittent")
            .then(pl.lit(INTERMITTENT_MODEL))
            .otherwise(pl.col("best").fill_null(DEFAULT_MODEL)),
        )
    )
    return chosen.join(scored, on=[*SERIES, "model"], how="left")


# ------------------------------------------------------------------ points and intervals


def _points(history: pl.DataFrame, origin: date, horizon: int) -> pl.DataFrame:
    """Every model's forecast of every target day, in long form."""
    targets = pl.DataFrame({"horizon": range(1, horizon + 1)}).with_columns(
        target_day=pl.lit(origin) + pl.duration(days=pl.col("horizon"))
    )
    targets = targets.with_columns(weekday=pl.col("target_day").dt.weekday())
    forecasts = weekday_statistics(history).select(
        *SERIES, "weekday", *(expression.clip(lower_bound=0).alias(name) for name, expression in MODELS.items())
    )
    return forecasts.join(targets, on="weekday").unpivot(
        index=[*SERIES, "weekday", "target_day", "horizon"], variable_name="model", value_name="forecast"
    )


def interval_offsets(errors: pl.DataFrame, history: pl.DataFrame) -> pl.DataFrame:
    """What to add to a series' forecast for its mean and quantiles; `typical` is the forecast they were seen at.

    Taken from the winner's backtest errors; where there were none, from how the history lies around its own median.
    An intermittent series gets the quantiles of one day drawn from its last 180 open days, empty ones included: the
    limit of a bootstrap of one day, so `absolute_*` replaces forecast plus offset.
    """
    from_history = (
        recent(history)
        .filter(pl.col("age") <= BOOTSTRAP_DAYS)
        .group_by(SERIES)
        .agg(
            *_quantiles(pl.col("quantity"), "absolute_"),
            *_quantiles(pl.col("quantity") - pl.col("quantity").median(), "history_"),
            history_mean=pl.col("quantity").mean() - pl.col("quantity").median(),
            history_typical=pl.col("quantity").mean(),
        )
    )
    from_errors = errors.group_by(SERIES).agg(
        *_quantiles(pl.col("error"), "error_"),
        error_mean=pl.col("error").mean(),
        error_typical=pl.col("forecast").mean(),
    )
    joined = from_history.join(from_errors, on=SERIES, how="left")
    names = [*QUANTILES, "mean", "typical"]
    return joined.select(
        *SERIES,
        *(pl.coalesce(f"error_{name}", f"history_{name}").alias(f"offset_{name}") for name in names),
        *(f"absolute_{name}" for name in QUANTILES),
    )


def _quantiles(values: pl.Expr, prefix: str) -> Sequence[pl.Expr]:
    return [
        values.quantile(level, interpolation="linear").alias(f"{prefix}{name}") for name, level in QUANTILES.items()
    ]


def _with_interval(points: pl.DataFrame) -> pl.DataFrame:
    """Turn a point forecast into mean and ordered quantiles: none below zero, and zero on a weekday that is closed."""
    # A busy Saturday varies more than a quiet Monday, by about the square root of its size.
    width = (
        pl.when(pl.col("offset_typical") > 0)
        .then((pl.col("forecast") / pl.col("offset_typical")).sqrt().clip(0.5, 2.0))
        .otherwise(1.0)
    )
    is_bootstrap = pl.col("model") == INTERMITTENT_MODEL
    raw = {
        name: pl.when(is_bootstrap)
        .then(pl.col(f"absolute_{name}"))
        .otherwise(pl.col("forecast") + width * pl.col(f"offset_{name}"))
        for name in QUANTILES
    }
    raw["p50"] = pl.when(is_bootstrap).then(pl.col("absolute_p50")).otherwise(pl.col("forecast"))
    mean = pl.when(is_bootstrap).then(pl.col("forecast")).otherwise(pl.col("forecast") + pl.col("offset_mean"))
    is_open = pl.col("is_open").fill_null(value=False)
    bounded = points.with_columns(mean=mean, **raw).with_columns(
        pl.when(is_open).then(pl.col("mean", *QUANTILES).clip(lower_bound=0)).otherwise(0.0)
    )
    return bounded.with_columns(
        p10=pl.min_horizontal("p10", "p50"),
        p80=pl.max_horizontal("p50", "p80"),
        p90=pl.max_horizontal("p50", "p80", "p90"),
    )


def _open_weekdays(history: pl.DataFrame) -> pl.DataFrame:
    """The weekdays on which a location opened in its last eight weeks of business; all of them while it is new."""
    days = history.select("location_id", "business_day").unique()
    last = pl.col("business_day").max().over("location_id")
    is_new = (last - pl.col("business_day").min().over("location_id")).dt.total_days() < 28
    seen = (
        days.with_columns(is_new=is_new, weekday=pl.col("business_day").dt.weekday())
        .filter(pl.col("business_day") > last - pl.duration(weeks=8))
        .select("location_id", "weekday", "is_new")
        .unique()
    )
    weekdays = pl.DataFrame({"weekday": pl.Series(range(1, 8), dtype=pl.Int8)})
    new = seen.filter("is_new").select("location_id").unique().join(weekdays, how="cross")
    return pl.concat([seen.select("location_id", "weekday"), new]).unique().with_columns(is_open=pl.lit(value=True))


# ------------------------------------------------------------------ the warehouse


def read_usage(warehouse_url: str) -> tuple[pl.DataFrame, dict[str, date]]:
    """The usage history that dbt prepared, and each location's last day that is over."""
    import psycopg

    with psycopg.connect(warehouse_url) as connection:
        usage = _copied(
            connection,
            "select location_id, product_id, business_day, quantity from intermediate.int_usage_daily",
            USAGE_SCHEMA,
        )
        rows = connection.execute(
            "select cast(location_id as text), origin_day from intermediate.int_forecast_origins"
        ).fetchall()
    return usage, dict(rows)


def _copied(connection: object, query: str, schema: dict[str, type[pl.DataType]]) -> pl.DataFrame:
    """A query's rows by COPY: ten times faster than rows as Python objects."""
    import psycopg

    assert isinstance(connection, psycopg.Connection)
    with connection.cursor().copy(f"copy ({query}) to stdout (format csv, header)") as stream:
        content = b"".join(stream)
    return pl.read_csv(BytesIO(content), schema_overrides=schema)


def forecast_from_warehouse(warehouse_url: str, horizon: int = HORIZON_DAYS) -> pl.DataFrame:
    """Forecast every location and product of the warehouse from its own last complete day; see FORECAST_SCHEMA.

    Raises psycopg.errors.UndefinedTable before the first pipeline run has built the usage history.
    """
    usage, origins = read_usage(warehouse_url)
    parts = [pl.DataFrame(schema=FORECAST_SCHEMA)]
    for origin_day in sorted(set(origins.values())):
        places = [location for location, day in origins.items() if day == origin_day]
        parts.append(forecast_demand(usage.filter(pl.col("location_id").is_in(places)), origin_day, horizon))
    return pl.concat(parts)
