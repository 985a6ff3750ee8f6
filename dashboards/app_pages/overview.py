"""How is the house today? Sales of the last day, the stock's value, and what runs out first."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import polars as pl

from dashboards import charts, parts, queries
from dashboards.in_all import in_all, stock_in_all
from dashboards.metrics import Period, by_currency, change_text, money_text, percent_text, rate
from dashboards.stock_view import with_cover, with_left

view = parts.page_head("How is the house today?")
last_sales = view.load.last_sales_day
last_stock = view.load.last_stock_day
places, period = parts.filters(view, last_sales)
sales = parts.ask(queries.sales_daily, places, parts.days_ago(period.first, 7), period.last)
stock = with_cover(parts.ask(queries.stock_now, places), parts.ask(queries.forecasts, places))
due = parts.ask(queries.supplier_performance, places, parts.days_ago(period.last, 90), period.last)


def _sold_on(day: date) -> dict[str, Decimal]:
    return by_currency(sales.filter(pl.col("business_day") == day).select("currency", "net_sales").iter_rows())


def _figures() -> list[parts.Figure]:
    figures = []
    if last_sales is not None:
        sold, week_before = _sold_on(last_sales), _sold_on(parts.days_ago(last_sales, 7))
        one = len(sold) == len(week_before) == 1 and sold.keys() == week_before.keys()
        delta = change_text(*sold.values(), *week_before.values()) if one else None
        together = in_all(sold, "net_sales", places, last_sales, last_sales)
        explanation = (
            "The till's net sales of the last business day on file; the change is to the same weekday a week before."
        )
        figures.append(
            parts.Figure(
                f"Sold on {last_sales:%a %d %b}",
                money_text(sold),
                explanation,
                together or delta,
                is_good_when_up=True,
                is_change=together is None,
            )
        )
    worth = by_currency(stock.select("currency", "value").iter_rows())
    explanation = "Σ of the ledger's values over every item, now."
    figures.append(
        parts.Figure("Stock at cost", money_text(worth), explanation, stock_in_all(worth, places), is_change=False)
    )
    urgent = stock.filter("is_urgent").height
    figures.append(
        parts.Figure(
            "Run out within 2 days",
            f"{urgent} of {stock.height}",
            "Items whose foreseen demand reaches what is on hand within two days, those that are out included.",
        )
    )
    lines, punctual = int(due["lines_due"].sum()), int(due["lines_otif"].sum())
    figures.append(
        parts.Figure(
            "On time and in full",
            percent_text(rate(punctual, lines), lines),
            "Order lines due in the last 90 days' months that were complete by the end of the promised day plus grace.",
        )
    )
    return figures


parts.show_figures(_figures())
shown = sales.filter(pl.col("business_day") >= period.first)
currency = parts.main_currency(shown, "net_sales")
if currency is not None:
    description = f"Net sales per day from {period.first} to {period.last}."
    parts.show_plot(charts.daily_sales(shown.filter(pl.col("currency") == currency), currency), description)
elif not stock.is_empty() and last_stock is not None:
    weeks = Period.ending(last_stock, period.days)
    values = parts.ask(queries.stock_value_daily, places, weeks.first, weeks.last)
    worth_in = parts.main_currency(values, "value")
    if worth_in is not None:
        parts.show_plot(
            charts.stock_value(values.filter(pl.col("currency") == worth_in), values.clear(), worth_in),
            "Stock at cost per day.",
        )
else:
    parts.empty(
        "No sales and no stock here yet.", "Import the till's file with `stockpot import pos`, or scan a delivery."
    )

if not stock.is_empty():
    first = with_left(stock.filter(pl.col("days_of_cover").is_not_null()).head(10))
    parts.show_table(
        "What runs out first",
        first,
        "runs-out-first",
        first.select(Product="product", Location="location", Left="left", Category="category"),
    )
