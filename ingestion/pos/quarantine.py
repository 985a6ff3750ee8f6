"""`quarantine.pos_lines`: rows of till files that could not be read, kept until their repaired form is loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingestion.warehouse import connect

if TYPE_CHECKING:
    from ingestion.pos.reader import BadRow, PosFile

CREATE = """
create schema if not exists quarantine;
create table if not exists quarantine.pos_lines (
    row_id text primary key,
    location_code text not null,
    source_file text not null,
    source_line integer not null,
    source_column text,
    reason text not null,
    raw_text text not null,
    quantity numeric,
    line_total numeric,
    file_sha256 text not null,
    quarantined_at timestamptz not null default now(),
    resolved_at timestamptz
)
"""

KEEP = """
insert into quarantine.pos_lines (row_id, location_code, source_file, source_line, source_column, reason, raw_text,
                                  quantity, line_total, file_sha256)
values (%s, %s, %s, %s, nullif(%s, ''), %s, %s, %s, %s, %s) on conflict (row_id) do nothing
"""

RESOLVE = """
update quarantine.pos_lines waiting set resolved_at = now()
where waiting.resolved_at is null and waiting.location_code = %s and exists (
    select from raw_pos.order_lines loaded
    where loaded.location_code = waiting.location_code and loaded.source_file = waiting.source_file
      and loaded.source_line = waiting.source_line and loaded.loaded_at >= waiting.quarantined_at
)
"""


def ensure_table(url: str) -> None:
    """Make the quarantine where it is missing."""
    with connect(url) as session:
        session.execute(CREATE)


def keep(url: str, file: PosFile, rows: list[BadRow]) -> int:
    """Put bad rows into quarantine, those that are there already aside; give how many are new."""
    place = file.place.code
    values = [
        (
            row.row_id, place, file.path.name, row.line_number, row.column, row.reason, row.raw_text,
            row.quantity, row.line_total, file.sha256,
        )
        for row in rows
    ]  # fmt: skip
    with connect(url) as session:
        session.execute(CREATE)
        if not values:
            return 0
        with session.cursor() as cursor:
            cursor.executemany(KEEP, values)
            return cursor.rowcount


def resolve(url: str, file: PosFile) -> None:
    """Mark rows as resolved whose line of the same file has since been loaded, by a repaired file or mapping."""
    with connect(url) as session:
        session.execute(RESOLVE, [file.place.code])
