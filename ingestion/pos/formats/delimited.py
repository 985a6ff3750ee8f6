"""CSV and TSV."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from ingestion.errors import UnreadableFile
from ingestion.pos.declared import FileFormat
from ingestion.pos.formats.record import Cells, Record
from ingestion.quarantine.rows import Problem


class Delimited:
    """A delimited text file; rows are read as they come, blank lines aside."""

    def __init__(self, path: Path, form: FileFormat) -> None:
        self._path, self._form = path, form
        self._delimiter = form.delimiter_of(form.kind_of(path.name))
        first = self._first()
        self.columns: list[str] = (
            [name.strip().removeprefix("\ufeff") for name in first]
            if form.has_header
            else [str(number) for number in range(1, len(first) + 1)]
        )

    def records(self) -> Iterator[Record]:
        """Line numbers are those of an editor: the first line of the file is 1."""
        with self._open() as stream:
            for position, (line, cells) in enumerate(self._rows(stream)):
                if cells and not (position == 0 and self._form.has_header):
                    yield self._record(line, cells)

    def _rows(self, stream: IO[str]) -> Iterator[tuple[int, list[str]]]:
        """Rows from the header on, each with its first line."""
        reader = csv.reader(stream, delimiter=self._delimiter, quotechar=self._form.quote)
        line = 1
        try:
            for cells in reader:
                if line >= self._form.header_line:
                    yield line, cells
                line = reader.line_num + 1
        except csv.Error as error:
            raise UnreadableFile(
                f"{self._path.name}, line {line}: {error}; is a quotation mark opened there and never closed?"
            ) from error

    def _record(self, line: int, cells: list[str]) -> Record:
        raw_text = self._delimiter.join(cells)
        if len(cells) == len(self.columns):
            return Record(line, dict(zip(reversed(self.columns), reversed(cells), strict=True)), raw_text)
        message = f"{len(cells)} cells where the header has {len(self.columns)}"
        return Record(line, self._as_far(cells), raw_text, Problem("wrong_width", message))

    def _as_far(self, cells: list[str]) -> Cells:
        """What there is of a row that is too short or too long; what has no column is numbered."""
        found: Cells = dict.fromkeys(self.columns)
        names = [*self.columns, *(f"extra {number}" for number in range(1, len(cells) - len(self.columns) + 1))]
        return found | dict(zip(names, cells, strict=False))

    def _first(self) -> list[str]:
        with self._open() as stream:
            return next(self._rows(stream), (1, []))[1]

    def _open(self) -> IO[str]:
        return self._path.open(encoding=self._form.encoding, newline="")
