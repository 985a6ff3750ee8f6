"""What every page shares: its head with the as-of time, filters in the address, tables to take along, empty states."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import streamlit as st

from dashboards import charts, downloads, queries, session
from dashboards.metrics import Period, age_text

PERIODS: Mapping[str, int] = {"7 days": 7, "28 days": 28, "90 days": 90, "a year": 365}
EVERYWHERE = "All my locations"
VIEW = "stockpot_view"
NEWS_SECONDS = 30
Whose = tuple[str, ...] | None
EVERYTHING = "Everything"
STALE_AFTER = timedelta(hours=30)
LINK = re.compile(r"\b(https?|www)(?=[:.])", re.IGNORECASE)
MARKDOWN = re.compile(r"([\\`*_\[\]!<>~$:#|])")


@dataclass(frozen=True)
class View:
    """What the signed-in person may see, set once per rerun before any page runs."""

    load: queries.Load
    places: pl.DataFrame
    person: session.Person


def set_view(view: View) -> None:
    """Hand the view to the page that runs next."""
    st.session_state[VIEW] = view


def current_view() -> View:
    """The view that the entry point has set."""
    view: View = st.session_state[VIEW]
    return view


@st.cache_data(ttl=900, max_entries=300, show_spinner=False)
def _answer(load_id: str, whose: Whose, name: str, arguments: tuple[Any, ...]) -> pl.DataFrame:  # noqa: ARG001 - keys of the cache
    query: Callable[..., pl.DataFrame] = getattr(queries, name)
    return query(*arguments)


def ask(query: Callable[..., pl.DataFrame], *arguments: Any) -> pl.DataFrame:
    """A query's answer, kept until the next load for whoever may read the same locations."""
    hashable = tuple(tuple(each) if isinstance(each, list) else each for each in arguments)
    return _answer(current_view().load.load_id, queries.reading_right().locations, query.__name__, hashable)


@st.cache_data(ttl=NEWS_SECONDS, max_entries=100, show_spinner=False)
def _news(whose: Whose, name: str, arguments: tuple[Any, ...]) -> pl.DataFrame:  # noqa: ARG001 - keys of the cache
    query: Callable[..., pl.DataFrame] = getattr(queries, name)
    return query(*arguments)


def ask_if_there(query: Callable[..., pl.DataFrame], *arguments: Any) -> pl.DataFrame | None:
    """`ask_now` for a mart that an older load may lack: None then, because the next load brings it."""
    try:
        return ask_now(query, *arguments)
    except queries.MartsNotPublished:
        return None


def ask_now(query: Callable[..., pl.DataFrame], *arguments: Any) -> pl.DataFrame:
    """The same for what changes between loads, such as the gates' results: at most half a minute old."""
    hashable = tuple(tuple(each) if isinstance(each, list) else each for each in arguments)
    return _news(queries.reading_right().locations, query.__name__, hashable)


# ------------------------------------------------------------------ head and filters


def page_head(question: str) -> View:
    """The page's question, and how fresh and how checked the figures under it are."""
    view = current_view()
    load = view.load
    st.title(question, anchor=False)
    known = load.ledger_known_until
    as_of = f"Ledger as known at **{known.astimezone(UTC):%d %b %Y %H:%M} UTC**" if known else "No stock movements yet"
    sales = f"sales up to **{load.last_sales_day:%a %d %b}**" if load.last_sales_day else "no sales imported"
    st.caption(f"{as_of} · {sales} · {verdict(load)}", help=_load_details(load))
    _last_good(view)
    return view


def _last_good(view: View) -> None:
    """Say so where these are not the figures that the newest run should have brought, and what stopped it."""
    published = view.load.published_at
    stopped = ask_if_there(queries.stopped_since, view.places["location_id"].to_list(), published)
    age = age_text(datetime.now(UTC) - published)
    if stopped is not None and not stopped.is_empty():
        first = stopped.row(0, named=True)
        found = f"{plain(first['table'])}, {plain(first['check'])}: {plain(first['reason'])}"
        when = f"{first['evaluated_at']:%d %b %H:%M} UTC"
        st.warning(
            f"A run was stopped by {plain(first['suite'])} at {when}; its figures are not shown. "
            f"These are the last good ones, {age} old. {found}"
        )
    elif datetime.now(UTC) - published > STALE_AFTER:
        st.warning(f"These figures are {age} old: no run has finished since. Dagster's runs say why.")


def verdict(load: queries.Load) -> str:
    """The gates in one clause: what blocks has passed, or there would be no such load."""
    if load.warnings:
        return f"⚠ {len(load.warnings)} of {load.checks_passed + len(load.warnings)} checks warned"
    return f"✓ all {load.checks_passed} checks passed" if load.checks_passed else "not checked by a gate"


def _load_details(load: queries.Load) -> str:
    lines = [f"Load `{load.load_id}`, published {load.published_at.astimezone(UTC):%d %b %Y %H:%M} UTC."]
    return "\n\n".join([*lines, *(f"⚠ {warning}" for warning in load.warnings)])


def choose_places(view: View) -> list[str]:
    """The location filter; its choice stands in the address. Gives location ids."""
    names = dict(zip(view.places["name"], view.places["location_id"], strict=True))
    if len(names) == 1:
        return list(names.values())
    chosen = st.selectbox("Location", [EVERYWHERE, *names], key="location", bind="query-params")
    return [names[chosen]] if chosen in names else list(names.values())


def choose_period(last: date) -> Period:
    """The period filter, ending on `last`; its choice stands in the address."""
    chosen = st.selectbox("Period", list(PERIODS), index=1, key="period", bind="query-params")
    return Period.ending(last, PERIODS.get(chosen or "", 28))


def filters(view: View, last: date | None = None) -> tuple[list[str], Period]:
    """Location and period side by side; the period ends on `last`, else on the last day of stock."""
    with st.container(key="filters"):
        left, right, _ = st.columns([2, 1, 2])
    with left:
        places = choose_places(view)
    with right:
        period = choose_period(last or view.load.last_stock_day or datetime.now(UTC).date())
    return places, period


def main_currency(frame: pl.DataFrame, amount: str) -> str | None:
    """The currency with the largest sum; a plot shows one currency, because amounts of two cannot be added."""
    if frame.is_empty():
        return None
    sums = frame.group_by("currency").agg(pl.col(amount).sum()).sort(amount, "currency", descending=[True, False])
    if sums.height > 1:
        left_out = ", ".join(sums["currency"].to_list()[1:])
        st.caption(f"The plot shows {sums['currency'][0]}; locations in {left_out} are in the tables.")
    return str(sums["currency"][0])


# ------------------------------------------------------------------ figures, plots, tables


@dataclass(frozen=True)
class Figure:
    """One number with its change and what it means; `is_good_when_up` None shows the change without judgement.

    `delta` may be a remark instead: then `is_change` is false and no arrow stands before it.
    """

    label: str
    value: str
    explanation: str
    delta: str | None = None
    is_good_when_up: bool | None = None
    is_change: bool = True


def show_figures(figures: Sequence[Figure]) -> None:
    """The answer in numbers, side by side, each with its explanation."""
    with st.container(key="figures"):
        columns = st.columns(len(figures))
    for column, figure in zip(columns, figures, strict=True):
        colour = "off" if figure.is_good_when_up is None else ("normal" if figure.is_good_when_up else "inverse")
        column.metric(
            figure.label,
            plain(figure.value),
            None if figure.delta is None else plain(figure.delta),
            delta_arrow="auto" if figure.is_change else "off",
            delta_color=colour,  # type: ignore[arg-type]  # one of the three words above
            help=f"**Explain this number.** {figure.explanation}",
        )


def plain(text: str) -> str:
    """A name from the data as the page writes it: nothing in it is taken for formatting, a link or a picture."""
    without_links = LINK.sub("\\1\N{WORD JOINER}", text)  # else a bare address would become one
    return MARKDOWN.sub(r"\\\1", without_links)


def show_plot(chart: Any, description: str) -> None:
    """A plot, with its message in words for those who cannot see it."""
    st.altair_chart(chart, width="stretch", alt=description)


def drill(
    chart: Any, description: str, *, key: str, label: str, field: str, options: Sequence[str], nothing: str = EVERYTHING
) -> str | None:
    """A plot whose marks narrow the table under it; gives what is picked, None for `nothing`.

    A click on a mark does what the select box beside it does for a keyboard, and the choice stands in the address.
    """

    def picked() -> None:
        points = st.session_state[f"{key}-plot"].selection.get(charts.PICKED, [])
        st.session_state[key] = points[0][field] if points else nothing

    st.altair_chart(chart, width="stretch", alt=description, key=f"{key}-plot", on_select=picked)
    left, _ = st.columns([2, 3])
    choices = [nothing, *dict.fromkeys(options)]
    chosen = left.selectbox(label, choices, key=key, bind="query-params", help="Or click a mark of the plot.")
    return None if chosen in (None, nothing) else str(chosen)


def show_table(title: str, frame: pl.DataFrame, file_name: str, shown: pl.DataFrame | None = None) -> None:
    """A table to read, `shown` where the eye wants other columns, and the whole frame as CSV to take along."""
    _offer(title, downloads.csv(frame), file_name)
    _table(frame if shown is None else shown)


def show_table_on_demand(title: str, preview: pl.DataFrame, file_name: str, whole: Callable[[], pl.DataFrame]) -> None:
    """The first rows of a table; the whole of it is asked for when somebody takes it along.

    The right to read is asked for again then: it lasts a minute, and whoever was shut out meanwhile gets no file.
    """
    person = current_view().person

    def content() -> bytes:
        queries.read_as(session.reading_right(person))
        return downloads.csv(whole())

    _offer(title, content, file_name)
    _table(preview)


def _offer(title: str, content: bytes | Callable[[], bytes], file_name: str) -> None:
    left, right = st.columns([4, 1], vertical_alignment="bottom")
    left.subheader(title, anchor=False)
    right.download_button(
        "Download CSV",
        content,
        file_name=f"{file_name}-{current_view().load.load_id}.csv",
        mime="text/csv",
        on_click="ignore",
        key=f"download-{file_name}",
        width="stretch",
        help=f"{title}: every row and column, as a file",
    )


def _table(frame: pl.DataFrame) -> None:
    days = {
        name: st.column_config.DateColumn(format="YYYY-MM-DD") for name, kind in frame.schema.items() if kind == pl.Date
    }
    st.dataframe(frame, column_config=days, hide_index=True, width="stretch", height=min(425, 40 + 35 * frame.height))


def empty(what: str, how: str) -> None:
    """An empty state: what would stand here, and what makes it appear."""
    st.info(f"**{what}** {how}")


def days_ago(day: date, days: int) -> date:
    """So many days before a day."""
    return day - timedelta(days=days)
