"""Where did the money go? Actual use against theoretical between counts, and what the difference is made of."""

from __future__ import annotations

from decimal import Decimal

import polars as pl

from dashboards import charts, parts, queries
from dashboards.explained_rows import explain_one_of
from dashboards.metrics import by_currency, money_text, quantity_text, total
from dashboards.queries.costs import PARTS

view = parts.page_head("Where did the money go?")
places, period = parts.filters(view)
totals = parts.ask(queries.variance_totals, places, period.first, period.last)
months = parts.ask(queries.food_cost_monthly, places, period.first, period.last)
NAMES = {
    "volume": "More or fewer portions",
    "mix": "Other dishes sold",
    "recipe_change": "Recipes changed",
    "price": "Prices",
    "waste": "Recorded waste",
    "other_use": "Staff meals, tastings, batches",
    "count_correction": "Booking errors",
    "unexplained": "Unexplained",
}


def _money(column: str) -> dict[str, Decimal]:
    return by_currency(totals.select("currency", column).iter_rows())


def _figures() -> list[parts.Figure]:
    cost, sales = total(months["use_value"]), total(months["net_sales"])
    share = f"{cost / sales * 100:.1f} %" if sales > 0 else "no sales"
    theory = f"{total(months['theoretical_cost']) / sales * 100:.1f} % by the recipes" if sales > 0 else None
    basis = "Over the counts that ended in the period, each against the period before it."
    return [
        parts.Figure(
            "Food cost",
            share,
            "Value of what was used over net sales, of the months that the period touches, where there is a till.",
            theory,
            is_change=False,
        ),
        parts.Figure("Used", money_text(_money("actual_value")), f"Actual use at cost. {basis}"),
        parts.Figure(
            "Unexplained",
            money_text(_money("unexplained")),
            f"Actual use less the recipes', recorded waste and other recorded use, at the earlier cost. {basis}",
        ),
        parts.Figure("Recorded waste", money_text(_money("waste")), f"At the earlier cost. {basis}"),
    ]


def _parts_plot(currency: str) -> None:
    only = totals.filter(pl.col("currency") == currency)
    sums = [total(only[part]) for part in PARTS]
    frame = pl.DataFrame(
        {
            "part": [NAMES[part] for part in PARTS],
            "value": [float(each) for each in sums],
            "text": [money_text({currency: each}) for each in sums],
            "is_trouble": [part == "unexplained" and each > 0 for part, each in zip(PARTS, sums, strict=True)],
        }
    )
    chart = charts.labelled_bars(
        frame, label="part", value="value", text="text", title=f"Change of use, {currency}", is_trouble="is_trouble"
    )
    parts.show_plot(chart, "What the change of use against the period before is made of; the parts sum exactly.")


def _products_plot(variance: pl.DataFrame, currency: str) -> str | None:
    found = variance.filter((pl.col("currency") == currency) & (pl.col("unexplained") != 0)).head(10)
    if found.is_empty():
        return None
    texts = [
        f"{money_text({currency: row[0]})}, {quantity_text(row[1], row[2])}"
        for row in found.select("unexplained", "unexplained_quantity", "unit").iter_rows()
    ]
    frame = found.with_columns(
        label=pl.col("product") + ", " + pl.col("location"),
        text=pl.Series(texts, dtype=pl.String),
        is_trouble=pl.col("unexplained") > 0,
    )
    chart = charts.labelled_bars(
        frame,
        label="label",
        value="unexplained",
        text="text",
        title=f"Unexplained, {currency}",
        is_trouble="is_trouble",
    )
    return parts.drill(
        chart,
        "The products with the largest unexplained use.",
        key="ingredient",
        label="Product in the table",
        field="label",
        options=(variance["product"] + ", " + variance["location"]).to_list(),
    )


def _food_cost() -> None:
    year = parts.ask(queries.food_cost_monthly, places, parts.days_ago(period.last, 365), period.last)
    currency = parts.main_currency(year, "net_sales")
    shown = year.filter((pl.col("currency") == currency) & (pl.col("net_sales") > 0))
    if shown.height < 2:
        return
    shares = shown.select(
        "period",
        actual=pl.col("use_value") / pl.col("net_sales"),
        theory=pl.col("theoretical_cost") / pl.col("net_sales"),
    )
    parts.show_plot(charts.food_cost(shares), "Food cost by month, and what the recipes say it should have been.")


def _explained() -> None:
    rows = parts.ask(queries.variance_rows, places, period.first, period.last)
    words = [
        f"{row['product']}, {row['location']}: {quantity_text(row['quantity'], row['unit'])} used from "
        f"{row['start_day']:%d %b} to {row['end_day']:%d %b}"
        for row in rows.iter_rows(named=True)
    ]
    explain_one_of(
        "fct_actual_vs_theoretical", rows, words, "actual_quantity", label="Explain what was used", key="explain"
    )


def _shown(variance: pl.DataFrame) -> pl.DataFrame:
    quantities = {
        title: [quantity_text(row[0], row[1]) for row in variance.select(column, "unit").iter_rows()]
        for title, column in (("Actual", "actual"), ("By the recipes", "theoretical"))
    }
    values = {
        title: [money_text({row[0]: row[1]}) for row in variance.select("currency", column).iter_rows()]
        for title, column in (("Used", "actual_value"), ("Unexplained", "unexplained"), ("Prices", "price"))
    }
    return variance.select(Product="product", Location="location", Counts="counts").with_columns(
        *(pl.Series(title, texts, dtype=pl.String) for title, texts in {**quantities, **values}.items())
    )


if totals.is_empty():
    parts.empty(
        "No product was counted twice by the end of this period.",
        "Count on the operator's page: what lies between two counts of a product is compared here after the next run.",
    )
else:
    parts.show_figures(_figures())
    picked = None
    currency = parts.main_currency(totals, "actual_value")
    if currency is not None:
        _parts_plot(currency)
    variance = parts.ask(queries.variance_by_product, places, period.first, period.last)
    if currency is not None:
        picked = _products_plot(variance, currency)
        _food_cost()
    listed = variance if picked is None else variance.filter(pl.col("product") + ", " + pl.col("location") == picked)
    parts.show_table("Product by product", listed, "actual-versus-theoretical", _shown(listed))
    _explained()
