"""One moment of the operational database, which any number of sessions can look at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import psycopg
from psycopg import sql

from ingestion.arrow_copy import Column, table_columns
from ingestion.operational.tables import Table
from ingestion.warehouse import connect

FILE_BYTES = 64 * 1024 * 1024
"""Of one CSV file: large enough to be loaded at full speed, small enough that several are loaded at once."""


@dataclass(frozen=True)
class RowFile:
    """A CSV file with a header and how many rows are in it."""

    path: Path
    rows: int


class Snapshot:
    """A repeatable-read, read-only view that any number of sessions share for as long as it is held open."""

    def __init__(self, url: str, identifier: str) -> None:
        self._url = url
        self._identifier = identifier

    @contextmanager
    def session(self) -> Iterator[psycopg.Connection[Any]]:
        """A session that sees exactly the snapshot and writes times in UTC."""
        with connect(self._url) as session:
            session.execute("set transaction isolation level repeatable read, read only")
            session.execute(sql.SQL("set transaction snapshot {}").format(sql.Literal(self._identifier)))
            session.execute("set local timezone to 'UTC'")
            session.execute("set local datestyle to 'ISO'")
            yield session

    def columns(self, table: Table) -> list[Column]:
        """The table's columns with their declared types."""
        with self.session() as session:
            return table_columns(session, f"public.{table.name}")

    def newest(self, table: Table) -> datetime | None:
        """The newest value of the table's cursor."""
        if table.cursor is None:
            return None
        query = sql.SQL("select max({}) from public.{}")
        with self.session() as session:
            found = session.execute(query.format(sql.Identifier(table.cursor), sql.Identifier(table.name))).fetchone()
        return found[0] if found else None

    def write(
        self,
        table: Table,
        columns: list[Column],
        folder: Path,
        *,
        since: datetime | None = None,
        extra: dict[str, str] | None = None,
        file_bytes: int = FILE_BYTES,
    ) -> Iterator[RowFile]:
        """The rows (those with a cursor at or after `since`, in no order) as CSV files in `folder`; one without rows if
        there are none. `extra` are columns with the same text in each row.

        What the server writes is what the warehouse will read: no value is parsed on its way.
        """
        extra = extra or {}
        header = ",".join([*(column.name for column in columns), *extra]).encode() + b"\n"
        statement = sql.SQL("copy ({}) to stdout with (format csv)").format(_query(table, columns, since, extra))
        with self.session() as session, session.cursor() as cursor, cursor.copy(statement) as copy:
            lines = iter(copy)
            is_more, number = True, 0
            while is_more:
                path = folder / f"{table.name}-{number}.csv"
                with path.open("wb") as file:
                    file.write(header)
                    rows, is_more = _write_some(lines, file, file_bytes)
                yield RowFile(path, rows)
                number += 1


def _write_some(lines: Iterator[Any], file: BinaryIO, file_bytes: int) -> tuple[int, bool]:
    """Write lines until they are so many bytes; how many they were and whether there may be more.

    The server sends a row of CSV as one message, line ends inside of values included: no file ends within a row.
    """
    rows, size = 0, 0
    for line in lines:
        file.write(line)
        rows += 1
        size += len(line)
        if size >= file_bytes:
            return rows, True
    return rows, False


@contextmanager
def snapshot(url: str) -> Iterator[Snapshot]:
    """Take a snapshot now and hold it for the block."""
    with connect(url) as holder:
        holder.execute("set transaction isolation level repeatable read, read only")
        row = holder.execute("select pg_export_snapshot()").fetchone()
        assert row is not None
        yield Snapshot(url, row[0])


def _query(table: Table, columns: list[Column], since: datetime | None, extra: dict[str, str]) -> sql.Composed:
    selected = sql.SQL(", ").join([*(column.expression for column in columns), *map(sql.Literal, extra.values())])
    query = sql.SQL("select {} from public.{}").format(selected, sql.Identifier(table.name))
    if since is not None and table.cursor is not None:
        query += sql.SQL(" where {} >= {}").format(sql.Identifier(table.cursor), sql.Literal(since))
    return query
