"""What was thrown away or ran out? Waste by reason and product; stockouts and their cost."""

from __future__ import annotations

import polars as pl

from dashboards import charts, parts, queries
from dashboards.explained_rows import explain_one_of
from dashboards.in_all import in_all
from dashboards.metrics import by_currency, money_text, quantity_text

view = parts.page_head("What was thrown away or ran out?")
places, period = parts.filters(view)
waste = parts.ask(queries.waste_by_reason, places, period.first, period.last)
before = parts.ask(queries.waste_daily, places, period.before.first, period.before.last)
outs = parts.ask(queries.stockout_totals, places, period.first, period.last)


def _reason(code: str) -> str:
    return code.replace("_", " ").capitalize() if code else "No reason given"


def _figures() -> list[parts.Figure]:
    money, earlier = (by_currency(frame.select("currency", "value").iter_rows()) for frame in (waste, before))
    reasons = waste.group_by("reason").agg(pl.col("value").sum()).sort("value", "reason", descending=[True, False])
    return [
        parts.Figure(
            "Thrown away",
            money_text(money),
            "Recorded waste less what was undone, at the cost that it left stock with.",
            in_all(money, "waste_value", places, period.first, period.last) or f"before: {money_text(earlier)}",
            is_change=False,
        ),
        parts.Figure("Times recorded", f"{waste['records'].sum():,}", "Entries, not undone."),
        parts.Figure(
            "Most of it",
            _reason(reasons["reason"][0]) if reasons.height else "nothing",
            "The reason with the most value.",
        ),
        parts.Figure(
            "Not sold for want of it",
            money_text(by_currency(outs.select("currency", "lost_sales").iter_rows())),
            "What usually sells in the hours without a product, less what sold all the same; every dish with it counts "
            "as lost, so take it as an upper bound.",
            f"{outs['stockouts'].sum()} stockouts",
            is_change=False,
        ),
    ]


def _bars(column: str, caption: str, currency: str) -> str | None:
    sums = (
        waste.filter(pl.col("currency") == currency)
        .group_by(column)
        .agg(pl.col("value").sum(), pl.col("records").sum())
        .sort("value", column, descending=[True, False])
    )
    texts = [f"{money_text({currency: row[0]})}, {row[1]}×" for row in sums.select("value", "records").iter_rows()]
    labels = [_reason(each) if column == "reason" else each for each in sums[column]]
    frame = sums.with_columns(pl.Series("label", labels), pl.Series("text", texts, dtype=pl.String))
    chart = charts.labelled_bars(
        frame, label="label", value="value", text="text", title=f"Thrown away, {currency}", is_trouble=None
    )
    return parts.drill(
        chart,
        caption,
        key=column,
        label=f"{column.capitalize()} in the table",
        field="label",
        options=labels,
    )


def _daily(currency: str) -> None:
    days = parts.ask(queries.waste_daily, places, period.first, period.last)
    only = days.filter(pl.col("currency") == currency)
    parts.show_plot(charts.daily_bars(only, "value", f"Thrown away, {currency}"), "Value thrown away, day by day.")


def _shown_waste(waste: pl.DataFrame) -> pl.DataFrame:
    quantities = [quantity_text(row[0], row[1]) for row in waste.select("quantity", "unit").iter_rows()]
    values = [money_text({row[0]: row[1]}) for row in waste.select("currency", "value").iter_rows()]
    return waste.select(Product="product", Location="location", Times="records").with_columns(
        pl.Series("Reason", [_reason(code) for code in waste["reason"]], dtype=pl.String),
        pl.Series("Quantity", quantities, dtype=pl.String),
        pl.Series("Value", values, dtype=pl.String),
    )


def _explained() -> None:
    rows = parts.ask(queries.waste_rows, places, period.first, period.last)
    words = [
        f"{row['business_day']:%a %d %b}, {row['location']}: {row['product']}, "
        f"{quantity_text(row['quantity'], row['unit'])}, {_reason(row['reason_code']).lower()}"
        for row in rows.iter_rows(named=True)
    ]
    explain_one_of("fct_waste", rows, words, "quantity", label="Explain a day's waste", key="explain")


def _thrown_away(reason: str | None, product: str | None) -> None:
    """The table, of the reason or the product that was picked; a chain has many rows, so it comes after the plots."""
    listed = parts.ask(queries.waste_by_product, places, period.first, period.last)
    if reason is not None:
        listed = listed.filter(pl.col("reason").is_in([code for code in waste["reason"] if _reason(code) == reason]))
    if product is not None:
        listed = listed.filter(pl.col("product") == product)
    parts.show_table("Thrown away", listed, "waste", _shown_waste(listed))


def _shown_outs(outs: pl.DataFrame) -> pl.DataFrame:
    hours = [f"{row[0]:.1f} of {row[1]:.1f}" for row in outs.select("hours_out", "trading_hours").iter_rows()]
    lost = [quantity_text(row[0], row[1]) for row in outs.select("lost_quantity", "unit").iter_rows()]
    sales = [money_text({row[0]: row[1]}) for row in outs.select("currency", "lost_sales").iter_rows()]
    return outs.select(
        Product="product", Location="location", Day=pl.col("business_day").dt.strftime("%a %d %b %Y")
    ).with_columns(
        pl.Series("Hours out", hours, dtype=pl.String),
        pl.Series("Lost", lost, dtype=pl.String),
        pl.Series("Sales", sales, dtype=pl.String),
    )


if waste.is_empty() and outs.is_empty():
    parts.empty(
        "Nothing was recorded as waste in this period.",
        "Choose a longer period, or record waste on the operator's page with its reason.",
    )
else:
    parts.show_figures(_figures())
    reason = product = None
    currency = parts.main_currency(waste, "value")
    if currency is not None:
        reason = _bars("reason", "Waste by reason.", currency)
        product = _bars("product", "The products with the dearest waste.", currency)
        _daily(currency)
    _thrown_away(reason, product)
    _explained()
    if not outs.is_empty():
        spells = parts.ask(queries.stockouts, places, period.first, period.last)
        parts.show_table("Out while the tills were busy", spells, "stockouts", _shown_outs(spells))
