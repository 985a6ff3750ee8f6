"""Keeps quarantined rows: put them aside, look at them, repair or discard them. `replay.py` loads them again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, LiteralString

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from ingestion.errors import UnknownRow, UnrepairableRow
from ingestion.quarantine.rows import Outcome, Rejected, Row, State
from ingestion.quarantine.table import DATASET, ensure_table
from ingestion.warehouse import connect, one_load_at_a_time

CHUNK_ROWS = 1_000

PUT = """
insert into raw_quarantine.rows (source, row_key, file, file_sha256, line, column_name, code, message, location_code,
                                 values, raw_text, context, figures, load_id)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict (source, row_key) do nothing
"""

COLUMNS: LiteralString = """
select id, source, file, file_sha256, line, column_name as "column", code, message, location_code, values, repaired,
       raw_text, context, figures, state, load_id, quarantined_at, changed_by, changed_at, discard_reason, tries,
       replayed_load, replayed_at
from raw_quarantine.rows
"""

CHOSEN: LiteralString = """
where id > %(after)s and (%(source)s::text is null or source = %(source)s)
  and (%(file)s::text is null or file = %(file)s) and (%(code)s::text is null or code = %(code)s)
  and (%(location_code)s::text is null or location_code = %(location_code)s)
  and (%(states)s::text[] = '{}' or state = any(%(states)s)) order by id limit %(limit)s
"""

COUNT = """
select source, state, code, count(*)::integer as rows from raw_quarantine.rows
group by source, state, code order by source, state, count(*) desc, code
"""

REPAIR = """
update raw_quarantine.rows set repaired = repaired || %s, state = 'repaired', changed_by = %s, changed_at = now()
where id = %s
"""

DISCARD = """
update raw_quarantine.rows set state = 'discarded', discard_reason = %s, changed_by = %s, changed_at = now()
where id = %s
"""

LOADED = """
update raw_quarantine.rows set state = 'loaded', tries = tries + 1, replayed_load = %s, replayed_at = now()
where id = %s
"""

FAILED = """
update raw_quarantine.rows set state = 'pending', tries = tries + 1, code = %s, message = %s, column_name = %s,
                               replayed_at = now()
where id = %s
"""


@dataclass(frozen=True)
class Filter:
    """Which rows: every part that is set narrows the choice; `after` is the id that the last page ended with."""

    source: str | None = None
    file: str | None = None
    code: str | None = None
    location_code: str | None = None
    states: tuple[State, ...] = ()
    after: int = 0
    limit: int | None = None


@dataclass(frozen=True)
class Counted:
    """How many rows of a source are in one state for one reason."""

    source: str
    state: State
    code: str
    rows: int


def make_quarantine(url: str) -> None:
    """Make the quarantine where nothing was ever put aside."""
    with connect(url) as session:
        ensure_table(session)


def put(url: str, rows: Iterable[Rejected], load_id: str | None = None) -> int:
    """Put rows aside, each once by its source and key; give how many were not there yet.

    A row that is known keeps its state, its repairs and its first reason. `rows` may be a generator of any length.
    """
    new, remaining = 0, iter(rows)
    with connect(url) as session:
        ensure_table(session)
        while batch := list(islice(remaining, CHUNK_ROWS)):
            with session.cursor() as cursor:
                cursor.executemany(PUT, [_parameters(row, load_id) for row in batch])
                new += cursor.rowcount
    return new


def list_rows(url: str, chosen: Filter | None = None) -> list[Row]:
    """Rows in the order in which they came."""
    with connect(url) as session:
        ensure_table(session)
        cursor = session.cursor(row_factory=class_row(Row))
        return cursor.execute(COLUMNS + CHOSEN, _narrowed(chosen or Filter())).fetchall()


def count_rows(url: str) -> list[Counted]:
    """How many rows there are by source, state and reason."""
    with connect(url) as session:
        ensure_table(session)
        return session.cursor(row_factory=class_row(Counted)).execute(COUNT).fetchall()


def show(url: str, row_id: int) -> Row:
    """One row; UnknownRow where there is none of that id."""
    with connect(url) as session:
        ensure_table(session)
        return _row(session, row_id)


def repair(url: str, row_id: int, values: Mapping[str, str], by: str) -> Row:
    """Put other values in place of some columns'; the row then waits for its replay, its original values are kept.

    Raises UnknownRow, and UnrepairableRow where the row is loaded or a column is not one of the row's.
    """
    with _changing(url) as session:
        row = _changeable(session, row_id)
        unknown = [column for column in values if column not in row.values]
        if not row.values:
            raise UnrepairableRow(
                f"row {row_id} has no cells to repair: let {row.file} be sent again, mended, and replay the row; "
                "or discard it with a reason"
            )
        if unknown or not values:
            raise UnrepairableRow(
                f"row {row_id} has no column {', '.join(map(repr, unknown)) or 'to change'}; "
                f"its columns are {', '.join(map(repr, row.values))}"
            )
        session.execute(REPAIR, [Jsonb(dict(values)), by, row_id])
        return _row(session, row_id)


def discard(url: str, row_id: int, reason: str, by: str) -> Row:
    """Say that a row will never be loaded, and why; a row that was repaired may still be discarded."""
    if not reason.strip():
        raise UnrepairableRow("say why the row is discarded")
    with _changing(url) as session:
        _changeable(session, row_id)
        session.execute(DISCARD, [reason.strip(), by, row_id])
        return _row(session, row_id)


def settle(session: psycopg.Connection[Any], outcomes: Iterable[Outcome]) -> None:
    """Note what became of replayed rows; what failed again is pending with its new reason."""
    for outcome in outcomes:
        problem = outcome.problem
        if problem is None:
            session.execute(LOADED, [outcome.load_id, outcome.row_id])
        else:
            session.execute(FAILED, [problem.code, problem.message, problem.column, outcome.row_id])


@contextmanager
def _changing(url: str) -> Iterator[psycopg.Connection[Any]]:
    """A transaction in which no replay runs: a row never changes while it is being loaded."""
    with one_load_at_a_time(url, DATASET), connect(url) as session:
        ensure_table(session)
        yield session


def _changeable(session: psycopg.Connection[Any], row_id: int) -> Row:
    row = _row(session, row_id)
    if row.state in {"loaded", "discarded"}:
        raise UnrepairableRow(f"row {row_id} is {row.state} already")
    return row


def _row(session: psycopg.Connection[Any], row_id: int) -> Row:
    cursor = session.cursor(row_factory=class_row(Row))
    row = cursor.execute(COLUMNS + "where id = %s", [row_id]).fetchone()
    if row is None:
        raise UnknownRow(f"there is no row {row_id} in quarantine; `stockpot quarantine list` shows those there are")
    return row


def _narrowed(chosen: Filter) -> dict[str, Any]:
    return {**vars(chosen), "states": list(chosen.states)}


def _parameters(row: Rejected, load_id: str | None) -> list[Any]:
    problem = row.problem
    texts = [row.source, row.row_key, row.file, row.file_sha256]
    return [
        *(storable(text) for text in texts),
        row.line,
        None if problem.column is None else storable(problem.column),
        problem.code,
        storable(problem.message),
        row.location_code,
        Jsonb({storable(name): value and storable(value) for name, value in row.values.items()}),
        storable(row.raw_text),
        Jsonb(dict(row.context)),
        Jsonb(dict(row.figures)),
        load_id,
    ]


def storable(text: str) -> str:
    r"""Text as PostgreSQL can hold it: NUL and lone surrogates, which it cannot, as \0 and \udxxx."""
    return text.replace("\0", "\\0").encode("utf-8", "backslashreplace").decode()
