"""Loads a till's file: order lines into `raw_pos.order_lines` through dlt, the rest into quarantine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, LiteralString

import dlt
import psycopg
import pyarrow as pa

from ingestion.pos.lines import OrderLine, Place
from ingestion.pos.reader import GoodRow, PosFile
from ingestion.pos.spool import Spool
from ingestion.pos.summary import Summary
from ingestion.quarantine.store import make_quarantine, put
from ingestion.warehouse import LoadResult, connect, one_load_at_a_time, run_dlt

DATASET = "raw_pos"
TABLE = "order_lines"

Progress = Callable[[int], None]

DECIMAL = pa.decimal128(18, 6)
SCHEMA = pa.schema(
    [
        pa.field("row_id", pa.string(), nullable=False),
        pa.field("location_id", pa.string(), nullable=False),
        pa.field("location_code", pa.string(), nullable=False),
        pa.field("order_number", pa.string(), nullable=False),
        pa.field("ordered_at", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("business_day", pa.date32(), nullable=False),
        pa.field("item_code", pa.string(), nullable=False),
        pa.field("item_name", pa.string(), nullable=False),
        pa.field("category", pa.string(), nullable=False),
        pa.field("quantity", DECIMAL, nullable=False),
        pa.field("unit_price", DECIMAL, nullable=False),
        pa.field("line_total", DECIMAL, nullable=False),
        pa.field("stated_line_count", pa.int32()),
        pa.field("occurrence", pa.int32(), nullable=False),
        pa.field("source_file", pa.string(), nullable=False),
        pa.field("source_line", pa.int32(), nullable=False),
        pa.field("file_sha256", pa.string(), nullable=False),
        pa.field("loaded_at", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("quarantine_id", pa.int64()),  # of a repaired row: the quarantined row that it was
    ]
)

KNOWN = "select row_id from raw_pos.order_lines where row_id = any(%s)"

WAITING = """
select exists (select from raw_quarantine.rows
               where source = 'pos' and file_sha256 = %s and state in ('pending', 'repaired'))
"""
READABLE_NOW = """
select id from raw_quarantine.rows where source = 'pos' and row_key = any(%s) and state in ('pending', 'repaired')
"""
MENDED = """
update raw_quarantine.rows set state = 'loaded', replayed_load = %s, replayed_at = now()
where id = any(%s) and state in ('pending', 'repaired')
"""
MENDED_FILE = """
update raw_quarantine.rows as waiting set state = 'loaded', replayed_load = %(load)s, replayed_at = now()
from raw_pos.order_lines as loaded
where waiting.source = 'pos' and waiting.state in ('pending', 'repaired') and waiting.file = %(file)s
  and waiting.file_sha256 <> %(sha256)s and loaded.file_sha256 = %(sha256)s
  and loaded.source_file = waiting.file and loaded.source_line = waiting.line
  and loaded.order_number = waiting.figures ->> 'order_number'
  and loaded.location_code = coalesce(waiting.location_code, loaded.location_code)
"""
"""A mended file of the same name: the line is the same, and so is its order. The next day's file of that name has other
orders on its lines."""


def load_file(file: PosFile, url: str, *, progress: Progress | None = None, folder: Path | None = None) -> Summary:
    """Load every row of `file` that is not there yet; give what was found and what was new."""
    with one_load_at_a_time(url, DATASET), Spool() as spool:
        make_quarantine(url)
        summary = Summary()
        result = run_dlt(
            order_lines(_new_chunks(file, url, summary, spool, progress)), dataset=DATASET, url=url, folder=folder
        )
        summary.close(spool)
        load_id = ", ".join(result.load_ids)
        summary.quarantined_new = put(url, spool.rejected(), load_id)
        _settle(url, file, spool, load_id)
    return summary


def load_rows(url: str, rows: Iterable[dict[str, Any]]) -> LoadResult:
    """Load records that are known to be new; the caller holds the schema's lock."""
    table = pa.Table.from_pylist(list(rows), SCHEMA)
    return run_dlt(order_lines(iter([table])), dataset=DATASET, url=url)


def ensure_tables(url: str, *, folder: Path | None = None) -> None:
    """Make the raw table and the quarantine where no file was ever imported."""
    with one_load_at_a_time(url, DATASET):
        run_dlt(order_lines(iter(())), dataset=DATASET, url=url, folder=folder)
        make_quarantine(url)


def order_lines(chunks: Iterator[pa.Table]) -> Any:
    """The dlt resource: rows are keyed by `row_id` and never change, so known ones are left alone."""

    def rows() -> Iterator[pa.Table]:
        yield SCHEMA.empty_table()  # the table is made even when nothing is new
        yield from chunks

    return dlt.resource(
        rows,
        name=TABLE,
        primary_key="row_id",
        columns={"row_id": {"unique": True}},
        write_disposition={"disposition": "merge", "strategy": "insert-only"},
        max_table_nesting=0,
    )


def known_rows(url: str, row_ids: list[str]) -> set[str]:
    """Those of the keys that the warehouse has."""
    with connect(url) as session:
        try:
            return {row_id for (row_id,) in session.execute(KNOWN, [row_ids])}
        except psycopg.errors.UndefinedTable:
            return set()


def record(
    row_id: str, occurrence: int, place: Place, line: OrderLine, *, name: str, number: int, sha256: str, now: datetime
) -> dict[str, Any]:
    """A row of the raw table."""
    return {
        **vars(line),
        "row_id": row_id,
        "location_id": place.location_id,
        "location_code": place.code,
        "occurrence": occurrence,
        "source_file": name,
        "source_line": number,
        "file_sha256": sha256,
        "loaded_at": now,
    }


def _new_chunks(
    file: PosFile, url: str, summary: Summary, spool: Spool, progress: Progress | None
) -> Iterator[pa.Table]:
    """Arrow tables of the rows that the warehouse does not have; the others are counted and kept in the spool."""
    now = datetime.now(UTC)
    has_waiting = _one(url, WAITING, file.sha256)
    for chunk in file.chunks(spool, has_waiting=has_waiting):
        known = known_rows(url, [row.row_id for row in chunk.good])
        summary.add(chunk, known, spool)
        if has_waiting:
            spool.mend(_readable_now(url, chunk.good))
        if progress:
            progress(summary.lines_read)
        if new := [row for row in chunk.good if row.row_id not in known]:
            yield pa.Table.from_pylist([_record(row, file, now) for row in new], SCHEMA)


def _record(row: GoodRow, file: PosFile, now: datetime) -> dict[str, Any]:
    return record(
        row.row_id,
        row.occurrence,
        row.place,
        row.line,
        name=file.name,
        number=row.line_number,
        sha256=file.sha256,
        now=now,
    )


def _readable_now(url: str, rows: list[GoodRow]) -> list[int]:
    with connect(url) as session:
        return [row_id for (row_id,) in session.execute(READABLE_NOW, [[row.raw_key for row in rows]])]


def _settle(url: str, file: PosFile, spool: Spool, load_id: str) -> None:
    """Quarantined rows that a better mapping or a mended file of the same name has brought in are loaded."""
    is_line_by_line = file.mapping.wide is None and file.mapping.file.lines is None
    with connect(url) as session:
        for ids in spool.mended():
            session.execute(MENDED, [load_id, ids])
        if is_line_by_line:
            session.execute("set local enable_nestloop = off")  # nobody has counted the lines that have just come
            session.execute(MENDED_FILE, {"load": load_id, "file": file.name, "sha256": file.sha256})


def _one(url: str, query: LiteralString, *parameters: object) -> bool:
    with connect(url) as session:
        row = session.execute(query, parameters).fetchone()
    return bool(row and row[0])
