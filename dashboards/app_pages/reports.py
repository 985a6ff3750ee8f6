"""Which figures do you want to take along? Any published table: columns, filters, plot, file, and by mail."""

from __future__ import annotations

import streamlit as st

from dashboards import charts, lineage, parts, queries, report_forms
from dashboards.queries import explorer
from dashboards.report_service import Reports, RequestRefused
from dashboards.session import ServiceUnreachable

view = parts.page_head("Which figures do you want to take along?")
places, period = parts.filters(view)
catalogue = parts.ask(queries.columns_of_marts, places)
DEFAULT = "fct_waste"
MONEY = ("value", "sales", "cost", "price", "margin")
QUANTITY = ("quantity", "on_hand", "reorder_point", "mean", "p10", "p50", "p90")


def _choose() -> explorer.Selection:
    """The mart, its columns and filters, each in the address."""
    marts = catalogue["mart"].unique().sort().to_list()
    left, right = st.columns([2, 3])
    chosen = left.selectbox(
        "Table", marts, index=marts.index(DEFAULT) if DEFAULT in marts else 0, key="table", bind="query-params"
    )
    columns = {column.name: column for column in queries.explorable(catalogue, chosen)}
    shown = right.multiselect(
        "Columns", list(columns), key=f"columns-{chosen}", placeholder="All, names instead of ids", bind="query-params"
    )
    day = next((name for name in explorer.DAYS if name in columns), None)
    located = queries.is_located(catalogue, chosen)
    whole = explorer.Selection(
        chosen,
        tuple(columns[name] for name in shown) or tuple(each for each in columns.values() if each.type != "uuid"),
        located,
        days=(day, period.first, period.last) if day else None,
    )
    return _filtered(whole, columns)


def _filtered(selection: explorer.Selection, columns: dict[str, explorer.Column]) -> explorer.Selection:
    words = [name for name, column in columns.items() if column.type in ("text", "boolean", "uuid")]
    filtered = st.multiselect(
        "Filter by", words, key=f"by-{selection.mart}", placeholder="No filter", bind="query-params"
    )
    filters = []
    for name in filtered:
        values = parts.ask(queries.explore_values, places, selection, columns[name])["value"].to_list()
        wanted = st.multiselect(name, values, key=f"values-{selection.mart}-{name}", bind="query-params")
        if wanted:
            filters.append((name, tuple(wanted)))
    return explorer.Selection(selection.mart, selection.columns, selection.is_located, tuple(filters), selection.days)


def _plot(selection: explorer.Selection) -> None:
    columns = {column.name: column for column in queries.explorable(catalogue, selection.mart)}
    numbers = [name for name, column in columns.items() if column.is_number]
    if not numbers:
        return
    along = [
        name for name, column in columns.items() if not column.is_number and column.type != "uuid" and name != "load_id"
    ]
    with st.container(key="plotted"):
        one, two, three = st.columns(3)
    how = one.selectbox("Plot the", list(explorer.AGGREGATES), key="how", bind="query-params")
    number = two.selectbox("of", numbers, index=_first_money(numbers), key=f"of-{selection.mart}", bind="query-params")
    by = three.selectbox("by", along, index=_first_day(along), key=f"along-{selection.mart}", bind="query-params")
    groups = parts.ask(queries.explore_groups, places, selection, columns[by], columns[number], how)
    if groups.is_empty():
        parts.empty("No row has these values.", "Take a filter away or choose a longer period.")
        return
    units = _units(selection, columns, number)
    chart = charts.explored(groups, by, groups.columns[1], units[0] if len(units) == 1 else "")
    parts.show_plot(chart, f"The {how} of {number} by {by}.")
    if len(units) > 1:
        st.warning(f"These rows are in {', '.join(units)}: filter by one of them before you trust their {how}.")


def _units(selection: explorer.Selection, columns: dict[str, explorer.Column], number: str) -> list[str]:
    """The currencies or units that a number of these rows is in; none where it is a count or a share."""
    kind = "currency" if number.endswith(MONEY) else "unit" if number.endswith(QUANTITY) else ""
    if kind not in columns:
        return []
    return sorted(parts.ask(queries.explore_values, places, selection, columns[kind])["value"].to_list())


def _first_money(numbers: list[str]) -> int:
    return next((numbers.index(name) for name in numbers if name.endswith(MONEY)), 0)


def _first_day(along: list[str]) -> int:
    return next((along.index(name) for name in explorer.DAYS if name in along), 0)


def _table(selection: explorer.Selection) -> None:
    rows = parts.ask(queries.explore_count, places, selection)["rows"][0]
    if not rows:
        parts.empty("No row has these values.", "Take a filter away or choose a longer period.")
        return
    preview = parts.ask(queries.explore_rows, places, selection, explorer.SHOWN_ROWS)
    title = f"{rows:,} rows" if rows <= explorer.SHOWN_ROWS else f"The first {preview.height} of {rows:,} rows"
    parts.show_table_on_demand(
        title, preview, selection.mart, lambda: queries.explore_rows(places, selection, explorer.MOST_ROWS)
    )
    if rows > explorer.MOST_ROWS:
        st.caption(f"The file holds the first {explorer.MOST_ROWS:,} rows; have a report made for all of them.")


def _reports(selection: explorer.Selection) -> None:
    reports = Reports(view.person.token)
    try:
        with st.expander("Have this made regularly, and mailed"):
            report_forms.new_report(reports, report_forms.Wish.of(selection), view.places, places)
        report_forms.definitions(reports)
        report_forms.runs(reports)
    except (ServiceUnreachable, RequestRefused) as error:
        st.warning(f"Reports and their runs cannot be shown now. {parts.plain(str(error))} The tables above are whole.")


if catalogue.is_empty():
    parts.empty("No table is published yet.", "Run `stockpot pipeline`, then reload this page.")
else:
    chosen_rows = _choose()
    steps = parts.ask_if_there(queries.lineage, places)
    if steps is not None:
        st.caption(parts.plain(lineage.description(steps, chosen_rows.mart)))
    _plot(chosen_rows)
    _table(chosen_rows)
    _reports(chosen_rows)
