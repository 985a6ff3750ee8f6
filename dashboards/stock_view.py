"""Stock and forecast side by side: how long each product lasts at each location."""

from __future__ import annotations

import polars as pl

from dashboards.metrics import URGENT_DAYS, cover_text, quantity_text

ITEM = ["location_id", "product_id"]


def with_cover(stock: pl.DataFrame, forecasts: pl.DataFrame) -> pl.DataFrame:
    """`queries.stock_now` with `days_of_cover`, `is_urgent` and `name`, what runs out first on top.

    `forecasts` are in the order of their query: an item's days follow each other.
    `name` carries the location where there are several. Days of cover are those until foreseen demand, summed up,
    reaches what is on hand, the last one in part; an item that outlasts its forecast, or has none, has none.
    """
    many = stock["location_id"].n_unique() > 1
    name = pl.format("{}, {}", "product", "location") if many else pl.col("product")
    on_hand = pl.col("on_hand").cast(pl.Float64)
    listed = stock.join(_reached(stock, forecasts), on=ITEM, how="left").with_columns(
        days_of_cover=pl.when(on_hand <= 0).then(0.0).otherwise("days_of_cover"), name=name
    )
    return listed.with_columns(is_urgent=(pl.col("days_of_cover") < URGENT_DAYS).fill_null(value=False)).sort(
        "days_of_cover", "name", nulls_last=True
    )


def with_left(listed: pl.DataFrame) -> pl.DataFrame:
    """Rows of `with_cover` that are shown, with `left`: what is on hand and how long it lasts, in words."""
    rows = listed.select("on_hand", "unit", "days_of_cover").iter_rows()
    texts = [f"{quantity_text(on_hand, unit)}, {cover_text(days)}" for on_hand, unit, days in rows]
    return listed.with_columns(pl.Series("left", texts, dtype=pl.String))


def _reached(stock: pl.DataFrame, forecasts: pl.DataFrame) -> pl.DataFrame:
    """location_id, product_id and days_of_cover of the items whose demand reaches what is on hand.

    Sums over days rather than a loop over items: a chain has tens of thousands of them.
    """
    demand = pl.col("mean").cast(pl.Float64)
    ahead = forecasts.select(
        *ITEM,
        demand.alias("demand"),
        pl.int_range(pl.len()).over(ITEM).alias("day"),
        demand.cum_sum().over(ITEM).alias("until"),
    )
    on_hand = stock.select(*ITEM, pl.col("on_hand").cast(pl.Float64))
    return (
        ahead.join(on_hand, on=ITEM)
        .filter(pl.col("on_hand") > 0, pl.col("demand") > 0, pl.col("until") >= pl.col("on_hand"))
        .unique(ITEM, keep="first", maintain_order=True)
        .select(
            *ITEM,
            days_of_cover=pl.col("day") + (pl.col("on_hand") - (pl.col("until") - pl.col("demand"))) / pl.col("demand"),
        )
    )


def foreseen_balance(on_hand: float, forecast: pl.DataFrame) -> pl.DataFrame:
    """What would be left after each foreseen day without deliveries: target_day, low, left, high, none below 0."""
    return forecast.sort("target_day").select(
        "target_day",
        **{
            name: (on_hand - pl.col(demand).cast(pl.Float64).cum_sum()).clip(lower_bound=0)
            for name, demand in (("low", "p90"), ("left", "mean"), ("high", "p10"))
        },
    )
