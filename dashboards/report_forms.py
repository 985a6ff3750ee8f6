"""Having a report made and sent: the form for a new one, the change of an old one, and the runs with their files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from typing import Any

import polars as pl
import streamlit as st

from dashboards import parts, report_words, schedules
from dashboards.queries.explorer import NAMED, Selection
from dashboards.report_service import Reports, RequestRefused

FORMATS = ("csv", "xlsx", "parquet", "pdf", "html")
ON_FAILED_GATE = {"stamp": "make it, with a note", "hold": "hold it back"}
DONE_THEN = {"stamp": "noted", "hold": "held back"}
EDIT = "reports.edit"


@dataclass(frozen=True)
class Wish:
    """What the explorer shows, as a definition says it; `left_out` names filters that a definition cannot carry."""

    mart: str
    columns: list[str]
    filters: dict[str, list[str]]
    left_out: list[str]

    @classmethod
    def of(cls, selection: Selection) -> Wish:
        """A definition filters by a mart's own columns; names behind ids are the explorer's."""
        names = {label for label, _, _ in NAMED.values()}
        return cls(
            selection.mart,
            [column.name for column in selection.columns if column.name not in names],
            {column: list(values) for column, values in selection.filters if column not in names},
            [column for column, _ in selection.filters if column in names],
        )


def new_report(reports: Reports, wish: Wish, places: pl.DataFrame, chosen: list[str]) -> None:
    """The form that has what is shown made regularly and sent."""
    held = reports.me()["grants"].get(EDIT, [])
    if held == []:
        st.caption("Your account may not define reports. Somebody with the scope `reports.edit` can.")
        return
    if wish.left_out:
        st.caption(f"Not part of the report, because only columns of the table can be: {', '.join(wish.left_out)}.")
    allowed = places if held is None else places.filter(pl.col("location_id").is_in(held))
    where = dict(zip(allowed["name"], allowed["location_id"], strict=True))
    whole = ["Every location"] if held is None else []
    people = reports.people()
    with st.form("new-report", border=False):
        left, right = st.columns(2)
        name = left.text_input("Name", max_chars=120, placeholder="Monday's waste")
        at_place = right.selectbox("About", [*whole, *where], index=_first(list(where.values()), chosen, len(whole)))
        rhythm = left.selectbox("How often", [*schedules.RHYTHMS, schedules.NEVER])
        schedule = schedules.cron(rhythm, right.time_input("Not before", time(6), help="In the restaurant's own time."))
        kind = left.selectbox("Format", FORMATS)
        doubt = left.selectbox("When a check has failed", list(ON_FAILED_GATE), format_func=ON_FAILED_GATE.__getitem__)
        to = right.multiselect("Mail a link to", list(people), format_func=lambda each: people[each])
        sent = st.form_submit_button("Have it made", type="primary")
    if sent and name.strip():
        definition = {
            "code": schedules.code_of(name),
            "name": name.strip(),
            "mart": wish.mart,
            "columns": wish.columns,
            "filters": wish.filters,
            "format": kind,
            "schedule": schedule,
            "location_id": where.get(at_place or ""),
            "recipients": to,
            "on_failed_gate": doubt,
        }
        _tell(lambda: reports.create(definition), f"{name.strip()} is made {schedules.in_words(schedule)}.")
    elif sent:
        st.error("**Name:** give the report a name; its file and mail carry it.")


def _first(ids: list[str], chosen: list[str], ahead: int) -> int:
    return ids.index(chosen[0]) + ahead if len(chosen) == 1 and chosen[0] in ids else 0


def definitions(reports: Reports) -> None:
    """Every report as a table, and a form to change one."""
    found = reports.definitions()
    if not found:
        parts.empty("No report is defined yet.", "Choose a table above and say when it is to be made.")
        return
    frame = pl.DataFrame(
        {
            "Report": [each["name"] for each in found],
            "Table": [each["mart"] for each in found],
            "Made": [schedules.in_words(each["schedule"]) if each["is_enabled"] else "switched off" for each in found],
            "Format": [each["format"] for each in found],
            "Failed check": [DONE_THEN[each["on_failed_gate"]] for each in found],
            "Sent to": [len(each["recipients"]) for each in found],
        }
    )
    parts.show_table("Reports that are made", frame, "reports")
    with st.expander("Make one now, or change it"):
        by_code = {each["code"]: each for each in found}
        named = {code: each["name"] for code, each in by_code.items()}
        report = by_code[st.selectbox("Report", list(by_code), format_func=named.__getitem__, key="report-to-change")]
        if st.button("Make it now"):
            _tell(lambda: reports.make(report["id"]), f"{report['name']} is being made; it is listed below.")
        if reports.me()["grants"].get(EDIT, []) != []:
            _change(reports, report)


def _change(reports: Reports, report: dict[str, Any]) -> None:
    as_it_is = f"as it is ({schedules.in_words(report['schedule'])})"
    words, at = schedules.rhythm_of(report["schedule"]) or (as_it_is, time(6))
    rhythms = [*schedules.RHYTHMS, schedules.NEVER, *([as_it_is] if words == as_it_is else [])]
    formats = list(dict.fromkeys([*FORMATS, report["format"]]))
    with st.form(f"change-{report['id']}", border=False):
        left, right = st.columns(2)
        is_on = left.toggle("Switched on", value=report["is_enabled"])
        kind = right.selectbox("Format", formats, index=formats.index(report["format"]))
        rhythm = left.selectbox("How often", rhythms, index=rhythms.index(words))
        hour = right.time_input("Not before", at, help="In the restaurant's own time.")
        doubts = list(ON_FAILED_GATE)
        doubt = left.selectbox(
            "When a check has failed",
            doubts,
            index=doubts.index(report["on_failed_gate"]),
            format_func=ON_FAILED_GATE.__getitem__,
        )
        people = _known(reports, report)
        to = right.multiselect("Mail a link to", list(people), report["recipients"], format_func=people.__getitem__)
        if st.form_submit_button("Keep the change"):
            change: dict[str, Any] = {"is_enabled": is_on, "format": kind, "on_failed_gate": doubt}
            if set(to) != set(report["recipients"]):
                change["recipients"] = to
            if rhythm != as_it_is:
                change["schedule"] = schedules.cron(rhythm, hour)
            _tell(lambda: reports.edit(report, change), f"{report['name']} is changed.")


def _known(reports: Reports, report: dict[str, Any]) -> dict[str, str]:
    """Names of those whom it can be sent to; whoever gets it already and may not be seen stays, without a name."""
    people = reports.people()
    return people | {each: "somebody else" for each in report["recipients"] if each not in people}


def runs(reports: Reports) -> None:
    """What became of the newest exports, and a link to a file."""
    found = reports.runs()
    if not found:
        parts.empty("No export has been made yet.", "The next run of the pipeline makes those that are due.")
        return
    frame = pl.DataFrame(
        {
            "Report": [each["report_code"] for each in found],
            "Day": [each["business_day"] or "" for each in found],
            "Result": [report_words.result(each) for each in found],
            "Why": [report_words.reason(each) for each in found],
            "Rows": [each["row_count"] for each in found],
            "Format": [each["format"] for each in found],
            "Asked for": [report_words.moment(each["created_at"]) for each in found],
        },
        schema_overrides={"Rows": pl.Int64},
    )
    parts.show_table("What was made", frame, "report-runs")
    if any(each["status"] in report_words.UNDER_WAY for each in found):
        st.button("Look again", help="A file that was asked for is there within a minute or two.")
    _files(reports, {each["id"]: report_words.file_name(each) for each in found if report_words.has_file(each)})


def _files(reports: Reports, names: dict[str, str]) -> None:
    if not names:
        return
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    wanted = left.selectbox(
        "File", list(names), format_func=names.__getitem__, key="run", index=None, placeholder="Choose a file to fetch"
    )
    link = reports.link(wanted) if wanted else None
    if link:
        right.link_button("Fetch it", link, width="stretch", help="The link holds for a quarter of an hour.")


def _tell(act: Any, done: str) -> None:
    try:
        act()
    except RequestRefused as refused:
        st.error(parts.plain(str(refused)))
    else:
        st.success(parts.plain(done))
