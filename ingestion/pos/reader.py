"""A till's CSV, row by row: order lines, and rows for quarantine with line, column and reason."""

from __future__ import annotations

import codecs
import csv
import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from ingestion.errors import MissingColumns, UnreadableFile, WrongEncoding
from ingestion.pos.mapping import Mapping
from ingestion.pos.parsing import BadCell, LineParser, OrderLine, Place, digest, readable_figures


@dataclass(frozen=True)
class GoodRow:
    """A row that is an order line."""

    row_id: str
    occurrence: int
    line_number: int
    line: OrderLine


@dataclass(frozen=True)
class BadRow:
    """A row that is none, as it stands in the file, with its figures where they can be read."""

    row_id: str
    line_number: int
    column: str
    reason: str
    raw_text: str
    quantity: Decimal | None
    line_total: Decimal | None


class PosFile:
    """One file with its mapping; opening it checks encoding and header before anything is loaded."""

    def __init__(self, path: Path, mapping: Mapping, place: Place) -> None:
        self.path, self.mapping, self.place = path, mapping, place
        self.size, self.sha256 = _check_text(path, mapping.file.encoding)
        self.header = self._read_header()
        self._same_lines: Counter[OrderLine] = Counter()
        self._same_texts: Counter[str] = Counter()

    def rows(self) -> Iterator[GoodRow | BadRow]:
        """Every row of the file in order, blank lines aside."""
        parser = LineParser(self.mapping, self.place, self.header)
        for line_number, cells in self._cells():
            yield self._row(parser, line_number, cells)

    def _row(self, parser: LineParser, line_number: int, cells: list[str]) -> GoodRow | BadRow:
        raw_text = self.mapping.file.delimiter.join(cells).replace("\0", "\\0")
        self._same_texts[raw_text] += 1
        raw_id = digest(self.place.code, raw_text, self._same_texts[raw_text])
        try:
            line = parser.parse(cells)
        except BadCell as problem:
            quantity, total = readable_figures(self.mapping, self.header, cells)
            return BadRow(raw_id, line_number, problem.column, problem.reason, raw_text[:4000], quantity, total)
        self._same_lines[line] += 1
        occurrence = self._same_lines[line]
        return GoodRow(line.identity(self.place.code, occurrence), occurrence, line_number, line)

    def _cells(self) -> Iterator[tuple[int, list[str]]]:
        """Line numbers are those of an editor: the first line of the file is 1."""
        form = self.mapping.file
        with self.path.open(encoding=form.encoding, newline="") as stream:
            reader = csv.reader(stream, delimiter=form.delimiter, quotechar=form.quote)
            line_number = 1
            try:
                for position, cells in enumerate(reader):
                    if cells and not (position == 0 and form.has_header):
                        yield line_number, cells
                    line_number = reader.line_num + 1
            except csv.Error as error:
                raise UnreadableFile(f"{self.path.name}, line {reader.line_num}: {error}") from error

    def _read_header(self) -> list[str]:
        form = self.mapping.file
        with self.path.open(encoding=form.encoding, newline="") as stream:
            try:
                first = next(csv.reader(stream, delimiter=form.delimiter, quotechar=form.quote), [])
            except csv.Error as error:
                raise UnreadableFile(f"{self.path.name}, line 1: {error}") from error
        header = (
            [name.strip() for name in first]
            if form.has_header
            else [str(number) for number in range(1, len(first) + 1)]
        )
        missing = [name for name in self.mapping.needed() if name not in header]
        if missing:
            raise MissingColumns(
                f"{self.path.name} has no column {', '.join(map(repr, missing))}; "
                f"its columns are {', '.join(map(repr, header)) or 'none'}"
            )
        return header


def _check_text(path: Path, encoding: str) -> tuple[int, str]:
    """Read the whole file once as text: its size in bytes and SHA-256, or why it is not what was declared."""
    decoder = codecs.getincrementaldecoder(encoding)()
    sha, size = hashlib.sha256(), 0
    try:
        with path.open("rb") as stream:
            while block := stream.read(1 << 20):
                sha.update(block)
                decoder.decode(block)
                size += len(block)
        decoder.decode(b"", final=True)
    except OSError as error:
        raise UnreadableFile(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeError as error:
        raise WrongEncoding(
            f"{path.name} is not {encoding.removesuffix('-sig')} text (near byte {size:,}: {error}); "
            "declare its encoding in the mapping (file.encoding)"
        ) from error
    if size == 0:
        raise UnreadableFile(f"{path.name} is empty")
    return size, sha.hexdigest()
