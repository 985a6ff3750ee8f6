"""One mart's rows for one report: which columns, which rows, as Arrow, with the load they belong to."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, cast

import psycopg
import pyarrow as pa
from psycopg import sql

from ingestion.arrow_copy import Column, read_arrow, table_columns
from ingestion.warehouse import connect
from orchestration.lib.errors import ExportFailed
from orchestration.lib.verdicts import Verdict, read_verdict

SCHEMA = "marts"
BOOKKEEPING = frozenset({"load_id"})  # the manifest says it once for all rows
DAY = {
    "business_day": "{column} = {day}",
    "origin_day": "{column} = {day}",
    "period": "{column} = date_trunc('month', {day})",
}
"""How a mart with such a column is cut to the partition's business day; a mart with none of them is exported whole."""

CHUNK_BYTES = 2 * 1024 * 1024
"""Of rows at a time: several such chunks are under way at once."""
LARGE = 1_000_000
"""Rows of a mart that are not sorted when all of them are exported."""

HEADS = {
    "marts.fct_stock_movements": "select movement_id, recorded_at from marts.fct_stock_movements"
    " order by recorded_at desc, movement_id desc limit 1",
    "raw_operational.stock_movements": "select id, recorded_at from raw_operational.stock_movements"
    " order by recorded_at desc, id desc limit 1",
}
"""The newest ledger row that the figures know: the published one; where movements are not published, the loaded one."""


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
    names: set[str]
    batches: Iterator[pa.Table]
    load_id: str
    as_of: datetime
    ledger_head: dict[str, str]
    verdict: Verdict
    session: psycopg.Connection[Any]

    @property
    def schema(self) -> pa.Schema:
        """The columns as Arrow has them."""
        return _schema(self.columns)


@contextmanager
def selected_rows(
    warehouse_url: str, selection: Selection, largest: Callable[[pa.Schema], str | None] | None = None
) -> Iterator[Rows]:
    """Open a consistent view of the published marts; ExportFailed names an unknown mart or column.

    Rows come in the order of their columns, or those first whose value is the largest in the column that `largest`
    names for their schema.
    """
    with connect(warehouse_url) as session:
        session.execute("set transaction isolation level repeatable read, read only")
        every = _columns(session, selection.mart)
        columns = _chosen(every, selection)
        names = {column.name for column in every}
        first = largest(_schema(columns)) if largest else None
        query = _query(selection, columns, names, _order(session, selection, columns, names, first))
        load_id, as_of = _load(session)
        verdict = read_verdict(session, load_id, as_of).about(selection.location_id)
        with closing(
            cast("Generator[pa.Table]", read_arrow(session, query, columns, CHUNK_BYTES))
        ) as batches:  # a reader that gives up ends the COPY
            yield Rows(columns, names, batches, load_id, as_of, _ledger_head(session), verdict, session)


def _schema(columns: list[Column]) -> pa.Schema:
    return pa.schema([(column.name, column.arrow) for column in columns])


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


def _query(selection: Selection, columns: list[Column], names: set[str], order: sql.Composable) -> sql.Composable:
    conditions = conditions_of(selection, names)
    return sql.SQL("select {columns} from {table} where {conditions} {order}").format(
        columns=sql.SQL(", ").join(column.expression for column in columns),
        table=sql.Identifier(SCHEMA, selection.mart),
        conditions=sql.SQL(" and ").join(conditions),
        order=order,
    )


def _order(
    session: psycopg.Connection[Any],
    selection: Selection,
    columns: list[Column],
    names: set[str],
    largest: str | None,
) -> sql.Composable:
    """By the columns, so that equal rows give equal files; a large mart that is taken whole comes as it was published.

    Sorting that would cost more than reading it; within one load its order is the same each time.
    """
    order = sql.SQL(", ").join(sql.SQL(str(position + 1)) for position in range(len(columns)))
    if largest is not None:
        return sql.SQL("order by abs({}) desc nulls last, {}").format(sql.Identifier(largest), order)
    table = f'{SCHEMA}."{selection.mart}"'
    rows = session.execute("select reltuples from pg_class where oid = to_regclass(%s)", [table]).fetchone()
    if names.isdisjoint(DAY) and rows is not None and rows[0] > LARGE:
        session.execute("set local synchronize_seqscans = off")
        session.execute("set local max_parallel_workers_per_gather = 0")
        return sql.SQL("")
    return sql.SQL("order by {}").format(order)


def conditions_of(selection: Selection, names: set[str]) -> list[sql.Composable]:
    """What a row must hold to be selected from a mart with these columns; a day only where one of them is a day."""
    conditions: list[sql.Composable] = [sql.SQL("true")]
    conditions += [_matches(name, value) for name, value in selection.filters.items()]
    if selection.location_id is not None and "location_id" in names:
        conditions.append(_matches("location_id", selection.location_id))
    day_column = next((name for name in DAY if name in names and name not in selection.filters), None)
    if day_column is not None:
        identifier, day = sql.Identifier(day_column), sql.Literal(selection.day)
        conditions.append(sql.SQL(DAY[day_column]).format(column=identifier, day=day))
    return conditions


def _matches(name: str, value: Any) -> sql.Composable:
    values = value if isinstance(value, list) else [value]
    plain = (str(each).lower() if isinstance(each, bool) else str(each) for each in values)
    texts = sql.SQL(", ").join(map(sql.Literal, plain))
    return sql.SQL("{}::text in ({})").format(sql.Identifier(name), texts)


def _load(session: psycopg.Connection[Any]) -> tuple[str, datetime]:
    """The load that the marts stand at, and since when."""
    load = session.execute(
        "select load_id, published_at from marts.loads order by published_at desc limit 1"
    ).fetchone()
    if load is None:
        raise ExportFailed("no load has been published yet")
    return str(load[0]), load[1].astimezone(UTC)


def _ledger_head(session: psycopg.Connection[Any]) -> dict[str, str]:
    for table, query in HEADS.items():
        exists = session.execute("select to_regclass(%s) is not null", [table]).fetchone()
        if exists and exists[0]:
            head = session.execute(query).fetchone()
            return {"movement_id": str(head[0]), "recorded_at": _iso(head[1])} if head and head[1] else {}
    return {}


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
