"""Stock and forecast side by side: how long each product lasts at each location."""

from __future__ import annotations

import polars as pl

from dashboards.metrics import cover_text, days_of_cover, is_urgent, quantity_text


def with_cover(stock: pl.DataFrame, forecasts: pl.DataFrame) -> pl.DataFrame:
    """`queries.stock_now` with `days_of_cover`, `is_urgent`, `left` (text) and `name`, what runs out first on top.

    `name` carries the location where there are several. An item without forecast has no days of cover.
    """
    demand = {
        (row["location_id"], row["product_id"]): [float(mean) for mean in row["mean"]]
        for row in forecasts.group_by("location_id", "product_id", maintain_order=True)
        .agg("mean")
        .iter_rows(named=True)
    }
    rows = list(stock.iter_rows(named=True))
    cover = [
        days_of_cover(float(row["on_hand"]), demand.get((row["location_id"], row["product_id"]), [])) for row in rows
    ]
    many = stock["location_id"].n_unique() > 1
    return stock.with_columns(
        pl.Series("days_of_cover", cover, dtype=pl.Float64),
        pl.Series("is_urgent", [is_urgent(days) for days in cover], dtype=pl.Boolean),
        pl.Series(
            "name", [f"{r['product']}, {r['location']}" if many else r["product"] for r in rows], dtype=pl.String
        ),
        pl.Series(
            "left",
            [
                f"{quantity_text(row['on_hand'], row['unit'])}, {cover_text(days)}"
                for row, days in zip(rows, cover, strict=True)
            ],
            dtype=pl.String,
        ),
    ).sort("days_of_cover", "name", nulls_last=True)


def foreseen_balance(on_hand: float, forecast: pl.DataFrame) -> pl.DataFrame:
    """What would be left after each foreseen day without deliveries: target_day, low, left, high, none below 0."""
    return forecast.sort("target_day").select(
        "target_day",
        **{
            name: (on_hand - pl.col(demand).cast(pl.Float64).cum_sum()).clip(lower_bound=0)
            for name, demand in (("low", "p90"), ("left", "mean"), ("high", "p10"))
        },
    )
