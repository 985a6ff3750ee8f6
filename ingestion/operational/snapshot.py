"""One moment of the operational database, which any number of sessions can look at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import psycopg
import pyarrow as pa
from psycopg import sql

from ingestion.arrow_copy import Column, read_arrow, table_columns
from ingestion.operational.tables import Table
from ingestion.warehouse import connect


class Snapshot:
    """A repeatable-read, read-only view that any number of sessions share for as long as it is held open."""

    def __init__(self, url: str, identifier: str) -> None:
        self._url = url
        self._identifier = identifier

    @contextmanager
    def session(self) -> Iterator[psycopg.Connection[Any]]:
        """A session that sees exactly the snapshot."""
        with connect(self._url) as session:
            session.execute("set transaction isolation level repeatable read, read only")
            session.execute(sql.SQL("set transaction snapshot {}").format(sql.Literal(self._identifier)))
            yield session

    def columns(self, table: Table) -> list[Column]:
        """The table's columns with their declared types."""
        with self.session() as session:
            return table_columns(session, f"public.{table.name}")

    def read(self, table: Table, columns: list[Column], since: datetime | None = None) -> Iterator[pa.Table]:
        """The rows (those with a cursor at or after `since`, in no order) as Arrow tables of some megabytes each."""
        with self.session() as session:
            yield from read_arrow(session, _query(table, columns, since), columns)


@contextmanager
def snapshot(url: str) -> Iterator[Snapshot]:
    """Take a snapshot now and hold it for the block."""
    with connect(url) as holder:
        holder.execute("set transaction isolation level repeatable read, read only")
        row = holder.execute("select pg_export_snapshot()").fetchone()
        assert row is not None
        yield Snapshot(url, row[0])


def _query(table: Table, columns: list[Column], since: datetime | None) -> sql.Composed:
    selected = sql.SQL(", ").join(column.expression for column in columns)
    query = sql.SQL("select {} from public.{}").format(selected, sql.Identifier(table.name))
    if since is not None and table.cursor is not None:
        query += sql.SQL(" where {} >= {}").format(sql.Identifier(table.cursor), sql.Literal(since))
    return query
