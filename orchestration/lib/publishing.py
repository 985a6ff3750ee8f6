"""From `marts_build` to `marts` in one transaction: a reader sees the old load or the new one, whole."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from ingestion.warehouse import connect
from orchestration.lib import as_of, lineage, loads
from orchestration.lib.mart_delta import adopt, apply_delta, find_delta
from orchestration.lib.quality_results import verdict
from orchestration.lib.row_scope import protect

BUILD, MARTS = "marts_build", "marts"
LOADS = "loads"

PREPARE = """
create schema if not exists marts;
create table if not exists marts.loads (
    load_id text primary key,
    published_at timestamptz not null default now(),
    tables jsonb not null,
    checks jsonb not null default '{}'
);
alter table marts.loads add column if not exists checks jsonb not null default '{}';
"""

TABLES = """
select relname from pg_class join pg_namespace on pg_namespace.oid = relnamespace
where nspname = %s and relkind in ('r', 'm') order by relname
"""

COLUMNS = """
select attname, format_type(atttypid, atttypmod) from pg_attribute
where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped order by attnum
"""

INDEXES = """
select indisunique, (
    select array_agg(attname::text order by place) from unnest(indkey::smallint[]) with ordinality as k(attnum, place)
    join pg_attribute on attrelid = indrelid and pg_attribute.attnum = k.attnum
)
from pg_index where indrelid = to_regclass(%s) order by 1, 2
"""

RECORD = """
insert into marts.loads (load_id, tables, checks) values (%s, %s, %s)
on conflict (load_id) do update
set published_at = now(), tables = excluded.tables, checks = excluded.checks
"""


def publish(warehouse_url: str, load_id: str, facts: loads.LoadFacts | None = None) -> dict[str, int]:
    """Make every mart what was built, say who reads which rows, record the load; give the rows per mart.

    A mart that was built incrementally is changed by what is new in it, any other is replaced.

    Rows are deleted and inserted, not truncated or swapped: a reader whose snapshot is older than the commit would see
    a truncated or a new table empty. It never waits for us, nor we for it.
    """
    with connect(warehouse_url) as session:
        session.execute("select pg_advisory_xact_lock(hashtextextended('stockpot publish', 0))")
        session.execute(PREPARE)
        built = [name for (name,) in session.execute(TABLES, [BUILD])]
        before = _rows_before(session)
        rows = {name: _replace(session, name, load_id, before.get(name)) for name in built}
        for (stale,) in session.execute(TABLES, [MARTS]).fetchall():
            if stale not in {*built, LOADS}:
                session.execute(sql.SQL("drop table {}").format(sql.Identifier(MARTS, stale)))
        session.execute(RECORD, [load_id, Jsonb(rows), Jsonb(verdict(session, load_id))])
        loads.describe(session, load_id, facts or loads.LoadFacts())
        lineage.install(session)
        as_of.install(session)
        protect(session, MARTS)
    _tidy(warehouse_url, list(rows))
    return rows


def _rows_before(session: psycopg.Connection[Any]) -> dict[str, int]:
    """The rows per mart of the newest load."""
    row = session.execute("select tables from marts.loads order by published_at desc limit 1").fetchone()
    return dict(row[0]) if row else {}


def _replace(session: psycopg.Connection[Any], name: str, load_id: str, rows_before: int | None) -> int:
    source, target = sql.Identifier(BUILD, name), sql.Identifier(MARTS, name)
    built, published = f"{BUILD}.{name}", f"{MARTS}.{name}"
    if _is_table(session, name):
        adopt(session, built, load_id)
    if _shape(session, built) != _shape(session, published):  # new, or its contract or its indexes have changed
        session.execute(sql.SQL("drop table if exists {}").format(target))
        session.execute(sql.SQL("create table {} (like {} including all)").format(target, source))
    elif rows_before is not None and (delta := find_delta(session, built, published, load_id)):
        return rows_before + apply_delta(session, built, published, delta)
    session.execute(sql.SQL("delete from {}").format(target))
    return session.execute(sql.SQL("insert into {} select * from {}").format(target, source)).rowcount


def _is_table(session: psycopg.Connection[Any], name: str) -> bool:
    query = "select relkind = 'r' from pg_class where oid = to_regclass(%s)"
    return session.execute(query, [f"{BUILD}.{name}"]).fetchone() == (True,)


def _shape(session: psycopg.Connection[Any], mart: str) -> tuple[list[tuple[Any, ...]], ...]:
    """The columns and indexes of a mart."""
    return session.execute(COLUMNS, [mart]).fetchall(), session.execute(INDEXES, [mart]).fetchall()


def _tidy(warehouse_url: str, names: list[str]) -> None:
    """Free the deleted rows' space and refresh the planner's statistics."""
    with connect(warehouse_url, autocommit=True) as session:
        for name in names:
            session.execute(sql.SQL("vacuum (analyze) {}").format(sql.Identifier(MARTS, name)))
