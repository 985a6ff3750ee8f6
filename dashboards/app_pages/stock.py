"""What do we have, what runs out? Days of cover, one product's past and foreseen balance, and the whole list."""

from __future__ import annotations

import polars as pl
import streamlit as st

from dashboards import charts, parts, queries
from dashboards.metrics import by_currency, cover_text, money_text, plot_unit, quantity_text
from dashboards.stock_view import foreseen_balance, with_cover

view = parts.page_head("What do we have, what runs out?")
places, period = parts.filters(view)
forecasts = parts.ask(queries.forecasts, places)
stock = with_cover(parts.ask(queries.stock_now, places), forecasts)


def _figures() -> list[parts.Figure]:
    known = stock.filter(pl.col("days_of_cover").is_not_null())
    below, urgent = stock.filter("is_below_reorder").height, known.filter("is_urgent").height
    first = known.row(0, named=True) if known.height else None
    return [
        parts.Figure(
            "Next to run out in",
            cover_text(first["days_of_cover"]) if first else "nothing foreseen",
            "The item whose foreseen demand reaches what is on hand soonest.",
            first["name"] if first else None,
            is_change=False,
        ),
        parts.Figure("Run out within 2 days", f"{urgent} of {stock.height}", "Those that are out already are counted."),
        parts.Figure(
            "Below reorder point",
            f"{below} of {stock.height}",
            "Items below the reorder point that somebody set for them; what is on order is not counted.",
        ),
        parts.Figure(
            "Stock at cost",
            money_text(by_currency(stock.select("currency", "value").iter_rows())),
            "Σ of the ledger's values over every item, now.",
        ),
    ]


def _cover() -> None:
    foreseen = stock.filter(pl.col("days_of_cover").is_not_null())
    if foreseen.is_empty():
        parts.empty(
            "Nothing runs out as far as is foreseen.", "Days of cover appear where a forecast meets what is on hand."
        )
        return
    chart = charts.labelled_bars(
        foreseen, label="name", value="days_of_cover", text="left", title="Days of cover", is_trouble="is_urgent"
    )
    parts.show_plot(chart, "Days of cover per item, the most urgent first.")


def _one_item() -> None:
    names = dict(zip(stock["name"], stock.iter_rows(named=True), strict=True))
    chosen = names.get(st.selectbox("Follow one item", list(names), key="item", bind="query-params") or "")
    if chosen is None:
        return
    past = parts.ask(queries.on_hand_daily, chosen["location_id"], chosen["product_id"], period.first)
    mine = (pl.col("location_id") == chosen["location_id"]) & (pl.col("product_id") == chosen["product_id"])
    ahead = foreseen_balance(float(chosen["on_hand"]), forecasts.filter(mine))
    description = f"{chosen['name']}: on hand at the end of each day, and what would be left without deliveries."
    divisor, unit = plot_unit(chosen["unit"], max((float(value) for value in past["on_hand"]), default=0.0))
    scaled_past = past.with_columns(pl.col("on_hand").cast(pl.Float64) / divisor)
    scaled_ahead = ahead.with_columns(pl.col("low", "left", "high") / divisor)
    parts.show_plot(charts.on_hand_ahead(scaled_past, scaled_ahead, unit), description)


if stock.is_empty():
    parts.empty(
        "Nothing is in stock here yet.", "Scan a delivery or book an opening count; the next pipeline run shows it."
    )
else:
    parts.show_figures(_figures())
    _cover()
    _one_item()
    table = stock.drop("is_urgent", "left", "name", "location_id", "product_id")
    shown = stock.select(
        Product="product",
        Location="location",
        Category="category",
        OnHand=pl.Series([quantity_text(row[0], row[1]) for row in stock.select("on_hand", "unit").iter_rows()]),
        Reorder=pl.Series(
            [
                quantity_text(row[0], row[1]) if row[0] is not None else ""
                for row in stock.select("reorder_point", "unit").iter_rows()
            ],
            dtype=pl.String,
        ),
        Cover=pl.Series([cover_text(days) for days in stock["days_of_cover"]]),
        Value=pl.Series([money_text({row[0]: row[1]}) for row in stock.select("currency", "value").iter_rows()]),
    ).rename({"OnHand": "On hand", "Cover": "Lasts", "Reorder": "Reorder at"})
    parts.show_table("Everything in stock", table, "stock", shown)
