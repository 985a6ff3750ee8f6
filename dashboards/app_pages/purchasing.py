"""Who delivers as promised? On time and in full per supplier and month, and what has not come yet."""

from __future__ import annotations

from decimal import Decimal

import polars as pl

from dashboards import charts, parts, queries
from dashboards.metrics import by_currency, money_text, percent_text, quantity_text, rate

view = parts.page_head("Who delivers as promised?")
places, period = parts.filters(view)
performance = parts.ask(queries.supplier_performance, places, period.first, period.last)
open_lines = parts.ask(queries.open_order_lines, places)
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
    ).rename({"Fill": "Fill rate", "Days": "Lead time, days", "Price": "At the agreed price"})


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
        parts.show_plot(chart, "Share of order lines on time and in full, the worst supplier first.")
        _monthly()
        parts.show_table("Suppliers, month by month", performance, "supplier-performance", _shown_performance())
    if not open_lines.is_empty():
        parts.show_table("Not here yet", open_lines, "open-orders", _shown_open())
