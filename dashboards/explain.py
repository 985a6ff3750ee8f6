"""Explain this number: from a figure on a page to the movements, sales or order lines that it is the sum of.

    explain("fct_stock_on_hand_daily", {"inventory_item_id": …, "business_day": …}, "on_hand")

`mart` and the columns of its key are those of `lineage.keys()` in the warehouse (see `KEYS`); `figure` is the mart's
column that the page shows. What it lists comes with the reader's own rights.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

import polars as pl
import streamlit as st

from dashboards import downloads
from dashboards.parts import ask, current_view
from dashboards.queries import explanations

KEYS: Mapping[str, tuple[str, ...]] = {
    "fct_actual_vs_theoretical": ("location_id", "product_id", "period_number"),
    "fct_inventory_value_daily": ("location_id", "business_day", "category", "currency"),
    "fct_purchase_order_lines": ("purchase_order_line_id",),
    "fct_sales": ("sale_line_id",),
    "fct_stock_on_hand_daily": ("inventory_item_id", "business_day"),
    "fct_supplier_performance": ("supplier_id", "location_id", "period"),
    "fct_theoretical_usage": ("location_id", "business_day", "product_id", "menu_item_id"),
    "fct_waste": ("location_id", "business_day", "product_id", "reason_code", "currency"),
}
"""What names one row of each mart whose figures can be explained."""

NAMES = {
    "movement": "movement",
    "sale": "line of the till",
    "recipe_use": "day's sales of an item",
    "purchase_order_line": "ordered line",
    "receipt": "receipt",
}


def explain(mart: str, key: Mapping[str, object], figure: str, *, label: str = "Explain this number") -> None:
    """A switch that opens the explanation of one figure of one mart row beneath itself; nothing is read before.

    Raises ValueError for a mart or a key that cannot be explained: that is the page's mistake.
    """
    if set(key) != set(KEYS.get(mart, ())):
        raise ValueError(f"a row of {mart} is named by {', '.join(KEYS.get(mart, ())) or 'nothing that is known'}")
    text = explanations.key_text(key)
    if st.toggle(label, key=f"explain-{mart}-{figure}-{text}"):
        with st.container(border=True):
            _show(mart, text, figure)


def _show(mart: str, key: str, figure: str) -> None:
    figures = ask(explanations.explained_figures, mart, key)
    chosen = figures.filter(pl.col("figure") == figure)
    if chosen.is_empty():
        st.caption(f"Nothing adds to `{figure}` here: it is 0.")
        return
    records = ask(explanations.explained_records, mart, key, figure)
    total: Decimal = chosen["explained"][0]
    st.markdown(f"**`{mart}.{figure}` = {total.normalize():f}**, the sum of {_counted(records, chosen['records'][0])}.")
    st.dataframe(_readable(records), hide_index=True, width="stretch", height=min(320, 40 + 35 * records.height))
    st.download_button(
        "Download CSV",
        downloads.csv(records),
        file_name=f"{mart}-{figure}-{current_view().load.load_id}.csv",
        mime="text/csv",
        on_click="ignore",
        key=f"download-explain-{mart}-{figure}-{key}",
    )
    st.caption(origin_text(explanations.origin(mart)))


def _counted(records: pl.DataFrame, count: int) -> str:
    kinds = records["record"].unique().sort().to_list()
    what = NAMES.get(kinds[0], kinds[0]) if len(kinds) == 1 else "record"
    shown = f" (the latest {records.height} are listed)" if records.height < count else ""
    return f"{count} {what}{'s' if count != 1 else ''}{shown}"


def _readable(records: pl.DataFrame) -> pl.DataFrame:
    """Without the columns that say nothing here."""
    return records.select(name for name in records.columns if records[name].null_count() < records.height)


def origin_text(origin: explanations.Origin) -> str:
    """Run, model and gates of a mart's rows, in Markdown."""
    run = f"{os.environ.get('STOCKPOT_DAGSTER_URL', 'http://127.0.0.1:3000').rstrip('/')}/runs/{origin.load_id}"
    times = f"started {_time(origin.started_at)}, published {_time(origin.published_at)}"
    lines = [
        f"Load [`{origin.load_id}`]({run}), {times}, ledger known until {_time(origin.ledger_known_until)}.",
        f"Model `{origin.model_path or 'unknown'}`, version `{(origin.model_version or 'unknown')[:12]}`.",
    ]
    for store, verdict in sorted(origin.gates.items()):
        failed = ", ".join(verdict["failed"])
        lines.append(f"Gate of `{store}`: {verdict['passed']} passed" + (f", warned: {failed}." if failed else "."))
    return "  \n".join(lines)


def _time(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%d %b %Y %H:%M} UTC" if moment else "unknown"
