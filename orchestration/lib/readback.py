"""Exported files read back in batches, as the columns that they should have."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterator
from decimal import Context, Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

BATCH = 50_000
WIDE = Context(prec=76)
DECIMAL = re.compile(r"decimal128\((\d+), (-?\d+)\)")
TYPES = {
    str(kind): kind
    for kind in (
        pa.string(),
        pa.bool_(),
        pa.int64(),
        pa.date32(),
        pa.time64("us"),
        pa.timestamp("us", tz="UTC"),
    )
}
SHEET = "xl/worksheets/sheet1.xml"
SPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


class Unreadable(Exception):
    """The file does not hold what its manifest says; the message names the place."""


Reading = tuple[pa.Schema, Iterator[pa.Table]]


def arrow_type(name: str) -> pa.DataType:
    """The type of this name, as a manifest writes it. Raises ValueError for a name of no type that is exported."""
    if match := DECIMAL.fullmatch(name):
        return pa.decimal128(int(match[1]), int(match[2]))
    if name not in TYPES:
        raise ValueError(f"{name} is no type of an exported column")
    return TYPES[name]


def read_csv(path: Path, schema: pa.Schema, heading_lines: int) -> Reading:
    """Every cell must fit its column's type; the header tells the names."""
    reading = pa_csv.ReadOptions(skip_rows=heading_lines)
    parsing = pa_csv.ParseOptions(newlines_in_values=True)
    types = {field.name: field.type for field in schema}
    try:
        reader = pa_csv.open_csv(path, reading, parsing, pa_csv.ConvertOptions(column_types=types))
    except pa.ArrowException as error:
        raise Unreadable(str(error)) from error
    return reader.schema, _guarded(reader)


def read_parquet(path: Path, schema: pa.Schema, heading_lines: int) -> Reading:  # noqa: ARG001 - as the others
    """The file says its own types."""
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise Unreadable(str(error)) from error
    return file.schema_arrow, _guarded(file.iter_batches(BATCH))


def read_xlsx(path: Path, schema: pa.Schema, heading_lines: int) -> Reading:
    """The first sheet: texts must be texts and numbers numbers, and nothing a formula."""
    rows = _rows(path)
    header: dict[int, Any] = {}
    for _ in range(heading_lines + 1):
        header = next(rows, (0, {}))[1]
    names = [str(value) for value in header.values()]
    known = {field.name: field.type for field in schema}
    found = pa.schema([(name, known.get(name, pa.string())) for name in names])
    return found, _typed(rows, found)


READERS: dict[str, Callable[[Path, pa.Schema, int], Reading]] = {
    "csv": read_csv,
    "parquet": read_parquet,
    "xlsx": read_xlsx,
}


def _guarded(batches: Any) -> Iterator[pa.Table]:
    try:
        for batch in batches:
            yield pa.Table.from_batches([batch])
    except (pa.ArrowException, OSError) as error:
        raise Unreadable(str(error)) from error


# ------------------------------------------------------------------ workbooks


def _rows(path: Path) -> Iterator[tuple[int, dict[int, str | bool | Decimal | None]]]:
    """The number and the cells of every row, by column."""
    try:
        with zipfile.ZipFile(path) as book, book.open(SHEET) as sheet:
            for _, element in ET.iterparse(sheet):  # noqa: S314 - expat bounds what entities expand to
                if element.tag == SPACE + "row":
                    yield int(element.get("r", 0)), dict(map(_cell, element))
                    element.clear()
    except (zipfile.BadZipFile, KeyError, OSError, ET.ParseError) as error:
        raise Unreadable(f"not a workbook: {error}") from error


def _cell(cell: Any) -> tuple[int, str | bool | Decimal | None]:
    reference = cell.get("r", "A1")
    if cell.find(SPACE + "f") is not None:
        raise Unreadable(f"cell {reference} is a formula")
    kind, value = cell.get("t", "n"), cell.findtext(SPACE + "v")
    if kind == "inlineStr":
        return _position(reference), "".join(text.text or "" for text in cell.iter(SPACE + "t"))
    if value is None:
        return _position(reference), None
    return _position(reference), value == "1" if kind == "b" else _number(reference, value)


def _number(reference: str, value: str) -> Decimal:
    try:
        return Decimal(value)
    except InvalidOperation:
        raise Unreadable(f"cell {reference} is neither text nor number: {value[:40]}") from None


def _position(reference: str) -> int:
    """`AB12` is column 27."""
    number = 0
    for letter in reference.rstrip("0123456789"):
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _typed(rows: Iterator[tuple[int, dict[int, Any]]], schema: pa.Schema) -> Iterator[pa.Table]:
    """Rows in batches; numbers at their column's scale, other columns empty: sums and rows are what is compared."""
    columns: list[list[Any]] = [[] for _ in schema]
    for number, cells in rows:
        for position, field in enumerate(schema):
            columns[position].append(_fitting(number, field, cells.get(position)))
        if len(columns[0]) == BATCH:
            yield _batch(columns, schema)
            columns = [[] for _ in schema]
    if columns and columns[0]:
        yield _batch(columns, schema)


def _batch(columns: list[list[Any]], schema: pa.Schema) -> pa.Table:
    arrays = [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)]
    return pa.table(arrays, schema=schema)


def _fitting(row: int, field: pa.Field, value: Any) -> Any:
    kind = field.type
    wanted: type = bool if pa.types.is_boolean(kind) else str if _is_text(kind) else Decimal
    if value is None:
        return None
    if not isinstance(value, wanted) and not (wanted is Decimal and _is_early(field, value)):
        raise Unreadable(f"row {row}, {field.name}: {str(value)[:40]!r} is not a {kind}")
    if pa.types.is_decimal(kind):
        return value.quantize(Decimal(1).scaleb(-kind.scale), context=WIDE)
    return int(value) if pa.types.is_integer(kind) else None


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_time(kind))


def _is_early(field: pa.Field, value: Any) -> bool:
    """A day before 1900, which a spreadsheet has no number for."""
    return isinstance(value, str) and bool(pa.types.is_temporal(field.type))
