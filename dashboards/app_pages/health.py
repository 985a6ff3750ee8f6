"""Can these figures be trusted? The loads and their checks, how fresh each location is, and where figures come from."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import streamlit as st

from dashboards import charts, lineage, parts, queries
from dashboards.metrics import age_text

view = parts.page_head("Can these figures be trusted?")
places = parts.choose_places(view)
loads = parts.ask(queries.loads, places)
fresh = parts.ask(queries.freshness, places)
LATE_DAYS = 2


def _figures() -> list[parts.Figure]:
    newest = loads.row(0, named=True)
    last = view.load.last_sales_day
    late = (
        fresh.clear()
        if last is None
        else fresh.filter(
            pl.col("last_sales_day").is_not_null() & (pl.col("last_sales_day") < parts.days_ago(last, LATE_DAYS - 1))
        )
    )
    checks = newest["passed"] + newest["warned"]
    return [
        parts.Figure(
            "Checks passed",
            f"{newest['passed']} of {checks}",
            "Of the load that you are looking at. A check that blocks has passed, or the load would not be here.",
            f"{newest['warned']} warned" if newest["warned"] else None,
            is_change=False,
        ),
        parts.Figure(
            "Published",
            f"{age_text(datetime.now(UTC) - newest['published_at'])} ago",
            "When the load's marts replaced those before, all at once.",
        ),
        parts.Figure("Rows published", f"{newest['rows']:,}", "Over every mart of the load."),
        parts.Figure(
            "Locations behind",
            f"{late.height} of {fresh.height}",
            f"Whose last sale on file is {LATE_DAYS} days or more before the newest of all.",
        ),
    ]


def _trend() -> None:
    if not (loads["passed"].sum() or loads["warned"].sum()):
        parts.empty("No check has been made yet.", "The gates of a pipeline run make them: run `stockpot pipeline`.")
        return
    shown = loads.reverse().select(
        "passed",
        "warned",
        load=pl.col("published_at").dt.strftime("%d %b %H:%M"),
        failed=pl.lit(0, dtype=pl.Int64),
    )
    parts.show_plot(charts.gate_trend(shown), "Checks of each published load: how many passed and how many warned.")


def _warnings() -> None:
    found = view.load.warnings
    if not found:
        return
    frame = pl.DataFrame(
        {"Table": [each.partition(": ")[0] for each in found], "Check": [each.partition(": ")[2] for each in found]}
    )
    parts.show_table("What warned", frame, "warnings")


def _lineage() -> None:
    steps = parts.ask(queries.lineage, places)
    st.subheader("Where a figure comes from", anchor=False)
    marts = sorted(steps.filter(pl.col("child_kind") == "marts")["child"].unique().to_list())
    if not marts:
        parts.empty("No lineage is published yet.", "It comes with the next run of the pipeline.")
        return
    default = marts.index(lineage.DEFAULT) if lineage.DEFAULT in marts else 0
    left, right = st.columns([1, 1])
    chosen = left.selectbox("Mart", marts, index=default, key="mart", bind="query-params")
    reach = right.segmented_control(
        "Show", list(lineage.REACHES), default="Two steps", required=True, key="reach", bind="query-params"
    )
    walked = lineage.upstream(steps, chosen or marts[0], lineage.REACHES[reach or "Two steps"])
    st.caption(parts.plain(lineage.description(steps, chosen or marts[0])))
    st.mermaid_chart(lineage.mermaid(walked, chosen or marts[0]), alt=f"What {chosen} is made from.")
    parts.show_table("Step by step", walked, f"lineage-{chosen}", walked.select(Table="child", Reads="parent"))


if loads.is_empty():
    parts.empty("No load is published yet.", "Run `stockpot pipeline`, then reload this page.")
else:
    parts.show_figures(_figures())
    _trend()
    _warnings()
    shown = fresh.select(
        Location="location",
        Sales=pl.col("last_sales_day").dt.strftime("%a %d %b %Y").fill_null("none imported"),
        Movements=pl.col("last_movement_day").dt.strftime("%a %d %b %Y").fill_null("none"),
        Known=pl.col("known_until").dt.strftime("%d %b %Y %H:%M UTC").fill_null("longer ago"),
    ).rename({"Sales": "Last sale", "Movements": "Last movement", "Known": "Ledger as known at"})
    parts.show_table("How fresh each location is", fresh, "freshness", shown)
    history = loads.with_columns(pl.col("warnings").list.join("; "))
    parts.show_table(
        "Loads",
        history,
        "loads",
        history.select(
            Load="load_id",
            Published=pl.col("published_at").dt.strftime("%d %b %Y %H:%M UTC"),
            Passed="passed",
            Warned="warned",
            Rows="rows",
        ),
    )
    _lineage()
