"""A file as rows of cells, whatever it was written with, and the limits that hold before anything is parsed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from api.imports.errors import FileTooLarge

MAX_ROWS = 200_000
MAX_COLUMNS = 500
MAX_CELL = 32_767  # what a spreadsheet's cell holds

Row = tuple[int, list[str]]
"""The line as an editor or a spreadsheet counts it, and its cells."""


@dataclass(frozen=True)
class Table:
    """An opened file: what it was found to be, its header, and its rows, which are read as they are asked for."""

    format: str
    encoding: str | None
    delimiter: str | None
    header: list[str]
    rows: Iterator[Row]


def limited(rows: Iterator[Row]) -> Iterator[Row]:
    """The rows that are not blank, up to the limits.

    Raises:
        FileTooLarge: too many rows, columns or characters; the detail names the line.
    """
    for number, (line, cells) in enumerate(rows, 1):
        if number > MAX_ROWS:
            raise FileTooLarge(f"A file may have {MAX_ROWS:,} rows at most: send it in parts.")
        if len(cells) > MAX_COLUMNS:
            raise FileTooLarge(f"Line {line} has {len(cells)} cells; {MAX_COLUMNS} are the most.")
        if any(len(cell) > MAX_CELL for cell in cells):
            raise FileTooLarge(f"Line {line} has a cell of more than {MAX_CELL:,} characters; is a quote left open?")
        if any(cell.strip() for cell in cells):
            yield line, cells


def split_header(rows: Iterator[Row], *, has_header: bool) -> tuple[list[str], Iterator[Row]]:
    """The columns' names, without one "1", "2", …, and the rows below."""
    first = next(rows, None)
    if first is None:
        return [], rows
    if has_header:
        return [name.strip() for name in first[1]], rows
    return [str(number) for number in range(1, len(first[1]) + 1)], _again(first, rows)


def _again(first: Row, rows: Iterator[Row]) -> Iterator[Row]:
    yield first
    yield from rows
