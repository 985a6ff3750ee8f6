"""Loads a till's file: order lines into `raw_pos.order_lines` through dlt, the rest into `quarantine.pos_lines`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import dlt
import psycopg
import pyarrow as pa

from ingestion.errors import InvalidMapping, UnknownLocation
from ingestion.pos import quarantine
from ingestion.pos.mapping import Mapping
from ingestion.pos.parsing import Place
from ingestion.pos.reader import BadRow, GoodRow, PosFile
from ingestion.pos.summary import Summary
from ingestion.warehouse import connect, one_load_at_a_time, run_dlt

DATASET = "raw_pos"
TABLE = "order_lines"
CHUNK_ROWS = 10_000

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
    ]
)

KNOWN = "select row_id from raw_pos.order_lines where row_id = any(%s)"


def find_place(url: str, code: str, mapping: Mapping) -> Place:
    """The restaurant by its code; UnknownLocation lists the codes there are, InvalidMapping says a wrong currency."""
    with connect(url) as session:
        rows = session.execute("select id, code, time_zone, currency, day_cutoff from public.locations").fetchall()
    found = next((row for row in rows if row[1] == code), None)
    if found is None:
        known = ", ".join(sorted(row[1] for row in rows)) or "none"
        raise UnknownLocation(f"there is no location {code!r}; the locations are {known}")
    if mapping.currency not in {None, found[3]}:
        raise InvalidMapping(f"the mapping says {mapping.currency}, but the location {code} keeps {found[3]}")
    return Place(str(found[0]), *found[1:])


def load_file(file: PosFile, url: str, *, progress: Progress | None = None, folder: Path | None = None) -> Summary:
    """Load every row of `file` that is not there yet; give what was found and what was new."""
    with one_load_at_a_time(url, DATASET):
        summary = Summary()
        bad: list[BadRow] = []
        chunks = _new_chunks(file, url, summary, bad, progress)
        run_dlt(order_lines(chunks), dataset=DATASET, url=url, folder=folder)
        summary.quarantined_new = quarantine.keep(url, file, bad)
        quarantine.resolve(url, file)
    return summary


def ensure_tables(url: str, *, folder: Path | None = None) -> None:
    """Make the raw table and the quarantine where no file was ever imported."""
    with one_load_at_a_time(url, DATASET):
        run_dlt(order_lines(iter(())), dataset=DATASET, url=url, folder=folder)
        quarantine.ensure_table(url)


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


def _new_chunks(
    file: PosFile, url: str, summary: Summary, bad: list[BadRow], progress: Progress | None
) -> Iterator[pa.Table]:
    """Arrow tables of the rows that the warehouse does not have; bad rows are put aside in `bad`."""
    now = datetime.now(UTC)
    rows = file.rows()
    while batch := list(islice(rows, CHUNK_ROWS)):
        good = [row for row in batch if isinstance(row, GoodRow)]
        bad += [row for row in batch if isinstance(row, BadRow)]
        known = _known(url, [row.row_id for row in good])
        summary.add(batch, known)
        if progress:
            progress(summary.lines_read)
        if new := [row for row in good if row.row_id not in known]:
            yield pa.Table.from_pylist([_record(row, file, now) for row in new], SCHEMA)


def _known(url: str, row_ids: list[str]) -> set[str]:
    with connect(url) as session:
        try:
            return {row_id for (row_id,) in session.execute(KNOWN, [row_ids])}
        except psycopg.errors.UndefinedTable:
            return set()


def _record(row: GoodRow, file: PosFile, now: datetime) -> dict[str, Any]:
    place, line = file.place, row.line
    return {
        **vars(line),
        "row_id": row.row_id,
        "location_id": place.location_id,
        "location_code": place.code,
        "occurrence": row.occurrence,
        "source_file": file.path.name,
        "source_line": row.line_number,
        "file_sha256": file.sha256,
        "loaded_at": now,
    }
