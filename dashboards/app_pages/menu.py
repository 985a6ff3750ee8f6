"""Which dishes earn their place? Popularity against contribution margin within each category, by month."""

from __future__ import annotations

from decimal import Decimal

import polars as pl

from dashboards import changes, charts, parts, queries
from dashboards.metrics import by_currency, grouped, money_text

view = parts.page_head("Which dishes earn their place?")
places, period = parts.filters(view, view.load.last_sales_day)
items = parts.ask(queries.menu_classes, places, period.last)
last_month = parts.days_ago(period.last.replace(day=1), 1)
month_before = parts.ask(queries.menu_classes, places, last_month)
CLASSES = {
    "star": "Stars",
    "plowhorse": "Plowhorses",
    "puzzle": "Puzzles",
    "dog": "Dogs",
}


def _figures() -> list[parts.Figure]:
    margins, earlier = (
        by_currency(
            (currency, units * margin)
            for currency, units, margin in each.select("currency", "units", "contribution_margin").iter_rows()
        )
        for each in (items, month_before)
    )
    counts = {name: items.filter(pl.col("class") == name).height for name in CLASSES}
    month = f"{period.last:%B %Y}"
    return [
        parts.Figure(
            "Contribution margin",
            money_text(margins),
            f"Net sales less the recipes' cost, {month}, as far as it has gone.",
            f"{last_month:%b}: {money_text(earlier)}" if earlier else None,
            is_change=False,
        ),
        parts.Figure("Stars", str(counts["star"]), "Popular and profitable: keep them as they are and easy to see."),
        parts.Figure(
            "Plowhorses",
            str(counts["plowhorse"]),
            "Popular, with less margin than their category: a smaller portion or a higher price.",
        ),
        parts.Figure(
            "Puzzles and dogs",
            f"{counts['puzzle']} and {counts['dog']}",
            "Seldom sold; puzzles earn well and want telling about, dogs do not.",
        ),
    ]


def _shown(items: pl.DataFrame) -> pl.DataFrame:
    def money(column: str) -> list[str]:
        return [f"{row[0]} {grouped(row[1], 2)}" for row in items.select("currency", column).iter_rows()]

    shares = [f"{Decimal(row[0]) * 100:.1f} %" for row in items.select("unit_share").iter_rows()]
    return items.select(
        Item="item", Category="category", Location="location", Class=pl.col("class").replace_strict(CLASSES)
    ).with_columns(
        pl.Series("Sold", [grouped(each, 0) for each in items["units"]], dtype=pl.String),
        pl.Series("Share", shares, dtype=pl.String),
        pl.Series("Margin of one", money("contribution_margin"), dtype=pl.String),
        pl.Series("Net sales", money("net_sales"), dtype=pl.String),
    )


if items.is_empty():
    parts.empty(
        "No dish with a known cost was sold in this month.",
        "Items need a recipe whose ingredients have been received with their prices.",
    )
else:
    parts.show_figures(_figures())
    listed = items
    currency = parts.main_currency(items, "net_sales")
    if currency is not None:
        only = items.filter(pl.col("currency") == currency)
        picked = parts.drill(
            charts.menu_matrix(only, currency),
            f"Portions sold and margin of one portion in {period.last:%B %Y}.",
            key="class",
            label="Class in the table",
            field="class",
            options=list(CLASSES),
        )
        if picked is not None:
            listed = items.filter(pl.col("class") == picked)
    parts.show_table("Dish by dish", listed, "menu-engineering", _shown(listed))
changes.show_recipes(places, period)
