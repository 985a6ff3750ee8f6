"""Files that cannot be used as a whole: they wait in quarantine with their reason."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingestion.documents.values import digest
from ingestion.drops.notes import Notes
from ingestion.errors import IngestionError, LoadFailed, UnreachableEndpoint
from ingestion.quarantine.rows import Outcome, Problem, Rejected, Row
from ingestion.quarantine.store import put
from ingestion.warehouse import connect

OURS = (LoadFailed, UnreachableEndpoint)
"""What is no fault of a file."""

NEW_REASON = """
update raw_quarantine.rows set code = %(code)s, message = %(message)s
where source = %(source)s and row_key = %(key)s and state = 'pending'
"""
LOADED = """
update raw_quarantine.rows set state = 'loaded', replayed_at = now()
where source = %s and file = %s and file_sha256 = %s and context ? 'whole_file' and state in ('pending', 'repaired')
"""


def set_aside(url: str, source: str, schema: str, name: str, sha256: str | None, error: IngestionError) -> None:
    """Put the file in quarantine once for its content; what it is refused for now is its reason."""
    problem = Problem(reason_of(error), str(error))
    key = digest("whole file", name, sha256)
    row = Rejected(source, key, name, sha256 or "", problem, {}, context={"whole_file": schema})
    if not put(url, [row]):
        values = {"code": problem.code, "message": problem.message, "source": source, "key": key}
        with connect(url) as session:
            session.execute(NEW_REASON, values)


def settle(url: str, source: str, name: str, sha256: str | None) -> None:
    """The same content is loaded now: what kept it out was mended around it."""
    with connect(url) as session:
        if session.execute("select to_regclass('raw_quarantine.rows')").fetchone() != (None,):
            session.execute(LOADED, [source, name, sha256 or ""])


def replay(url: str, rows: Sequence[Row]) -> list[Outcome]:
    """A file is settled once one of its name was loaded after it; it has no cells that could be repaired."""
    return [Outcome(row.id, problem=None if _is_there(url, row) else _still(row)) for row in rows]


def reason_of(error: IngestionError) -> str:
    """The error's name as a reason code: MissingColumns is missing_columns."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(error).__name__).lower()


def _is_there(url: str, row: Row) -> bool:
    return Notes(url, row.context["whole_file"]).was_loaded_since(row.file, row.quarantined_at)


def _still(row: Row) -> Problem:
    way_out = "; drop the mended file under the same name, and replay this row when it is imported"
    return Problem(row.code, row.message.removesuffix(way_out) + way_out)
