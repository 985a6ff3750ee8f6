"""Looks at a till's file and writes a mapping to edit: what its rows prove is filled in, the rest is a question."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from ingestion.documents.files import refuse_other_kinds
from ingestion.errors import UnreadableFile
from ingestion.pos.declared import FileFormat, Kind, header_hint
from ingestion.pos.formats.delimited import Delimited
from ingestion.pos.formats.json_records import JsonRecords
from ingestion.pos.formats.parquet import Parquet
from ingestion.pos.formats.record import Record, as_text
from ingestion.pos.guesses import Guess, dates, find_columns, hour_columns, money, numbers
from ingestion.pos.json_guesses import lines_name, records_path
from ingestion.pos.mapping import OPEN

SAMPLE_BYTES = 256 * 1024
SAMPLE_ROWS = 2_000
BOMS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
DELIMITERS = ",;\t|"


@dataclass
class Suggestion:
    """A mapping as far as the file shows it, and what a person has to decide."""

    file: dict[str, Any] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)
    formats: dict[str, Any] = field(default_factory=dict)
    wide: dict[str, Any] = field(default_factory=dict)
    currency: str | None = None
    doubts: list[str] = field(default_factory=list)
    text: str = ""

    def take(self, guess: Guess) -> Any:
        """A guess's value, its doubt noted."""
        if guess.doubt:
            self.doubts.append(guess.doubt)
        return guess.value


def suggest_mapping(path: Path) -> Suggestion:
    """A mapping for the file, its `text` YAML with the doubts as comments.

    Raises UnreadableFile where nothing can be read of the file. An entry that stays open is `…`, which no import takes.
    """
    found = Suggestion()
    rows, columns = _sample(path, found)
    values = {column: [as_text(row.cells.get(column)) for row in rows] for column in columns}
    _describe(found, rows, values)
    found.text = _written(path, found)
    return found


def _sample(path: Path, found: Suggestion) -> tuple[list[Record], list[str]]:
    try:
        with path.open("rb") as stream:
            head = stream.read(SAMPLE_BYTES)
    except OSError as error:
        raise UnreadableFile(f"{path} cannot be read: {error.strerror}") from error
    if not head:
        raise UnreadableFile(f"{path.name} is empty")
    refuse_other_kinds(path.name, head)
    kind = _kind(path, head)
    if kind != FileFormat().kind_of(path.name):
        found.file["kind"] = kind
    source: Parquet | JsonRecords | Delimited
    if kind == "parquet":
        source = Parquet(path, ())
    else:
        text = _text(head, found)
        form = _form(kind, text, found)
        if kind in {"json", "jsonl"} and (lines := lines_name(path, form)):
            found.file["lines"] = lines
            found.doubts.append(f"file.lines: is each element of {lines!r} a line of its order?")
            form = form.model_copy(update={"lines": lines})
        source = JsonRecords(path, form) if kind in {"json", "jsonl"} else Delimited(path, form)
    rows = [row for row in islice(source.records(), SAMPLE_ROWS) if row.problem is None]
    return rows, source.columns or list(dict.fromkeys(name for row in rows for name in row.cells))


def _kind(path: Path, head: bytes) -> Kind:
    if head.startswith(b"PAR1"):
        return "parquet"
    text = head.decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    if text.startswith("["):
        return "json"
    if text.startswith("{"):
        return "jsonl" if re.search(r"\}\s*\n\s*\{", text) else "json"
    declared = FileFormat().kind_of(path.name)
    return declared if declared in {"csv", "tsv"} else "csv"


def _text(head: bytes, found: Suggestion) -> str:
    """The sample as text, and the encoding that it is in."""
    for mark, encoding in BOMS.items():
        if head.startswith(mark):
            found.file |= {} if encoding == "utf-8" else {"encoding": encoding}
            return head.decode(encoding, "ignore")
    try:
        return head.decode() if len(head) < SAMPLE_BYTES else head[: head.rfind(b"\n") + 1].decode()
    except UnicodeDecodeError as error:
        found.file["encoding"] = "cp1252"
        near = head[max(0, error.start - 20) : error.start + 20].decode("cp1252", "replace")
        found.doubts.append(
            f"encoding: the bytes are no UTF-8; read as cp1252 this stands there: {near!r}. Is it spelt right?"
        )
        return head.decode("cp1252", "replace")


def _form(kind: Kind, text: str, found: Suggestion) -> FileFormat:
    if kind in {"json", "jsonl"}:
        if kind == "json" and text.lstrip("\ufeff \r\n\t").startswith("{"):
            where = records_path(text)
            if where is None:
                raise UnreadableFile("no list of records is to be seen in the file's beginning")
            found.file["records"] = where
            found.doubts.append("file.records: is this the path of the list of records?")
        return FileFormat(kind=kind, encoding=found.file.get("encoding", "utf-8"), records=found.file.get("records"))
    first = text.splitlines()[0] if text.splitlines() else ""
    counts = {mark: _width(text, mark) for mark in DELIMITERS}
    delimiter = max(DELIMITERS, key=lambda mark: counts[mark])
    if delimiter != ("\t" if kind == "tsv" else ","):
        found.file["delimiter"] = delimiter
    cells = next(csv.reader(io.StringIO(first), delimiter=delimiter), [])
    has_header = not any(re.fullmatch(r"[\d.,:/ -]*\d[\d.,:/ -]*", cell.strip()) for cell in cells)
    if not has_header:
        found.file["has_header"] = False
        found.doubts.append('file.has_header: the first line holds numbers, so columns are called "1", "2", …')
    return FileFormat(
        kind=kind, delimiter=delimiter, encoding=found.file.get("encoding", "utf-8"), has_header=has_header
    )


def _width(text: str, delimiter: str) -> int:
    """Into how many cells the delimiter cuts every one of the first lines alike, 0 where it does not."""
    rows = list(islice(csv.reader(io.StringIO(text), delimiter=delimiter), 50))[:-1] or [[]]
    widths = [len(row) for row in rows if row]
    return widths[0] if widths and max(widths, key=widths.count) == widths[0] and widths[0] > 1 else 0


def _describe(found: Suggestion, rows: list[Record], values: dict[str, list[str]]) -> None:
    hours = hour_columns(list(values))
    if hours:
        found.wide = {"pattern": hours, "label": "hour", "value": "sold"}
        found.doubts.append("wide: each column that fits the pattern is taken for an hour, its cells for units sold")
        values = {name: cells for name, cells in values.items() if not re.fullmatch(hours, name)}
    found.columns, missing = find_columns(values)
    _fill_wide(found)
    lacking = [name for name in missing if name not in found.columns]
    found.doubts += [f"columns.{name}: no column looks like it" for name in lacking]
    if lacking:
        hint = header_hint(list(values), found.file.get("delimiter", ","))
        found.doubts.append(f"columns: the file has {', '.join(map(repr, values)) or 'none'}{hint}")
    typed = {
        name for row in rows[:1] for name, cell in row.cells.items() if cell is not None and not isinstance(cell, str)
    }
    for name in ("ordered_at", "ordered_date", "ordered_time"):
        column = found.columns.get(name)
        if column in values and column not in typed and (pattern := found.take(dates(name, column, values[column]))):
            found.formats[name] = pattern
    amounts = [
        values[column]
        for name in ("quantity", "unit_price", "line_total")
        if (column := found.columns.get(name)) in values
    ]
    if found.take(numbers([cell for cells in amounts for cell in cells])):
        found.formats["decimal_comma"] = True
    found.currency = found.take(money([cell for cells in amounts for cell in cells]))


def _fill_wide(found: Suggestion) -> None:
    if found.wide:
        found.columns.pop("ordered_at", None)
        found.columns |= {"ordered_time": "{hour}:00", "quantity": "sold"}
        day = found.columns.get("ordered_date", OPEN)
        found.columns.setdefault("order_number", f"{{{day}}}/{{hour}}")


def _written(path: Path, found: Suggestion) -> str:
    """The mapping with its questions first."""
    lines = [f"# A mapping for {path.name}, as its rows suggest it."]
    if found.doubts:
        lines.append("# Questions to settle before it is used:")
        lines += [f"#   - {line}" for doubt in found.doubts for line in doubt.splitlines()]
    lines.append("# location: RIV      # the code of the location that sold; without it, say --location")
    if found.currency:
        lines.append(f"currency: {found.currency}")
    sections = {"file": found.file, "wide": found.wide, "columns": found.columns, "formats": found.formats}
    content = {name: section for name, section in sections.items() if section}
    dump: Callable[..., str] = yaml.safe_dump
    return "\n".join(lines) + "\n" + dump(content, allow_unicode=True, sort_keys=False, width=120)
