"""What of a mart has to change for readers: whole loads of rows, told apart by the load that wrote each row.

An incremental mart keeps the rows of earlier loads, each with the load that wrote it last. So the published mart
becomes the built one by taking away the loads that the built one no longer has and what the new loads wrote over, and
adding the new loads' rows. A mart that was built whole has one load and is replaced whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

LOADS = """
with recursive loads as (
    (select min(load_id) as load_id from {mart})
    union all
    select (select min(load_id) from {mart} where load_id > loads.load_id) from loads where loads.load_id is not null
)
select load_id from loads where load_id is not null
"""

KEY = """
select array_agg(attname::text order by attnum) from pg_attribute
join (
    select indrelid, indkey from pg_index
    where indrelid = to_regclass(%s) and indisunique and indpred is null and indexprs is null
    order by indexrelid limit 1
) as found on attrelid = indrelid and attnum = any(indkey)
"""

HAS_LOADS = "select count(*) from pg_attribute where attrelid = to_regclass(%s) and attname = 'load_id'"


@dataclass(frozen=True)
class Delta:
    """Loads whose rows come in and loads whose rows go; `key` names one row of the mart."""

    new: list[str]
    gone: list[str]
    key: list[str]


def find_delta(session: psycopg.Connection[Any], built: str, published: str, load_id: str) -> Delta | None:
    """How `published` becomes `built` (both schema.table); None where it must be replaced whole.

    Rows of `load_id` always count as new: a run that is repeated under its own id may have written other ones.
    """
    key = _one(session, KEY, built)
    if not key or not _one(session, HAS_LOADS, built):
        return None
    now, before = _loads(session, built), _loads(session, published)
    kept = (now & before) - {load_id}
    return Delta(sorted(now - kept), sorted(before - kept), key) if kept else None


def adopt(session: psycopg.Connection[Any], built: str, load_id: str) -> None:
    """Give rows that a run wrote which was never published to the load that publishes them: readers know no other."""
    if not _one(session, HAS_LOADS, built):
        return
    known = {load for (load,) in session.execute("select load_id from marts.loads")}
    if orphans := _loads(session, built) - known - {load_id}:
        statement = sql.SQL("update {} set load_id = %s where load_id = any(%s)").format(_identifier(built))
        session.execute(statement, [load_id, sorted(orphans)])


def apply_delta(session: psycopg.Connection[Any], built: str, published: str, delta: Delta) -> int:
    """Make the change and give by how many rows the mart grew."""
    source, target = _identifier(built), _identifier(published)
    gone = session.execute(sql.SQL("delete from {} where load_id = any(%s)").format(target), [delta.gone]).rowcount
    same = sql.SQL(" and ").join(sql.SQL("old.{0} = new.{0}").format(sql.Identifier(name)) for name in delta.key)
    overwritten = session.execute(
        sql.SQL("delete from {} as old using {} as new where new.load_id = any(%s) and {}").format(
            target, source, same
        ),
        [delta.new],
    ).rowcount
    added = session.execute(
        sql.SQL("insert into {} select * from {} where load_id = any(%s)").format(target, source), [delta.new]
    ).rowcount
    return added - gone - overwritten


def _loads(session: psycopg.Connection[Any], mart: str) -> set[str]:
    query = sql.SQL(LOADS).format(mart=_identifier(mart))
    return {load for (load,) in session.execute(query)}


def _one(session: psycopg.Connection[Any], query: str, mart: str) -> Any:
    row = session.execute(query.encode(), [mart]).fetchone()
    return row[0] if row else None


def _identifier(mart: str) -> sql.Identifier:
    return sql.Identifier(*mart.split("."))
