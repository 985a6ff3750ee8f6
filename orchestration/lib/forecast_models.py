"""Point forecasts of daily demand: each model is one expression over statistics that are computed once per origin.

All of them look back over *open* days: a closed day is absent from the history, not zero. Quantities are floats here
and only here: these are estimates, not bookings.
"""

from __future__ import annotations

import polars as pl

SERIES = ("location_id", "product_id")
LOOK_BACK_DAYS = 26 * 7 + 28  # 26 same weekdays, with room for some closed weeks
INTERMITTENT_INTERVAL = 1.32  # average interval between demands (Syntetos and Boylan)
BOOTSTRAP_DAYS = 180

MODELS: dict[str, pl.Expr] = {
    "weekday_median": pl.col("median_8"),
    "seasonal_naive": pl.col("last"),
    "level_profile": (pl.col("level_28") + pl.col("level_56")) / 2 * pl.col("profile"),
    "blend": (
        pl.col("median_8")
        + pl.col("median_16")
        + pl.col("median_26")
        + (pl.col("level_28") + pl.col("level_56")) * pl.col("profile")
    )
    / 5,
    "intermittent_bootstrap": pl.col("bootstrap_mean"),
}


def recent(history: pl.DataFrame, look_back_days: int = LOOK_BACK_DAYS) -> pl.DataFrame:
    """Each series' last days, numbered backwards: `age` among open days, `weekday_age` among equal weekdays."""
    last_day = pl.col("business_day").max().over(SERIES)
    return (
        history.filter(pl.col("business_day") > last_day - pl.duration(days=look_back_days))
        .sort(*SERIES, "business_day", descending=[False, False, True])
        .with_columns(weekday=pl.col("business_day").dt.weekday())
        .with_columns(
            age=pl.int_range(1, pl.len() + 1).over(SERIES),
            weekday_age=pl.int_range(1, pl.len() + 1).over(*SERIES, "weekday"),
        )
    )


def weekday_statistics(history: pl.DataFrame) -> pl.DataFrame:
    """One row per series and ISO weekday with everything that MODELS read.

    A weekday without history gets the median of the series' last 28 open days.
    """
    days = recent(history)
    overall = days.group_by(SERIES).agg(
        overall=_median(28, "age"), bootstrap_mean=pl.col("quantity").filter(pl.col("age") <= BOOTSTRAP_DAYS).mean()
    )
    by_weekday = days.group_by(*SERIES, "weekday").agg(
        median_8=_median(8, "weekday_age"),
        median_16=_median(16, "weekday_age"),
        median_26=_median(26, "weekday_age"),
        last=pl.col("quantity").filter(pl.col("weekday_age") == 1).first(),
    )
    weekdays = pl.DataFrame({"weekday": pl.Series(range(1, 8), dtype=pl.Int8)})
    filled = (
        overall.join(weekdays, how="cross")
        .join(by_weekday, on=[*SERIES, "weekday"], how="left")
        .with_columns(pl.col("median_8", "median_16", "median_26", "last").fill_null(pl.col("overall")))
    )
    return _with_levels(filled, days).sort(*SERIES, "weekday")


def _with_levels(weekdays: pl.DataFrame, days: pl.DataFrame) -> pl.DataFrame:
    """Add each weekday's share of an average day, and the recent level of the days freed from that share."""
    mean = pl.col("median_26").mean().over(SERIES)
    profiled = weekdays.with_columns(
        profile=pl.when(mean > 0).then((pl.col("median_26") / mean).clip(lower_bound=0.05)).otherwise(1.0)
    )
    levels = (
        days.filter(pl.col("age") <= 56)
        .join(profiled.select(*SERIES, "weekday", "profile"), on=[*SERIES, "weekday"])
        .with_columns(quantity=pl.col("quantity") / pl.col("profile"))
        .group_by(SERIES)
        .agg(level_28=_median(28, "age"), level_56=_median(56, "age"))
    )
    return profiled.join(levels, on=SERIES)


def _median(last: int, age: str) -> pl.Expr:
    return pl.col("quantity").filter(pl.col(age) <= last).median()


def is_intermittent(history: pl.DataFrame) -> pl.DataFrame:
    """Per series whether the average interval between days with demand is at least INTERMITTENT_INTERVAL."""
    days = recent(history)
    demands = (pl.col("quantity") > 0).sum()
    return days.group_by(SERIES).agg(
        is_intermittent=(demands == 0) | (pl.len() / demands >= INTERMITTENT_INTERVAL),
    )
