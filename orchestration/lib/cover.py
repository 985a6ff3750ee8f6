"""How long stock lasts, and how likely it is to run out before the next delivery can come.

Days of cover is the first day on which cumulative forecast demand reaches what is on hand, interpolated; it is not
on hand ÷ mean. The probability of a stockout is a bootstrap from the forecast's quantiles: each day's demand is drawn
from the piecewise linear distribution through its p10, p50, p80 and p90, days are independent, and the share of draws
whose sum exceeds what is there counts. A normal approximation would misjudge items that sell on few days, whose p10
and p50 are both 0.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

DRAWS = 2000
SEED = 20_260_101  # the same input gives the same answer, so a re-run raises no second alert
ITEM = ("location_id", "product_id")
LEVELS = np.array([0.0, 0.1, 0.5, 0.8, 0.9, 1.0])
DAYS_WITHOUT_SUPPLIER = 7
SUPPLY_SCHEMA = {
    "location_id": pl.String,
    "product_id": pl.String,
    "on_hand": pl.Float64,
    "next_delivery_on": pl.Date,
}
COMING_SCHEMA = {"location_id": pl.String, "product_id": pl.String, "expected_on": pl.Date, "quantity": pl.Float64}
COVER_SCHEMA = {
    "location_id": pl.String,
    "product_id": pl.String,
    "on_hand": pl.Float64,
    "days_of_cover": pl.Float64,
    "next_delivery_on": pl.Date,
    "expected_demand": pl.Float64,
    "stockout_probability": pl.Float64,
}


def next_delivery_day(
    today: date, lead_time_days: int, delivery_weekdays: Collection[int], *, is_after_cutoff: bool = False
) -> date:
    """The first day on which an order placed today can arrive: ISO weekdays, Monday is 1.

    An order after the supplier's cut-off counts as placed tomorrow; a supplier without weekdays delivers every day.
    """
    first = today + timedelta(days=lead_time_days + is_after_cutoff)
    week = (first + timedelta(days=ahead) for ahead in range(7))
    return next((day for day in week if day.isoweekday() in delivery_weekdays), first)


def days_of_cover(on_hand: pl.DataFrame, forecasts: pl.DataFrame) -> pl.DataFrame:
    """Per item the days until cumulative mean demand reaches `on_hand` (0 where it is not positive).

    `on_hand`: location_id, product_id, on_hand. `forecasts`: FORECAST_SCHEMA. An item that outlasts its forecast, or
    has none, gets null: longer than known.
    """
    demand = forecasts.sort(*ITEM, "target_day").with_columns(
        before=(pl.col("mean").cum_sum() - pl.col("mean")).over(ITEM),
        until=pl.col("mean").cum_sum().over(ITEM),
        day=pl.int_range(0, pl.len()).over(ITEM),
    )
    crossings = (
        demand.join(on_hand.select(*ITEM, "on_hand"), on=ITEM)
        .filter((pl.col("until") >= pl.col("on_hand")) & (pl.col("mean") > 0))
        .group_by(ITEM)
        .agg(pl.all().sort_by("day").first())
        .select(*ITEM, days_of_cover=pl.col("day") + (pl.col("on_hand") - pl.col("before")) / pl.col("mean"))
    )
    return on_hand.join(crossings, on=ITEM, how="left").with_columns(
        days_of_cover=pl.when(pl.col("on_hand") <= 0).then(0.0).otherwise(pl.col("days_of_cover"))
    )


def stockout_probabilities(stock: pl.DataFrame, forecasts: pl.DataFrame) -> pl.DataFrame:
    """Per item the probability that demand until its next possible delivery exceeds what is on hand and arriving.

    `stock`: location_id, product_id, on_hand, arriving (ordered and due before that delivery; stock units) and
    next_delivery_on (demand of that day itself is the delivery's business). Items without a forecast are left out.
    Gives location_id, product_id, expected_demand, stockout_probability.
    """
    days = forecasts.join(stock.select(*ITEM, "next_delivery_on"), on=ITEM).filter(
        pl.col("target_day") < pl.col("next_delivery_on")
    )
    known = stock.join(forecasts.select(ITEM).unique(), on=ITEM, how="semi").sort(ITEM)
    numbered = known.select(*ITEM, item=pl.int_range(0, pl.len()))
    days = days.join(numbered, on=ITEM).sort("item", "target_day")
    sums = _drawn_sums(days, known.height)
    there = (known["on_hand"].cast(pl.Float64) + known["arriving"].cast(pl.Float64)).to_numpy()
    expected = known.select(ITEM).join(
        days.group_by(ITEM).agg(expected_demand=pl.col("mean").sum()), on=ITEM, how="left", maintain_order="left"
    )
    return expected.with_columns(
        pl.col("expected_demand").fill_null(0.0),
        # Nothing on hand is out of stock already, whatever is still asked for.
        stockout_probability=pl.Series(np.where(there <= 0, 1.0, (sums > there[:, None]).mean(axis=1))),
    )


def _drawn_sums(days: pl.DataFrame, items: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """DRAWS sums of daily demand for each item: shape (items, DRAWS)."""
    generator = np.random.default_rng(SEED)
    sums = np.zeros((items, DRAWS))
    numbers = days["item"].to_numpy()
    quantiles = _quantile_curves(days)
    for row, number in enumerate(numbers):
        sums[number] += np.interp(generator.random(DRAWS), LEVELS, quantiles[row])
    return sums


def _quantile_curves(days: pl.DataFrame) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Demand at LEVELS for each day; the tails run on as far as the last known steps do, and never below zero."""
    p10, p50, p80, p90 = (days[name].cast(pl.Float64).to_numpy() for name in ("p10", "p50", "p80", "p90"))
    lowest = np.maximum(0.0, p10 - (p50 - p10) / 2)
    highest = p90 + np.maximum(p90 - p80, (p90 - p50) / 2)
    return np.column_stack([lowest, p10, p50, p80, p90, highest])


def stock_cover(stock: pl.DataFrame, forecasts: pl.DataFrame) -> pl.DataFrame:
    """Days of cover and probability of a stockout side by side; see COVER_SCHEMA, one row per item with a forecast."""
    cover = days_of_cover(stock.select(*ITEM, pl.col("on_hand").cast(pl.Float64)), forecasts)
    risk = stockout_probabilities(stock, forecasts)
    return (
        risk.join(cover, on=ITEM)
        .join(stock.select(*ITEM, "next_delivery_on"), on=ITEM)
        .select(pl.col(name).cast(kind) for name, kind in COVER_SCHEMA.items())
        .sort(ITEM)
    )


# ------------------------------------------------------------------ the warehouse


def cover_from_warehouse(warehouse_url: str, forecasts: pl.DataFrame) -> pl.DataFrame:
    """`stock_cover` of everything that the warehouse knows, for forecasts as `forecast_from_warehouse` gives them.

    Orders placed on the day after each forecast's origin are the earliest that can still help. A product that no
    supplier sells is looked at a week ahead.
    """
    import psycopg

    with psycopg.connect(warehouse_url) as connection:
        supply = connection.execute(
            "select cast(location_id as text), cast(product_id as text), cast(on_hand as double precision), "
            "lead_time_days, delivery_weekdays from intermediate.int_stock_supply"
        ).fetchall()
        coming = connection.execute(
            "select cast(location_id as text), cast(product_id as text), expected_on, "
            "cast(quantity as double precision) from intermediate.int_open_order_lines"
        ).fetchall()
    return stock_cover(_stock(supply, coming, forecasts), forecasts)


def _stock(
    supply: Sequence[tuple[Any, ...]], coming: Sequence[tuple[Any, ...]], forecasts: pl.DataFrame
) -> pl.DataFrame:
    """What `stockout_probabilities` reads, from rows of the supply and of the open order lines."""
    origins = dict(forecasts.select("location_id", "origin_day").unique().iter_rows())
    rows = [
        (location, product, on_hand, _next_delivery(origins[location], lead_time, weekdays))
        for location, product, on_hand, lead_time, weekdays in supply
        if location in origins
    ]
    stock = pl.DataFrame(rows, schema=SUPPLY_SCHEMA, orient="row")
    arriving = (
        pl.DataFrame(coming, schema=COMING_SCHEMA, orient="row")
        .join(stock, on=ITEM)
        .filter(pl.col("expected_on") < pl.col("next_delivery_on"))
        .group_by(ITEM)
        .agg(arriving=pl.col("quantity").sum())
    )
    return stock.join(arriving, on=ITEM, how="left").with_columns(pl.col("arriving").fill_null(0.0))


def _next_delivery(origin: date, lead_time_days: int | None, weekdays: str | None) -> date:
    today = origin + timedelta(days=1)
    if lead_time_days is None:
        return today + timedelta(days=DAYS_WITHOUT_SUPPLIER)
    return next_delivery_day(today, lead_time_days, {int(digit) for digit in weekdays or ""})
