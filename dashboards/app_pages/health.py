"""Can these figures be trusted? The loads and their checks, how fresh each location is, and where figures come from."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import streamlit as st

from dashboards import charts, lineage, parts, queries
from dashboards.metrics import age_text

view = parts.page_head("Can these figures be trusted?")
where, _ = st.columns([2, 3])
with where:
    places = parts.choose_places(view)
loads = parts.ask(queries.loads, places)
fresh = parts.ask(queries.freshness, places)
runs = parts.ask_if_there(queries.gate_runs, places)
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
    """Each run's checks, also of runs that a gate stopped; and what was found, run by run."""
    if runs is None:
        parts.empty("What the checks found is listed from the next load on.", "This one is older than the list.")
        return
    if runs.is_empty():
        parts.empty("No check has been made yet.", "The gates of a pipeline run make them: run `stockpot pipeline`.")
        return
    named = runs.reverse().with_columns(load=pl.col("evaluated_at").dt.strftime("%d %b %H:%M:%S"))
    labels = dict(named.select("load", "run_id").iter_rows())
    picked = parts.drill(
        charts.gate_trend(named.select("load", "passed", "warned", "failed")),
        "Checks of each run, the newest last: how many passed, warned, and stopped the run.",
        key="run",
        label="What one run found",
        field="load",
        options=list(reversed(labels)),
        nothing="The newest",
    )
    _found(labels.get(picked or "", runs["run_id"][0]))


def _found(run: str) -> None:
    found = parts.ask_now(queries.gate_findings, places, (run,))
    if found.is_empty():
        st.success("Everything was as expected in this run.", icon=":material/check_circle:")
        return
    often = pl.format("{} runs", pl.col("failing_runs"))
    shown = found.select(
        Verdict=pl.col("severity").replace_strict({"block": "stopped the run", "warn": "warned"}),
        Table="table",
        Check="check",
        Rows="unexpected",
        Since=pl.when(pl.col("failing_runs") > 1).then(often).otherwise(pl.lit("new")),
        Meaning="reason",
    )
    parts.show_table("What was not as expected", found, "findings", shown)


def _quarantine() -> None:
    rejected = parts.ask_if_there(queries.quarantined, places)
    if rejected is None or rejected.is_empty():
        parts.empty("No row of any file is in quarantine.", "Rows that cannot be read are counted here, with a reason.")
        return
    waiting = rejected.filter(pl.col("state").is_in(["pending", "repaired"]))
    sums = waiting.group_by("source", "code").agg(pl.col("rows").sum())
    if sums.height:
        bars = sums.sort("rows", "source", "code", descending=[True, False, False]).select(
            "rows",
            label=pl.col("source") + ": " + pl.col("code").str.replace_all("_", " "),
            text=pl.format("{} {}", "rows", pl.when(pl.col("rows") == 1).then(pl.lit("row")).otherwise(pl.lit("rows"))),
            is_trouble=pl.lit(value=True),
        )
        chart = charts.labelled_bars(
            bars, label="label", value="rows", text="text", title="Rows that wait for repair", is_trouble="is_trouble"
        )
        st.subheader("What could not be read", anchor=False)
        parts.show_plot(chart, "Rejected rows that wait for repair, by source and reason.")
    shown = rejected.select(
        Source="source",
        Reason=pl.col("code").str.replace_all("_", " "),
        State="state",
        Location=pl.col("location").fill_null("not said"),
        Since=pl.col("first").dt.strftime("%a %d %b %Y"),
        Rows="rows",
    )
    parts.show_table("Quarantine", rejected, "quarantine", shown)
    st.caption("`stockpot quarantine list` shows the rows; repaired ones are loaded by `stockpot quarantine replay`.")


def _lineage() -> None:
    steps = parts.ask_if_there(queries.lineage, places)
    st.subheader("Where a figure comes from", anchor=False)
    if steps is None or steps.is_empty():
        parts.empty("No lineage is published yet.", "It comes with the next run of the pipeline.")
        return
    marts = sorted(steps.filter(pl.col("child_kind") == "marts")["child"].unique().to_list())
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
    _quarantine()
    shown = fresh.select(
        Location="location",
        Sales=pl.col("last_sales_day").dt.strftime("%a %d %b %Y").fill_null("none imported"),
        Movements=pl.col("last_movement_day").dt.strftime("%a %d %b %Y").fill_null("none"),
        Known=pl.col("known_until").dt.strftime("%d %b %Y %H:%M UTC").fill_null("nothing yet"),
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
