"""JSON: a list of records, records one per line, and orders that hold the list of their lines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

from ingestion.errors import UnreadableFile
from ingestion.pos.declared import FileFormat
from ingestion.pos.formats.json_stream import elements
from ingestion.pos.formats.record import Cell, Cells, Record
from ingestion.quarantine.rows import Problem

DECODER = json.JSONDecoder(parse_float=Decimal, parse_int=Decimal, parse_constant=str)
LONGEST_LINE = 16 << 20


class JsonRecords:
    """A JSON file; nested objects become columns with dotted names, the elements of `file.lines` rows of their own."""

    columns: list[str] | None = None

    def __init__(self, path: Path, form: FileFormat) -> None:
        self._path, self._form = path, form

    def records(self) -> Iterator[Record]:
        """Rows with the line (JSON lines) or the number of their record."""
        with self._path.open(encoding=self._form.encoding) as stream:
            try:
                for line, value in self._values(stream):
                    yield from self._rows(line, value)
            except (ValueError, RecursionError) as error:
                raise UnreadableFile(f"{self._path.name} is not well-formed JSON: {error}") from error

    def _values(self, stream: IO[str]) -> Iterator[tuple[int, Any]]:
        if self._form.kind_of(self._path.name) == "json":
            yield from enumerate(elements(stream, DECODER, self._form.records), start=1)
            return
        line = 0
        while text := stream.readline(LONGEST_LINE):
            line += 1
            if text.strip():
                yield line, _line_value(text)

    def _rows(self, line: int, value: Any) -> Iterator[Record]:
        if not isinstance(value, dict):
            text = value if isinstance(value, str) else _raw(value)
            yield Record(line, {}, text, Problem("not_a_record", "the record is no JSON object"))
            return
        if self._form.lines is None:
            yield Record(line, _flat(value), _raw(value))
            return
        order = {name: cell for name, cell in value.items() if name != self._form.lines}
        lines = value.get(self._form.lines)
        if not isinstance(lines, list):
            problem = Problem("not_a_record", f"the record has no list {self._form.lines!r}", self._form.lines)
            yield Record(line, _flat(value), _raw(value), problem)
            return
        for element in lines:
            row = {**order, self._form.lines: element}
            yield Record(line, _flat(row), _raw(row))


def _line_value(text: str) -> Any:
    """The value of one line; a line that is none is kept as its text, for quarantine."""
    try:
        return DECODER.decode(text)
    except ValueError:
        return text.rstrip("\n")


def _flat(value: dict[str, Any], prefix: str = "") -> Cells:
    """Nested objects as dotted names; lists as their JSON."""
    cells: Cells = {}
    for name, inner in value.items():
        if isinstance(inner, dict):
            cells |= _flat(inner, f"{prefix}{name}.")
        else:
            cells[prefix + name] = _cell(inner)
    return cells


def _cell(value: Any) -> Cell:
    if value is None or isinstance(value, str | Decimal):
        return value
    return str(value).lower() if isinstance(value, bool) else _raw(value)


def _raw(value: Any) -> str:
    """Any value as one line of JSON, the same for the same value."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=lambda number: format(number, "f"))
