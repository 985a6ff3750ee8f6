"""The imports' queries: set-based, whatever the number of rows."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import RowMapping, delete, func, select, text, tuple_
from sqlalchemy.orm import Session

from api.core.context import request_id
from api.imports.cells import Problem, converts
from api.imports.kinds.kind import Kind
from api.imports.models import Import, ImportRow

COPY = "copy import_rows (import_id, line, cells, fields, problems) from stdin"
LOCK = text("select pg_advisory_xact_lock(hashtextextended('stockpot import ' || :kind, 0))")
REFUSE = """
with packs as ({packs}), bad as (
    select * from jsonb_to_recordset(cast(:bad as jsonb)) as b(stock_unit text, pack_unit text, factors jsonb)
)
update import_rows r
   set verdict = 'quarantined', changes = '{{}}',
       problems = jsonb_build_array(jsonb_build_object(
           'field', 'pack_unit', 'code', 'unconvertible_unit',
           'reason', format('%s cannot be converted to %s for this product', p.pack_unit, p.stock_unit),
           'way_out', 'Use a unit that the product knows, or give the product a factor for it.'))
  from packs p join bad b using (stock_unit, pack_unit, factors)
 where r.import_id = :import_id and r.line = p.line
"""
REASONS = text(
    "select problem ->> 'code' as code, count(*) as rows from import_rows, jsonb_array_elements(problems) as problem"
    " where import_id = :import_id and verdict = 'quarantined' group by 1 order by 2 desc, 1"
)


@dataclass(frozen=True)
class Judging:
    """Which rows are judged or loaded, and with what."""

    kind: Kind
    import_id: UUID
    supplier_id: UUID | None
    defaults: dict[str, Any]
    line: int | None = None
    actor_id: UUID | None = None

    def parameters(self) -> dict[str, Any]:
        """For the kind's statements."""
        return {
            "import_id": self.import_id,
            "supplier_id": self.supplier_id,
            "defaults": json.dumps(self.defaults),
            "line": self.line,
            "actor_id": self.actor_id,
            "request_id": request_id.get(),
        }


def copy_rows(session: Session, import_id: UUID, rows: Iterable[tuple[int, list[str], Any, list[Problem]]]) -> int:
    """Write a file's rows as they are read; how many."""
    connection = session.connection().connection.driver_connection
    assert connection is not None
    count, key = 0, str(import_id)
    with connection.cursor() as cursor, cursor.copy(COPY) as copy:
        for line, cells, fields, problems in rows:
            wrong = _json([problem.as_dict() for problem in problems]) if problems else "[]"
            copy.write_row((key, line, cells, None if fields is None else _json(fields), wrong))
            count += 1
    return count


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


def analyze(session: Session) -> None:
    """Tell the planner of the rows that were just written: the statements after this join all of them."""
    session.execute(text("analyze import_rows"))


def judge(session: Session, judging: Judging) -> None:
    """Give every readable row that was not loaded its verdict, as things stand now."""
    session.execute(text(judging.kind.judge), judging.parameters())
    packs = session.execute(
        text(f"select distinct stock_unit, pack_unit, factors from ({judging.kind.packs}) as packs"),  # noqa: S608
        judging.parameters(),
    ).mappings()
    bad = [dict(pack) for pack in packs if not _converts(pack)]
    if bad:
        refuse = text(REFUSE.format(packs=judging.kind.packs))
        session.execute(refuse, judging.parameters() | {"bad": json.dumps(bad)})


def _converts(pack: RowMapping) -> bool:
    factors = tuple((unit, numerator, denominator) for unit, numerator, denominator in pack["factors"])
    return converts(pack["stock_unit"], factors, pack["pack_unit"])


def load(session: Session, judging: Judging) -> int:
    """Load every row that is new or changed and was not loaded; how many."""
    count = 0
    for statement in judging.kind.load:
        count = session.execute(text(statement), judging.parameters()).rowcount  # type: ignore[attr-defined]
    return count


def lock_kind(session: Session, kind: Kind) -> None:
    """One load of a kind at a time: two would make the same product twice."""
    session.execute(LOCK, {"kind": kind.name})


def get_import(session: Session, import_id: UUID, *, lock: bool = False) -> Import | None:
    """One import."""
    query = select(Import).where(Import.id == import_id)
    return session.scalar(query.with_for_update() if lock else query)


def list_imports(
    session: Session, *, kinds: Collection[str], after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Import]:
    """Imports, latest first, one more than `limit`."""
    query = select(Import).where(Import.kind.in_(kinds))
    if after is not None:
        query = query.where(tuple_(Import.created_at, Import.id) < after)
    return session.scalars(query.order_by(Import.created_at.desc(), Import.id.desc()).limit(limit + 1)).all()


def count_rows(session: Session, import_ids: Collection[UUID]) -> dict[UUID, dict[str, int]]:
    """Per import, the rows of each verdict and how many were loaded."""
    query = (
        select(ImportRow.import_id, ImportRow.verdict, func.count(), func.count(ImportRow.applied_at))
        .where(ImportRow.import_id.in_(import_ids))
        .group_by(ImportRow.import_id, ImportRow.verdict)
    )
    counts: dict[UUID, dict[str, int]] = {}
    for import_id, verdict, rows, loaded in session.execute(query):
        own = counts.setdefault(import_id, {"loaded": 0})
        own[verdict] = rows
        own["loaded"] += loaded
    return counts


def count_reasons(session: Session, import_id: UUID) -> dict[str, int]:
    """Why rows are quarantined: problems by their code, the most frequent first."""
    return {row.code: row.rows for row in session.execute(REASONS, {"import_id": import_id})}


def list_rows(
    session: Session, import_id: UUID, *, verdict: str | None, after: int | None, limit: int | None
) -> Sequence[ImportRow]:
    """Rows by line, one more than `limit`."""
    query = select(ImportRow).where(ImportRow.import_id == import_id).order_by(ImportRow.line)
    if verdict is not None:
        query = query.where(ImportRow.verdict == verdict)
    if after is not None:
        query = query.where(ImportRow.line > after)
    return session.scalars(query if limit is None else query.limit(limit + 1)).all()


def get_row(session: Session, import_id: UUID, line: int, *, lock: bool = False) -> ImportRow | None:
    """One row."""
    query = select(ImportRow).where(ImportRow.import_id == import_id, ImportRow.line == line)
    return session.scalar(query.with_for_update() if lock else query)


def forget_imports(session: Session, before: datetime) -> int:
    """Delete imports that were sent before a moment and never loaded a row; how many."""
    loaded = select(ImportRow.import_id).where(ImportRow.applied_at.is_not(None), ImportRow.import_id == Import.id)
    gone = delete(Import).where(Import.created_at < before, ~loaded.exists()).returning(Import.id)
    return len(session.execute(gone).all())


def now(session: Session) -> datetime:
    """The moment of this transaction."""
    moment: datetime = session.execute(select(func.now())).scalar_one()
    return moment
