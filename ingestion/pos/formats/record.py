"""A row of a file of any format: cells by column, as text or, where the format has types, as values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Protocol

from ingestion.quarantine.rows import Problem

Cell = str | Decimal | datetime | date | time | None
Cells = dict[str, Cell]


@dataclass(frozen=True, slots=True)
class Record:
    """A row; `line` is an editor's line for text files, else the row's number. `problem`: it is not even a row."""

    line: int
    cells: Cells
    raw_text: str
    problem: Problem | None = None


class Source(Protocol):
    """A file opened for reading: its columns are known before its first row is."""

    @property
    def columns(self) -> list[str] | None:
        """None where only the rows can tell (JSON)."""

    def records(self) -> Iterator[Record]:
        """The rows in order; memory is that of a few thousand of them."""


def as_text(cell: Cell) -> str:
    """A cell as text: numbers in their plain decimal form, times as ISO 8601."""
    if cell is None:
        return ""
    if isinstance(cell, Decimal):
        return format(cell, "f") if cell.is_finite() else str(cell)
    return cell if isinstance(cell, str) else cell.isoformat()


def kind_of(cell: Cell) -> str | None:
    """What a cell was before it became text; None for text."""
    return None if cell is None or isinstance(cell, str) else type(cell).__name__


def from_text(text: str, kind: str) -> Cell:
    """The cell that `as_text` and `kind_of` were made of."""
    if kind == "Decimal":
        return Decimal(text)
    if kind == "datetime":
        return datetime.fromisoformat(text)
    return date.fromisoformat(text) if kind == "date" else time.fromisoformat(text)
