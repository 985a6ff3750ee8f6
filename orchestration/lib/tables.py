"""One mart's rows for one report: which columns, which rows, as Arrow, with the load they belong to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import psycopg
import pyarrow as pa
from psycopg import sql

from ingestion.arrow_copy import Column, read_arrow, table_columns
from ingestion.warehouse import connect
from orchestration.lib.errors import ExportFailed

SCHEMA = "marts"
BOOKKEEPING = frozenset({"load_id"})  # the manifest says it once for all rows
DAY = {
    "business_day": "{column} = {day}",
    "origin_day": "{column} = {day}",
    "period": "{column} = date_trunc('month', {day})",
}
"""How a mart with such a column is cut to the partition's business day; a mart with none of them is exported whole."""

HEAD = "select id, recorded_at from raw_operational.stock_movements order by recorded_at desc, id desc limit 1"


@dataclass(frozen=True)
class Selection:
    """A report's rows: `filters` are columns and the value, or the values, that they must have."""

    mart: str
    columns: tuple[str, ...]
    filters: Mapping[str, Any]
    location_id: str | None
    day: date


@dataclass(frozen=True)
class Rows:
    """What a selection found, in one consistent view: read `batches` before the block ends."""

    columns: list[Column]
    batches: Iterator[pa.Table]
    load_id: str
    ledger_head: dict[str, str]


@contextmanager
def selected_rows(warehouse_url: str, selection: Selection) -> Iterator[Rows]:
    """Open a consistent view of the published marts; ExportFailed names an unknown mart or column."""
    with connect(warehouse_url) as session:
        session.execute("set transaction isolation level repeatable read, read only")
        every = _columns(session, selection.mart)
        columns = _chosen(every, selection)
        query = _query(selection, columns, {column.name for column in every})
        yield Rows(columns, read_arrow(session, query, columns), *_provenance(session))


def _columns(session: psycopg.Connection[Any], mart: str) -> list[Column]:
    published = session.execute(
        "select to_regclass(%s) is not null", [f'{SCHEMA}."{mart}"'.replace("%", "")]
    ).fetchone()
    if published is None or not published[0]:
        raise ExportFailed(f"there is no published mart {mart!r}")
    return table_columns(session, f'{SCHEMA}."{mart}"')


def _chosen(every: list[Column], selection: Selection) -> list[Column]:
    by_name = {column.name: column for column in every}
    unknown = [name for name in (*selection.columns, *selection.filters) if name not in by_name]
    if unknown:
        raise ExportFailed(f"the mart {selection.mart} has no column {', '.join(unknown)}")
    if selection.columns:
        return [by_name[name] for name in selection.columns]
    return [column for column in every if column.name not in BOOKKEEPING]


def _query(selection: Selection, columns: list[Column], names: set[str]) -> sql.Composable:
    conditions: list[sql.Composable] = [_matches(name, value) for name, value in selection.filters.items()]
    if selection.location_id is not None and "location_id" in names:
        conditions.append(_matches("location_id", selection.location_id))
    day_column = next((name for name in DAY if name in names and name not in selection.filters), None)
    if day_column is not None:
        identifier, day = sql.Identifier(day_column), sql.Literal(selection.day)
        conditions.append(sql.SQL(DAY[day_column]).format(column=identifier, day=day))
    order = sql.SQL(", ").join(sql.SQL(str(position + 1)) for position in range(len(columns)))
    return sql.SQL("select {columns} from {table} where {conditions} order by {order}").format(
        columns=sql.SQL(", ").join(column.expression for column in columns),
        table=sql.Identifier(SCHEMA, selection.mart),
        conditions=sql.SQL(" and ").join(conditions) if conditions else sql.SQL("true"),
        order=order,
    )


def _matches(name: str, value: Any) -> sql.Composable:
    values = value if isinstance(value, list) else [value]
    plain = (str(each).lower() if isinstance(each, bool) else str(each) for each in values)
    texts = sql.SQL(", ").join(map(sql.Literal, plain))
    return sql.SQL("{}::text in ({})").format(sql.Identifier(name), texts)


def _provenance(session: psycopg.Connection[Any]) -> tuple[str, dict[str, str]]:
    """The load that the marts stand at, and the newest ledger row that it knew."""
    load = session.execute("select load_id from marts.loads order by published_at desc limit 1").fetchone()
    if load is None:
        raise ExportFailed("no load has been published yet")
    head = session.execute(HEAD).fetchone()
    recorded_at: datetime | None = head[1] if head else None
    shown = {"movement_id": str(head[0]), "recorded_at": recorded_at.isoformat()} if head and recorded_at else {}
    return str(load[0]), shown
