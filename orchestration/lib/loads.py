"""What a published load says of itself in `marts.loads`: when, how far ledger and tills were known, models and gates.

A load's id is its Dagster run's id.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

COLUMNS: Mapping[str, str] = {
    "started_at": "timestamptz",  # of the run
    "ledger_known_until": "timestamptz",  # when the newest movement was recorded
    "ledger_head": "uuid",  # that movement
    "last_stock_day": "date",
    "last_sales_day": "date",
    "models": "jsonb not null default '{}'",  # per mart: version, path and sources of its model
    "gates": "jsonb not null default '{}'",  # per store: how many expectations passed, and which did not
}
EXISTING = "select array_agg(attname::text) from pg_attribute where attrelid = 'marts.loads'::regclass and attnum > 0"

KNOWN: Mapping[str, tuple[str, str]] = {
    "last_stock_day": ("fct_stock_on_hand_daily", "select max(business_day) from marts.fct_stock_on_hand_daily"),
    "last_sales_day": ("fct_sales", "select max(business_day) from marts.fct_sales"),
}

HEAD = """
select recorded_at, movement_id from (
    (
        select recorded_at, movement_id from marts.fct_stock_movements
        where load_id = %(load)s order by recorded_at desc, movement_id desc limit 1
    )
    union all
    (
        select ledger_known_until, ledger_head from marts.loads
        where load_id <> %(load)s and ledger_head is not null
            and (select min(load_id) <> %(load)s or max(load_id) <> %(load)s from marts.fct_stock_movements)
        order by published_at desc limit 1
    )
) as heads
order by recorded_at desc, movement_id desc limit 1
"""
"""The newest movement: of this load's rows, or the one that was known before; so a long history is not read."""

GATES = """
select coalesce(jsonb_object_agg(table_name, verdict), '{}')
from (
    select table_name, jsonb_build_object(
        'passed', count(*) filter (where success),
        'failed', coalesce(jsonb_agg(expectation order by expectation) filter (where not success), '[]')
    ) as verdict
    from raw_quality.results where run_id = %s group by table_name
) as by_table
"""


@dataclass(frozen=True)
class LoadFacts:
    """What the run knows and the warehouse does not."""

    started_at: datetime | None = None
    models: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def describe(session: psycopg.Connection[Any], load_id: str, facts: LoadFacts) -> None:
    """Complete the recorded load by what its marts, gates and run say."""
    _add_columns(session)
    values: dict[str, Any] = {
        "started_at": facts.started_at,
        "models": Jsonb(dict(facts.models)),
        "gates": Jsonb(_one(session, GATES, [load_id]) if _exists(session, "raw_quality.results") else {}),
    }
    values["ledger_known_until"], values["ledger_head"] = _head(session, load_id)
    for column, (mart, query) in KNOWN.items():
        values[column] = _one(session, query) if _exists(session, f"marts.{mart}") else None
    assignments = sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(column)) for column in values)
    session.execute(
        sql.SQL("update marts.loads set {} where load_id = %s").format(assignments), [*values.values(), load_id]
    )


def _head(session: psycopg.Connection[Any], load_id: str) -> tuple[Any, Any]:
    if not _exists(session, "marts.fct_stock_movements"):
        return None, None
    row = session.execute(HEAD, {"load": load_id}).fetchone()
    return (row[0], row[1]) if row else (None, None)


def _add_columns(session: psycopg.Connection[Any]) -> None:
    """Only those that are missing: the attempt alone would wait for whoever is reading."""
    existing = _one(session, EXISTING)
    for name, kind in COLUMNS.items():
        if name not in existing:
            column = sql.SQL("alter table marts.loads add column {} {}").format(sql.Identifier(name), sql.SQL(kind))
            session.execute(column)


def _exists(session: psycopg.Connection[Any], relation: str) -> bool:
    return bool(_one(session, "select to_regclass(%s) is not null", [relation]))


def _one(session: psycopg.Connection[Any], query: str, parameters: list[Any] | None = None) -> Any:
    row = session.execute(query.encode(), parameters).fetchone()
    return None if row is None else row[0]
