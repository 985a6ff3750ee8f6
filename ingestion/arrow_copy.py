"""Rows of PostgreSQL as Arrow tables: read by COPY, typed by the catalogue, never by guessing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, cast

import psycopg
import pyarrow as pa
import pyarrow.csv as pa_csv
from psycopg import sql

CHUNK_BYTES = 16 * 1024 * 1024
ROWS_AT_ONCE = 1000

COLUMNS = """
select attname, format_type(atttypid, null) as type, atttypmod, attnotnull
from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped and atttypid <> 'bytea'::regtype
order by attnum
"""
"""Digests (the only `bytea` there is) are the service's own business."""

SIMPLE: dict[str, tuple[str, pa.DataType]] = {  # PostgreSQL's type → dlt's, and Arrow's
    "text": ("text", pa.string()),
    "character varying": ("text", pa.string()),
    "uuid": ("text", pa.string()),
    "boolean": ("bool", pa.bool_()),
    "smallint": ("bigint", pa.int64()),
    "integer": ("bigint", pa.int64()),
    "bigint": ("bigint", pa.int64()),
    "date": ("date", pa.date32()),
    "time without time zone": ("time", pa.time64("us")),
    "timestamp with time zone": ("timestamp", pa.timestamp("us", tz="UTC")),
    "jsonb": ("json", pa.string()),
}


@dataclass(frozen=True)
class Column:
    """A column as the catalogue declares it; `expression` is how it is selected."""

    name: str
    hints: dict[str, Any]
    arrow: pa.DataType
    expression: sql.Composable


def table_columns(session: psycopg.Connection[Any], qualified_name: str) -> list[Column]:
    """The columns of a table as the catalogue declares them."""
    return [_column(*row) for row in session.execute(COLUMNS, [qualified_name]).fetchall()]


def read_arrow(
    session: psycopg.Connection[Any], query: sql.Composable, columns: list[Column], chunk_bytes: int = CHUNK_BYTES
) -> Iterator[pa.Table]:
    """The rows of a query that selects exactly `columns`, in Arrow tables of `chunk_bytes` of text each."""
    session.execute("set local timezone to 'UTC'")
    session.execute("set local datestyle to 'ISO'")
    reading = pa_csv.ReadOptions(column_names=[column.name for column in columns], block_size=chunk_bytes)
    parsing = pa_csv.ParseOptions(newlines_in_values=True)
    statement = sql.SQL("copy ({}) to stdout with (format csv)").format(query)
    with session.cursor() as cursor, cursor.copy(statement) as copy:
        stream = cast("Any", _CopyStream(copy))
        if not stream.peek():
            return
        for batch in pa_csv.open_csv(stream, reading, parsing, _conversion(columns)):
            yield pa.Table.from_batches([batch])


def _column(name: str, type_: str, modifier: int, is_needed: bool) -> Column:
    identifier: sql.Composable = sql.Identifier(name)
    hints: dict[str, Any] = {"name": name, "nullable": not is_needed}
    if type_ == "numeric":
        precision, scale = ((modifier - 4) >> 16, (modifier - 4) & 0x7FF) if modifier > 0 else (38, 9)
        hints |= {"data_type": "decimal", "precision": precision, "scale": scale}
        return Column(name, hints, pa.decimal128(precision, scale), identifier)
    if type_.endswith("[]"):
        return Column(name, hints | {"data_type": "json"}, pa.string(), sql.SQL("array_to_json({})").format(identifier))
    if type_ not in SIMPLE:
        raise NotImplementedError(f"column {name} has the type {type_}, which the warehouse has no mapping for")
    kind, arrow = SIMPLE[type_]
    return Column(name, hints | {"data_type": kind}, arrow, identifier)


def _conversion(columns: list[Column]) -> pa_csv.ConvertOptions:
    """COPY writes null as nothing and an empty text as two quotes: the two stay apart."""
    return pa_csv.ConvertOptions(
        column_types={column.name: column.arrow for column in columns},
        null_values=[""],
        true_values=["t"],
        false_values=["f"],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
    )


class _CopyStream:
    """A COPY as the file-like object that Arrow reads; rows come one by one, and are put together by the thousand."""

    closed = False

    def __init__(self, copy: psycopg.Copy) -> None:
        self._rows = iter(copy)
        self._ahead = b""
        self._at = 0

    def peek(self) -> bool:
        """Whether there is anything to read."""
        if self._at == len(self._ahead):
            self._ahead, self._at = b"".join(islice(self._rows, ROWS_AT_ONCE)), 0
        return bool(self._ahead)

    def read(self, size: int = -1) -> bytes:
        parts, wanted = [], size if size >= 0 else 1 << 62
        while wanted > 0 and self.peek():
            parts.append(self._ahead[self._at : self._at + wanted])
            self._at += len(parts[-1])
            wanted -= len(parts[-1])
        return b"".join(parts)

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return False

    def close(self) -> None:
        """Nothing to close: the session ends the COPY."""
