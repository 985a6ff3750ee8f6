"""The dlt sources of the operational tables: a resource is named as its table and says its key and disposition.

Rows travel as the CSV that one server writes and the other reads: dlt is given the files, makes the tables, merges,
and keeps the load's books, but no row passes through Python.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import dlt
from dlt.common.schema.typing import C_DLT_LOAD_ID
from dlt.common.schema.utils import dlt_load_id_column
from dlt.extract.source import DltSource

from ingestion.arrow_copy import Column
from ingestion.operational.snapshot import Snapshot, snapshot
from ingestion.operational.tables import DATASET, LEDGER, OVERLAP, REFERENCE, Table
from ingestion.warehouse import LoadResult, one_load_at_a_time, run_dlt, working_folder

CONTRACT = {"tables": "evolve", "columns": "evolve", "data_type": "freeze"}  # a retyped column stops the load by name
KNOWN = "known_until"
"""In dlt's state of a table with a cursor: the newest value that was loaded."""
REPLACED: Any = {"disposition": "replace", "strategy": "insert-from-staging"}
MERGED: Any = {"disposition": "merge", "strategy": "insert-only"}
AT_FIRST: Any = {"disposition": "replace", "strategy": "truncate-and-insert"}
"""Of a table that is merged into later: nobody reads it yet, so its rows need no staging. Emptied first, because a load
that was killed may have left some."""


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
    with (
        one_load_at_a_time(warehouse_url, DATASET),
        snapshot(source_url) as moment,
        _folder_of_rows(folder or working_folder()) as rows,
    ):
        source = operational_source(moment, tables, overlap, rows)
        return run_dlt(source, dataset=DATASET, url=warehouse_url, folder=folder)


def operational_source(moment: Snapshot, tables: tuple[Table, ...], overlap: timedelta, folder: Path) -> DltSource:
    """A dlt source of `tables` as they are in the snapshot; movements since the last load less `overlap`.

    Rows lie as files in `folder` until they are loaded.
    """
    resources = [_resource(moment, table, overlap, folder) for table in tables]
    make: Any = dlt.source
    source: DltSource = make(lambda: resources, name="operational", section="operational", schema_contract=CONTRACT)()
    return source


def _resource(moment: Snapshot, table: Table, overlap: timedelta, folder: Path) -> Any:
    columns = moment.columns(table)

    def files() -> Iterator[Any]:
        load_id = dlt.current.load_package_state()["load_id"]
        since, hints = None, None
        if table.cursor:
            state = dlt.current.resource_state()
            since, state[KNOWN] = state.get(KNOWN), moment.newest(table)
            hints = None if since else dlt.mark.make_hints(write_disposition=AT_FIRST)
        oldest = since - overlap if since else None
        for file in moment.write(table, columns, folder, since=oldest, extra={C_DLT_LOAD_ID: load_id}):
            yield dlt.mark.with_file_import(str(file.path), "csv", file.rows, hints)

    return dlt.resource(
        files,
        name=table.name,
        primary_key=table.key,
        columns=_hints(table, columns),
        write_disposition=MERGED if table.cursor else REPLACED,
        max_table_nesting=0,
    )


def _hints(table: Table, columns: list[Column]) -> dict[str, Any]:
    hints: dict[str, Any] = {column.name: column.hints for column in columns}
    if table.cursor and len(table.key) == 1:
        hints[table.key[0]] = {**hints[table.key[0]], "unique": True}  # makes the index that the merge looks keys up in
    return {**hints, C_DLT_LOAD_ID: dlt_load_id_column()}


@contextmanager
def _folder_of_rows(folder: Path) -> Iterator[Path]:
    """A folder on the disk of dlt's own, so that dlt need not copy; what a killed load left in it goes first."""
    rows = folder / "operational_rows"
    shutil.rmtree(rows, ignore_errors=True)
    rows.mkdir(parents=True)
    try:
        yield rows
    finally:
        shutil.rmtree(rows, ignore_errors=True)
