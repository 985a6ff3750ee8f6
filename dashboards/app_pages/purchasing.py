"""Who delivers as promised, and at what price? Punctuality per supplier, prices that moved, what has not come yet."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import polars as pl
import streamlit as st

from dashboards import changes, charts, parts, queries, supplier_papers
from dashboards.explained_rows import explain_one_of
from dashboards.metrics import by_currency, grouped, money_text, percent_text, quantity_text, rate

view = parts.page_head("Who delivers as promised, and at what price?")
places, period = parts.filters(view)
performance = parts.ask(queries.supplier_performance, places, period.first, period.last)
open_lines = parts.ask(queries.open_order_lines, places)
prices = parts.ask(queries.price_changes, places, period.first, period.last)
COUNTS = ("lines_due", "lines_on_time", "lines_in_full", "lines_otif", "lines_priced")
TROUBLE_BELOW = 0.8


def _by_supplier() -> pl.DataFrame:
    sums = performance.group_by("supplier").agg(pl.col(*COUNTS).sum())
    rates = sums.with_columns(rate=pl.col("lines_otif") / pl.col("lines_due"))
    ordered = rates.sort("rate", "supplier")
    return ordered.with_columns(
        is_trouble=pl.col("rate") < TROUBLE_BELOW,
        text=pl.Series(
            [percent_text(row[0], row[1]) for row in ordered.select("rate", "lines_due").iter_rows()], dtype=pl.String
        ),
    )


def _figures() -> list[parts.Figure]:
    due = int(performance["lines_due"].sum())
    late = open_lines.filter(
        (pl.col("expected_on") < view.load.last_stock_day) & pl.col("status").is_in(["sent", "partially_received"])
    )
    otif, on_time, in_full = (
        rate(int(performance[f"lines_{name}"].sum()), due) for name in ("otif", "on_time", "in_full")
    )
    worth = by_currency(open_lines.select("currency", "value").iter_rows())
    basis = "Over the order lines due in the period's months."
    return [
        parts.Figure(
            "On time and in full", percent_text(otif, due), f"Complete by the promised day's end plus grace. {basis}"
        ),
        parts.Figure("On time", percent_text(on_time, due), f"In however many deliveries. {basis}"),
        parts.Figure("In full", percent_text(in_full, due), f"Everything ordered came, punctual or not. {basis}"),
        parts.Figure(
            "Still to come",
            money_text(worth),
            "Packs ordered and not received, at the agreed price; drafts included.",
            f"{late.height} overdue" if late.height else None,
            is_change=False,
        ),
    ]


def _monthly() -> None:
    months = performance.group_by("period").agg(pl.col("lines_due", "lines_otif").sum()).sort("period")
    if months.height < 2:
        return
    labelled = months.with_columns(
        rate=pl.col("lines_otif") / pl.col("lines_due"),
        label=pl.Series([percent_text(o / d, d) for d, o in months.select("lines_due", "lines_otif").iter_rows()]),
    )
    parts.show_plot(charts.monthly_rate(labelled), "Share of order lines on time and in full, by month.")


def _share(column: str) -> pl.Expr:
    return (pl.col(column).cast(pl.Float64) * 100).round(0).cast(pl.Int64, strict=False).cast(pl.String) + " %"


def _explained() -> None:
    rows = parts.ask(queries.performance_rows, places, period.first, period.last)
    words = [
        f"{row['supplier']}, {row['location']}, {row['period']:%b %Y}: "
        f"{row['lines_otif']} of {row['lines_due']} on time and in full"
        for row in rows.iter_rows(named=True)
    ]
    explain_one_of("fct_supplier_performance", rows, words, "lines_otif", label="Explain a share", key="explain")


def _price_label() -> pl.Expr:
    return pl.col("product") + ", " + pl.col("supplier")


def _prices() -> None:
    """Whose prices moved and what that cost; the one that is picked is followed day by day."""
    currency = parts.main_currency(prices, "paid")
    moved = prices.filter((pl.col("currency") == currency) & (pl.col("effect") != 0))
    if currency is None or moved.is_empty():
        parts.empty("No price moved in this period.", "Choose a longer period to compare what packs cost.")
        return
    texts = [money_text({currency: effect}) for effect in moved["effect"]]
    bars = moved.with_columns(
        label=_price_label()
        + ", "
        + pl.Series(
            [quantity_text(*row) for row in moved.select("pack_quantity", "pack_unit").iter_rows()], dtype=pl.String
        ),
        text=pl.Series(texts, dtype=pl.String),
        is_trouble=pl.col("effect") > 0,
    )
    chart = charts.labelled_bars(
        bars,
        label="label",
        value="effect",
        text="text",
        title=f"What it cost more, {currency}",
        is_trouble="is_trouble",
    )
    st.subheader("Which prices moved", anchor=False)
    picked = parts.drill(
        chart,
        "What changed prices cost in the period, the dearest first; packs at the first price and at the last.",
        key="price",
        label="Follow one price",
        nothing="No price",
        field="label",
        options=bars["label"].to_list(),
    )
    if picked is not None:
        _one_price(bars.filter(pl.col("label") == picked).row(0, named=True))


def _one_price(chosen: dict[str, Any]) -> None:
    history = parts.ask(queries.price_history, places, chosen["product"], period.first, period.last)
    same = history.filter(
        (pl.col("pack_quantity") == chosen["pack_quantity"]) & (pl.col("pack_unit") == chosen["pack_unit"])
    )
    pack = quantity_text(chosen["pack_quantity"], chosen["pack_unit"])
    title = f"{chosen['currency']} for {pack}"
    parts.show_plot(
        charts.price_history(same, title), f"What {pack} of {chosen['product']} cost on each day that some came."
    )


def _shown_prices() -> pl.DataFrame:
    def money(column: str, places: int) -> list[str]:
        return [f"{row[0]} {grouped(row[1], places)}" for row in prices.select("currency", column).iter_rows()]

    packs = [quantity_text(*row) for row in prices.select("pack_quantity", "pack_unit").iter_rows()]
    return prices.select(Product="product", Supplier="supplier").with_columns(
        pl.Series("Pack", packs, dtype=pl.String),
        pl.Series("First price", money("first_price", 2), dtype=pl.String),
        pl.Series("Last price", money("last_price", 2), dtype=pl.String),
        pl.Series("Paid", money("paid", 2), dtype=pl.String),
        pl.Series("Cost more", money("effect", 2), dtype=pl.String),
    )


def _shown_performance() -> pl.DataFrame:
    return performance.select(
        Supplier="supplier",
        Location="location",
        Month=pl.col("period").dt.strftime("%b %Y"),
        Due="lines_due",
        Late=pl.col("lines_due") - pl.col("lines_on_time"),
        Short=pl.col("lines_due") - pl.col("lines_in_full"),
        Fill=_share("fill_rate"),
        Days=pl.col("lead_time_days_median").cast(pl.Float64).round(1),
        Price=_share("price_adherence"),
    ).rename({"Fill": "Fill rate", "Days": "Lead time, days", "Price": "As agreed"})


def _shown_open() -> pl.DataFrame:
    packs = [
        f"{quantity_text(Decimal(row[0]), '×')} {quantity_text(row[1], row[2])}"
        for row in open_lines.select("packs", "pack_quantity", "pack_unit").iter_rows()
    ]
    return open_lines.select(
        Order="order",
        Supplier="supplier",
        Location="location",
        Product="product",
        Status="status",
        Expected=pl.col("expected_on").dt.strftime("%a %d %b %Y"),
    ).with_columns(pl.Series("To come", packs, dtype=pl.String))


if performance.is_empty() and open_lines.is_empty():
    parts.empty(
        "No order was due or is open here.",
        "Approve and send a draft order on the operator's page; it shows after the next run.",
    )
else:
    parts.show_figures(_figures())
    if performance.is_empty():
        parts.empty("No order line was due in this period.", "Choose a longer period to compare suppliers.")
    else:
        chart = charts.labelled_bars(
            _by_supplier(),
            label="supplier",
            value="rate",
            text="text",
            title="On time and in full",
            is_trouble="is_trouble",
            axis_format=charts.PERCENT,
        )
        picked = parts.drill(
            chart,
            "Share of order lines on time and in full, the worst supplier first.",
            key="supplier",
            label="Supplier in the table",
            field="supplier",
            options=performance["supplier"].unique().sort().to_list(),
        )
        _monthly()
        if picked is not None:
            performance = performance.filter(pl.col("supplier") == picked)
        parts.show_table("Suppliers, month by month", performance, "supplier-performance", _shown_performance())
        _explained()
    if not prices.is_empty():
        _prices()
        parts.show_table("What packs cost", prices, "prices", _shown_prices())
    changes.show_offers(places, period)
    supplier_papers.show(places, period)
    if not open_lines.is_empty():
        parts.show_table("Not here yet", open_lines, "open-orders", _shown_open())
