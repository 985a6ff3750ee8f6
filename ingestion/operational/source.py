"""The dlt sources of the operational tables: a resource is named as its table and says its key and disposition."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import dlt
import pyarrow as pa
from dlt.extract.source import DltSource

from ingestion.arrow_copy import Column
from ingestion.operational.snapshot import Snapshot, snapshot
from ingestion.operational.tables import DATASET, LEDGER, OVERLAP, REFERENCE, Table
from ingestion.warehouse import LoadResult, one_load_at_a_time, run_dlt

CONTRACT = {"tables": "evolve", "columns": "evolve", "data_type": "freeze"}  # a retyped column stops the load by name


def load_reference(source_url: str, warehouse_url: str, *, folder: Path | None = None) -> LoadResult:
    """Mirror the tables that sales need first."""
    return load_tables(REFERENCE, source_url, warehouse_url, folder=folder)


def load_ledger(
    source_url: str, warehouse_url: str, *, overlap: timedelta = OVERLAP, folder: Path | None = None
) -> LoadResult:
    """Mirror the ledger and everything it points to, all from one snapshot."""
    return load_tables(LEDGER, source_url, warehouse_url, overlap=overlap, folder=folder)


def load_tables(
    tables: tuple[Table, ...],
    source_url: str,
    warehouse_url: str,
    *,
    overlap: timedelta = OVERLAP,
    folder: Path | None = None,
) -> LoadResult:
    """Mirror `tables` from one snapshot of the operational database into `raw_operational`."""
    with one_load_at_a_time(warehouse_url, DATASET), snapshot(source_url) as moment:
        source = operational_source(moment, tables, overlap)
        return run_dlt(source, dataset=DATASET, url=warehouse_url, folder=folder)


def operational_source(moment: Snapshot, tables: tuple[Table, ...], overlap: timedelta) -> DltSource:
    """A dlt source of `tables` as they are in the snapshot; movements since the last load less `overlap`."""
    resources = [_resource(moment, table, overlap) for table in tables]
    make: Any = dlt.source
    source: DltSource = make(lambda: resources, name="operational", section="operational", schema_contract=CONTRACT)()
    return source


def _resource(moment: Snapshot, table: Table, overlap: timedelta) -> Any:
    columns = moment.columns(table)
    make = partial(_incremental, overlap=overlap) if table.cursor else _replaced
    return make(moment, table, columns)


def _replaced(moment: Snapshot, table: Table, columns: list[Column]) -> Any:
    def rows() -> Iterator[Any]:
        yield from _read(moment, table, columns)

    return _declare(
        rows, table, columns, write_disposition={"disposition": "replace", "strategy": "insert-from-staging"}
    )


def _incremental(moment: Snapshot, table: Table, columns: list[Column], overlap: timedelta) -> Any:
    assert table.cursor is not None
    cursor: Any = dlt.sources.incremental(table.cursor, primary_key=(), lag=overlap.total_seconds())

    def rows(newest: Any = cursor) -> Iterator[Any]:
        yield from _read(moment, table, columns, newest.last_value)

    return _declare(rows, table, columns, write_disposition={"disposition": "merge", "strategy": "insert-only"})


def _declare(rows: Callable[..., Iterator[Any]], table: Table, columns: list[Column], write_disposition: Any) -> Any:
    hints: dict[str, Any] = {column.name: column.hints for column in columns}
    if table.cursor and len(table.key) == 1:
        hints[table.key[0]] = {**hints[table.key[0]], "unique": True}  # makes the index that the merge looks keys up in
    return dlt.resource(
        rows,
        name=table.name,
        primary_key=table.key,
        columns=hints,
        write_disposition=write_disposition,
        max_table_nesting=0,
    )


def _read(moment: Snapshot, table: Table, columns: list[Column], since: Any = None) -> Iterator[Any]:
    """The rows; an empty table is still made, so that its readers find it."""
    empty = True
    for chunk in moment.read(table, columns, since):
        empty = False
        yield chunk
    if empty:
        yield pa.schema([(column.name, column.arrow) for column in columns]).empty_table()
