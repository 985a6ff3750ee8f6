"""Wide exports: each cell of the declared columns becomes a row of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from ingestion.errors import MissingColumns
from ingestion.pos.formats.record import Cell, Record, Source
from ingestion.pos.mapping import Wide

NOTHING = re.compile(r"[-+]?0*[.,]?0*|[-–—]")


class Narrowed:
    """Another source's rows, one per cell that holds something."""

    def __init__(self, source: Source, wide: Wide) -> None:
        self._source, self._wide = source, wide
        if source.columns is None:
            raise MissingColumns("wide exports need columns that are known beforehand: CSV, TSV or Parquet")
        self._labels = _labels(source.columns, wide)
        self.columns: list[str] = [*source.columns, wide.label, wide.value]

    def records(self) -> Iterator[Record]:
        """The rows of a line share its number; a row without the header's width stays whole."""
        for record in self._source.records():
            if record.problem is not None:
                yield record
                continue
            rest = {name: cell for name, cell in record.cells.items() if name not in self._labels}
            for column, label in self._labels.items():
                cell = record.cells[column]
                if not _is_nothing(cell):
                    made: dict[str, Cell] = {**rest, self._wide.label: label, self._wide.value: cell}
                    yield Record(record.line, made, f"{record.raw_text}\t[{column}]")


def _labels(columns: list[str], wide: Wide) -> dict[str, str]:
    """The columns that become rows, each with its label."""
    if wide.pattern is None:
        return {name: name for name in wide.columns}
    found = {name: match for name in columns if (match := re.fullmatch(wide.pattern, name))}
    if not found:
        raise MissingColumns(f"no column fits the pattern {wide.pattern!r}; the columns are {', '.join(columns)}")
    return {name: match[match.re.groups] or "" for name, match in found.items()}


def _is_nothing(cell: Cell) -> bool:
    if cell is None or isinstance(cell, Decimal):
        return not cell
    return isinstance(cell, str) and NOTHING.fullmatch(cell.strip()) is not None
