"""What was sold and what did it use? Sales by day and item, and the ingredients behind them."""

from __future__ import annotations

from decimal import Decimal

import polars as pl

from dashboards import charts, parts, queries
from dashboards.in_all import in_all
from dashboards.metrics import by_currency, change_text, grouped, money_text, quantity_text, total

view = parts.page_head("What was sold and what did it use?")
places, period = parts.filters(view, view.load.last_sales_day)
sales = parts.ask(queries.sales_daily, places, period.first, period.last)
before = parts.ask(queries.sales_daily, places, period.before.first, period.before.last)
code = " (" + pl.col("item_code") + ")"
items = parts.ask(queries.sales_by_item, places, period.first, period.last).with_columns(
    label=pl.col("item_name") + pl.when(pl.col("item_name").is_duplicated()).then(code).otherwise(pl.lit(""))
)


def _figures() -> list[parts.Figure]:
    earlier = "The change is to the equally long period before."
    units, units_before = total(sales["units"]), total(before["units"])
    money, money_before = (by_currency(f.select("currency", "net_sales").iter_rows()) for f in (sales, before))
    is_one = len(money) == 1 and money.keys() == money_before.keys()
    together = in_all(money, "net_sales", places, period.first, period.last)
    unmapped = items.filter(~pl.col("is_on_menu")).height
    return [
        parts.Figure(
            "Net sales",
            money_text(money),
            f"Σ of the till's line totals. {earlier}",
            change_text(*money.values(), *money_before.values()) if is_one else together,
            is_good_when_up=True,
            is_change=together is None,
        ),
        parts.Figure(
            "Units sold",
            grouped(units, 0),
            f"Σ of the till's quantities. {earlier}",
            change_text(units, units_before),
            is_good_when_up=True,
        ),
        parts.Figure("Orders", grouped(Decimal(sales["orders"].sum()), 0), "Different order numbers."),
        parts.Figure(
            "Not on the menu",
            f"{unmapped} of {items.height}",
            "Till items whose code no menu item has: their ingredients are not taken from stock.",
        ),
    ]


def _best_sellers(currency: str) -> str | None:
    best = items.filter(pl.col("currency") == currency).with_columns(
        text=pl.Series(
            [
                f"{money_text({currency: row[0]})}, {grouped(row[1], 0)} sold"
                for row in items.filter(pl.col("currency") == currency).select("net_sales", "units").iter_rows()
            ],
            dtype=pl.String,
        ),
    )
    chart = charts.labelled_bars(
        best, label="label", value="net_sales", text="text", title=f"Net sales, {currency}", is_trouble=None
    )
    return parts.drill(
        chart,
        "The best-selling items by net sales.",
        key="dish",
        label="Item in the table",
        field="label",
        options=best["label"].to_list(),
    )


def _hours(currency: str) -> None:
    hours = parts.ask(queries.sales_by_hour, places, period.first, period.last)
    only = hours.filter(pl.col("currency") == currency)
    parts.show_plot(charts.week_by_hour(only, currency), "When it sells: mean net sales by weekday and hour.")


def _usage_shown(usage: pl.DataFrame) -> pl.DataFrame:
    texts = {
        title: [quantity_text(row[0], row[1]) for row in usage.select(column, "unit").iter_rows()]
        for title, column in (("By the recipes", "theoretical"), ("Taken from stock", "sold"), ("Wasted", "wasted"))
    }
    cost = [
        money_text({row[0]: row[1]}) if row[0] else "" for row in usage.select("currency", "sold_value").iter_rows()
    ]
    return usage.select(Product="product", Category="category").with_columns(
        *(pl.Series(title, values, dtype=pl.String) for title, values in texts.items()),
        pl.Series("Cost of what was taken", cost, dtype=pl.String),
    )


if sales.is_empty():
    parts.empty(
        "No sales in this period.",
        "Choose a longer period, or import the till's file with `stockpot import pos FILE --location CODE`.",
    )
else:
    parts.show_figures(_figures())
    picked = None
    currency = parts.main_currency(sales, "net_sales")
    if currency is not None:
        only = sales.filter(pl.col("currency") == currency)
        parts.show_plot(charts.daily_sales(only, currency), f"Net sales per day from {period.first} to {period.last}.")
        picked = _best_sellers(currency)
        _hours(currency)
    if picked is not None:
        items = items.filter(pl.col("label") == picked)
    parts.show_table(
        "Items sold",
        items.drop("label"),
        "items-sold",
        items.select(
            Item="item_name",
            Code="item_code",
            Category="category",
            Units=pl.col("units").cast(pl.Int64),
            Sales=pl.Series(
                [money_text({row[0]: row[1]}) for row in items.select("currency", "net_sales").iter_rows()]
            ),
        ),
    )
    # The plots above need not wait for it.
    usage = parts.ask(queries.usage_by_product, places, period.first, period.last)
    parts.show_table("What it used", usage, "usage", _usage_shown(usage))
