"""Imports and rows as they are shown: problems with the file's own column, quarantine as a file to be mended."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from api.imports import repository
from api.imports.models import Import, ImportRow
from api.imports.schemas import ImportAnswer, ImportBrief, RowAnswer, RowCounts, RowProblem
from api.imports.service import field_columns

FORMULA = ("=", "+", "-", "@", "\t", "\r")
EXTRA = ("stockpot_line", "stockpot_column", "stockpot_reason", "stockpot_way_out")


def import_answer(session: Session, one: Import) -> ImportAnswer:
    """An import with its counts."""
    counts = repository.count_rows(session, [one.id]).get(one.id, {})
    values = {name: getattr(one, name) for name in ImportAnswer.model_fields if name not in {"rows", "reasons"}}
    return ImportAnswer(**values, rows=_counts(counts), reasons=repository.count_reasons(session, one.id))


def import_briefs(session: Session, many: Sequence[Import]) -> list[ImportBrief]:
    """Imports in a list."""
    counts = repository.count_rows(session, [one.id for one in many])
    return [
        ImportBrief(
            id=one.id,
            kind=one.kind,
            file_name=one.file_name,
            rows=_counts(counts.get(one.id, {})),
            created_at=one.created_at,
            applied_at=one.applied_at,
        )
        for one in many
    ]


def _counts(counts: Mapping[str, int]) -> RowCounts:
    verdicts = {name: counts.get(name, 0) for name in ("new", "changed", "unchanged", "quarantined")}
    return RowCounts(total=sum(verdicts.values()), loaded=counts.get("loaded", 0), **verdicts)


def row_answer(one: Import, row: ImportRow) -> RowAnswer:
    """A row with its problems."""
    values = {name: getattr(row, name) for name in RowAnswer.model_fields if name != "problems"}
    return RowAnswer(**values, problems=row_problems(one, row))


def row_problems(one: Import, row: ImportRow) -> list[RowProblem]:
    """A row's problems with the file's own columns."""
    columns = field_columns(one)
    return [
        RowProblem(
            column=columns.get(problem["field"]),
            field=problem["field"] or None,
            code=problem["code"],
            reason=problem["reason"],
            way_out=problem["way_out"],
        )
        for problem in row.problems
    ]


# ------------------------------------------------------------------ quarantine as a file


def quarantine_table(one: Import, rows: Iterable[ImportRow]) -> Iterator[list[str]]:
    """The rows as they stood, each with line, column, reason and way out behind it."""
    header = [*one.header, *EXTRA]
    yield header
    for row in rows:
        problems = row_problems(one, row)
        cells = [*row.cells[: len(one.header)], *[""] * (len(one.header) - len(row.cells))]
        yield [
            *cells,
            str(row.line),
            "; ".join(problem.column or problem.field or "the row" for problem in problems),
            "; ".join(problem.reason for problem in problems),
            " ".join(problem.way_out for problem in problems),
        ]


def as_csv(table: Iterable[Sequence[str]]) -> bytes:
    """For a spreadsheet: what it would calculate is marked as text with an apostrophe, which an import takes off."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    for cells in table:
        writer.writerow([f"'{cell}" if cell.startswith(FORMULA) else cell for cell in cells])
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(table: Iterable[Sequence[str]]) -> bytes:
    """For a spreadsheet: every cell is text, so that no code loses its zeros when the file is opened."""
    import xlsxwriter

    content = io.BytesIO()
    options: dict[str, Any] = {"in_memory": True, "constant_memory": False}
    with xlsxwriter.Workbook(content, options) as workbook:
        sheet = workbook.add_worksheet("quarantine")
        text = workbook.add_format({"num_format": "@"})
        for line, cells in enumerate(table):
            for column, cell in enumerate(cells):
                sheet.write_string(line, column, cell, text)
    return content.getvalue()
