"""A report as a page, before it is HTML or PDF: question, answer, plots, table, and what the gates say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa

from orchestration.lib.documents.charts import Plot, bars, line
from orchestration.lib.documents.gathering import Gathered, measured_by, read_names, trend
from orchestration.lib.documents.presentations import NAMED, Presentation, is_money
from orchestration.lib.documents.wording import Label, cell, heading
from orchestration.lib.files import Heading
from orchestration.lib.tables import Rows, Selection
from orchestration.lib.totals import is_number
from orchestration.lib.workbooks import RATES

NAMELESS = ("_id", "load_id")


@dataclass(frozen=True)
class Column:
    """A column of the page's table."""

    name: str
    heading: str
    is_number: bool


@dataclass(frozen=True)
class Page:
    """Everything that a reader sees, as texts."""

    title: str
    heading: Heading
    verdict: str
    answer: str
    change: str
    figures: Sequence[tuple[str, str]]
    plots: Sequence[Plot]
    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    troubled: frozenset[int]
    note: str


def make_page(gathered: Gathered, rows: Rows, selection: Selection, head: Heading) -> Page:
    """The page of rows that were gathered; names and the days before are read in the rows' own view."""
    shown = gathered.presentation
    names = read_names(rows.session, [name for name in rows.schema.names if name in NAMED])
    days = trend(rows.session, selection, rows.names, gathered, rows.schema)
    label = _label(gathered, rows.schema)
    answer = gathered.answer() if shown.measure else None
    columns = _columns(rows.schema, selection, gathered)
    return Page(
        title=shown.question,
        heading=head,
        verdict=_verdict(rows),
        answer=label(answer) if answer is not None else f"{gathered.rows:,} rows",
        change=_change(days, selection.day, label),
        figures=_figures(gathered, shown, label),
        plots=_plots(gathered, names, days, label),
        columns=columns,
        rows=[[_text(column.name, row, names, shown) for column in columns] for row in gathered.kept],
        troubled=frozenset(place for place, row in enumerate(gathered.kept) if shown.trouble and row[shown.trouble]),
        note=_note(gathered, shown),
    )


def _label(gathered: Gathered, schema: pa.Schema) -> Label:
    shown = gathered.presentation
    if shown.out_of is not None:
        return Label("rate", "")
    is_amount = bool(shown.measure and is_money(shown.measure) and measured_by(schema, shown))
    return Label("money" if is_amount else "quantity", gathered.measured_in)


def _verdict(rows: Rows) -> str:
    warnings = len(rows.verdict.warnings)
    if not rows.verdict.passed:
        return "No checks are on record"
    said = f"✓ {rows.verdict.passed} checks passed"
    return f"{said}, {warnings} warned" if warnings else said


def _change(days: Sequence[tuple[date, Decimal]], day: date, label: Label) -> str:
    """Against the day before that the mart knows."""
    if len(days) < 2 or days[-1][0] != day:
        return ""
    difference = days[-1][1] - days[-2][1]
    if not difference:
        return f"as on {days[-2][0]:%A %d %B}"
    return f"{label(abs(difference))} {'more' if difference > 0 else 'less'} than on {days[-2][0]:%A %d %B}"


def _figures(gathered: Gathered, shown: Presentation, label: Label) -> list[tuple[str, str]]:
    figures = [("Rows", f"{gathered.rows:,}")]
    if shown.trouble:
        figures.append((shown.trouble_word.capitalize(), f"{gathered.troubles:,}"))
    if gathered.others:
        figures.append((f"Figures in {label.measured_in} leave out", ", ".join(gathered.others)))
    return figures


def _plots(
    gathered: Gathered, names: Mapping[str, str], days: Sequence[tuple[date, Decimal]], label: Label
) -> list[Plot]:
    shown, plots = gathered.presentation, []
    pairs = [(name, value) for name, value in gathered.by_name(names) if value]
    if shown.measure and shown.by and len(pairs) > 1:
        what = "Rate" if shown.out_of else heading(shown.measure)
        unit = f", {label.measured_in}" if label.measured_in else ""
        plots.append(bars(f"{what} by {NAMED.get(shown.by, heading(shown.by).lower())}{unit}", pairs, label))
    if shown.measure and len(days) > 1:
        plots.append(line(f"{heading(shown.measure)}, the last {len(days)} business days", days, label))
    return plots


def _columns(schema: pa.Schema, selection: Selection, gathered: Gathered) -> list[Column]:
    """What people read: names for ids, no other ids, nothing that the page's head or a heading says already."""
    days = {row["business_day"] for row in gathered.kept} if "business_day" in schema.names else set()
    currencies = {row["currency"] for row in gathered.kept} if "currency" in schema.names else set()
    currency = next(iter(currencies)) if len(currencies) == 1 else None
    said = {*(("business_day",) if days == {selection.day} else ()), *(("currency",) if currency else ())}
    shown = [field for field in schema if field.name in NAMED or not field.name.endswith(NAMELESS)]
    shown = [field for field in shown if field.name not in said]
    if not selection.columns:
        shown.sort(key=lambda field: list(NAMED).index(field.name) if field.name in NAMED else len(NAMED))
    return [_column(field, currency) for field in shown]


def _column(field: pa.Field, currency: str | None) -> Column:
    is_amount = currency and is_number(field.type) and is_money(field.name) and not field.name.endswith(RATES)
    return Column(field.name, heading(field.name) + (f", {currency}" if is_amount else ""), is_number(field.type))


def _text(column: str, row: Mapping[str, Any], names: Mapping[str, str], shown: Presentation) -> str:
    value = row[column]
    if column in NAMED and value is not None:
        return names.get(str(value), str(value))
    if column == shown.trouble:
        return f"▲ {shown.trouble_word}" if value else ""
    return cell(column, value)


def _note(gathered: Gathered, shown: Presentation) -> str:
    if not gathered.rows:
        return "No rows of this day."
    if gathered.rows <= len(gathered.kept):
        return ""
    largest = f"largest by {heading(shown.measure).lower()}" if shown.measure else "first"
    return (
        f"The {len(gathered.kept):,} {largest} of {gathered.rows:,} rows; figures and plots are of all of them. "
        "Export this report as CSV, Parquet or XLSX for every row."
    )
