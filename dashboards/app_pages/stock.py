"""What do we have, and what runs out? Days of cover, one product's balance, value, late news, the list."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
import streamlit as st

from dashboards import charts, parts, queries
from dashboards.explained_rows import explain_one_of
from dashboards.in_all import stock_in_all
from dashboards.metrics import by_currency, change_text, cover_text, money_text, plot_unit, quantity_text
from dashboards.stock_view import foreseen_balance, with_cover, with_left

view = parts.page_head("What do we have, and what runs out?")
places, period = parts.filters(view)
forecasts = parts.ask(queries.forecasts, places)
stock = with_cover(parts.ask(queries.stock_now, places), forecasts)
categories = parts.ask(queries.stock_value_by_category, places, period.first, period.last)


def _figures() -> list[parts.Figure]:
    known = stock.filter(pl.col("days_of_cover").is_not_null())
    below, urgent = stock.filter("is_below_reorder").height, known.filter("is_urgent").height
    first = known.row(0, named=True) if known.height else None
    worth = by_currency(stock.select("currency", "value").iter_rows())
    earlier = by_currency(categories.select("currency", "before").iter_rows())
    is_one = len(worth) == 1 and worth.keys() == earlier.keys()
    together = stock_in_all(worth, places)
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
            money_text(worth),
            "Σ of the ledger's values over every item, now. The change is to the day before the period began.",
            change_text(*worth.values(), *earlier.values()) if is_one else together,
            is_change=together is None,
        ),
    ]


def _cover() -> str | None:
    foreseen = stock.filter(pl.col("days_of_cover").is_not_null())
    if foreseen.is_empty():
        parts.empty(
            "Nothing runs out as far as is foreseen.", "Days of cover appear where a forecast meets what is on hand."
        )
        return None
    bars = with_left(foreseen.head(charts.LONGEST_BARS))
    chart = charts.labelled_bars(
        bars, label="name", value="days_of_cover", text="left", title="Days of cover", is_trouble="is_urgent"
    )
    return parts.drill(
        chart,
        "Days of cover per item, the most urgent first.",
        key="item",
        label="Follow one item",
        nothing="No item",
        field="name",
        options=stock["name"].to_list(),
    )


def _one_item(name: str) -> None:
    chosen = stock.filter(pl.col("name") == name).row(0, named=True)
    past = parts.ask(queries.on_hand_daily, chosen["location_id"], chosen["product_id"], period.first)
    mine = (pl.col("location_id") == chosen["location_id"]) & (pl.col("product_id") == chosen["product_id"])
    ahead = foreseen_balance(float(chosen["on_hand"]), forecasts.filter(mine))
    description = f"{chosen['name']}: on hand at the end of each day, and what would be left without deliveries."
    divisor, unit = plot_unit(chosen["unit"], max((float(value) for value in past["on_hand"]), default=0.0))
    scaled_past = past.with_columns(pl.col("on_hand").cast(pl.Float64) / divisor)
    scaled_ahead = ahead.with_columns(pl.col("low", "left", "high") / divisor)
    parts.show_plot(charts.on_hand_ahead(scaled_past, scaled_ahead, unit), description)
    rows = parts.ask(queries.stock_rows, [chosen["location_id"]], chosen["product_id"])
    words = [
        f"{row['business_day']:%a %d %b}: {quantity_text(row['quantity'], row['unit'])} ({number})"
        for number, row in enumerate(rows.iter_rows(named=True), start=1)
    ]
    explain_one_of("fct_stock_on_hand_daily", rows, words, "on_hand", label="Explain what is on hand", key="explain")


def _change(now: Decimal, before: Decimal) -> str:
    return (change_text(now, before) or "").replace("-", "\N{MINUS SIGN}")


def _value() -> str | None:
    """The value day by day, and by category; gives the category that is picked."""
    days = parts.ask(queries.stock_value_daily, places, period.first, period.last)
    before = parts.ask(queries.stock_value_daily, places, period.before.first, period.before.last)
    currency = parts.main_currency(days, "value")
    if currency is None:
        return None
    only, earlier = (frame.filter(pl.col("currency") == currency) for frame in (days, before))
    parts.show_plot(charts.stock_value(only, earlier, currency), f"Stock at cost from {period.first} to {period.last}.")
    shown = categories.filter(pl.col("currency") == currency)
    texts = [
        ", ".join(filter(None, (money_text({currency: row[0]}), _change(row[0], row[1]))))
        for row in shown.select("value", "before").iter_rows()
    ]
    bars = shown.with_columns(pl.Series("text", texts, dtype=pl.String))
    chart = charts.labelled_bars(
        bars, label="category", value="value", text="text", title=f"Stock at cost, {currency}", is_trouble=None
    )
    return parts.drill(
        chart,
        "Stock at cost by category, with the change since the day before the period.",
        key="category",
        label="Category in the table",
        field="category",
        options=categories["category"].to_list(),
    )


def _listed(name: str | None, category: str | None) -> None:
    classes = parts.ask(queries.product_classes, places)
    listed = stock.join(
        classes.select("location_id", "product_id", "abc", "xyz"), on=["location_id", "product_id"], how="left"
    )
    if name is not None:
        listed = listed.filter(pl.col("name") == name)
    if category is not None:
        listed = listed.filter(pl.col("category") == category)
    table = listed.drop("is_urgent", "name", "location_id", "product_id")
    shown = listed.select(
        Product="product",
        Location="location",
        Category="category",
        OnHand=pl.Series(
            [quantity_text(row[0], row[1]) for row in listed.select("on_hand", "unit").iter_rows()], dtype=pl.String
        ),
        Reorder=pl.Series(
            [
                quantity_text(row[0], row[1]) if row[0] is not None else ""
                for row in listed.select("reorder_point", "unit").iter_rows()
            ],
            dtype=pl.String,
        ),
        Cover=pl.Series([cover_text(days) for days in listed["days_of_cover"]], dtype=pl.String),
        Value=pl.Series(
            [money_text({row[0]: row[1]}) for row in listed.select("currency", "value").iter_rows()], dtype=pl.String
        ),
        Class=pl.concat_str(pl.col("abc", "xyz"), ignore_nulls=True),
    ).rename({"OnHand": "On hand", "Cover": "Lasts", "Reorder": "Reorder at"})
    parts.show_table("In stock", table, "stock", shown)
    st.caption("Class: A, B, C by the value of a year's use; X, Y, Z by how steady its weeks are.")


def _late_news() -> None:
    late = parts.ask(queries.restatements, places, period.first, period.last)
    if late.is_empty():
        return
    quantities = [quantity_text(row[0], row[1]) for row in late.select("quantity", "unit").iter_rows()]
    values = [money_text({row[0]: row[1]}) for row in late.select("currency", "value").iter_rows()]
    shown = late.select(
        Known=pl.col("known_on").dt.strftime("%a %d %b"),
        Day=pl.col("day").dt.strftime("%a %d %b"),
        Product="product",
        Location="location",
        What=pl.col("kind").str.replace_all("_", " "),
    ).with_columns(pl.Series("Quantity", quantities, dtype=pl.String), pl.Series("Value", values, dtype=pl.String))
    parts.show_table("What became known after its day", late, "restatements", shown.rename({"Known": "Known on"}))


if stock.is_empty():
    parts.empty(
        "Nothing is in stock here yet.", "Scan a delivery or book an opening count; the next pipeline run shows it."
    )
else:
    parts.show_figures(_figures())
    picked = _cover()
    if picked is not None:
        _one_item(picked)
    _listed(picked, _value())
    _late_news()
