"""Quarantined invoices, looked at again: one is settled once a document of its number is loaded.

A document's amounts belong together, so none of them is repaired here: whoever sent it sends it again, mended.
"""

from __future__ import annotations

from collections.abc import Sequence

import psycopg

from ingestion.quarantine.rows import Outcome, Problem, Row
from ingestion.warehouse import connect

LOADED_SINCE = """
select exists (select from raw_invoices.invoices where document_id = %s and loaded_at > %s and file_sha256 <> %s)
"""


def replay(url: str, rows: Sequence[Row]) -> list[Outcome]:
    """One outcome for each row: its document is there by now, or it waits as before."""
    return [Outcome(row.id, problem=None if _is_there(url, row) else _still(row)) for row in rows]


def _is_there(url: str, row: Row) -> bool:
    with connect(url) as session:
        try:
            values = [row.context.get("document"), row.quarantined_at, row.file_sha256]
            found = session.execute(LOADED_SINCE, values).fetchone()
        except psycopg.errors.UndefinedTable:
            return False
    return bool(found and found[0])


def _still(row: Row) -> Problem:
    way_out = " (a document is not repaired here: let it be sent again, mended, and replay this row, or discard it)"
    return Problem(row.code, row.message.removesuffix(way_out) + way_out, row.column)
