"""What the warehouse's schema `lineage` and `marts.loads` say, as the role analyst."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg.rows import dict_row

from api.reports.errors import MartNotPublished

KEY = "select columns from lineage.keys() where mart = %s"
FIGURES = """
select figure, round(sum(amount), 6) as explained, count(*) as records
from lineage.explain(%s, %s::jsonb) where figure is not null group by figure order by figure
"""
RECORDS = """
select record, record_id, kind, quantity, value, currency, occurred_at, recorded_at, business_day, source,
    reason_code, reference,
    coalesce(jsonb_object_agg(figure, trim_scale(amount)::text) filter (where figure is not null), '{}') as amounts
from lineage.explain(%s, %s::jsonb)
group by record, record_id, kind, quantity, value, currency, occurred_at, recorded_at, business_day, source,
    reason_code, reference
order by business_day desc nulls last, occurred_at desc nulls last, record_id
offset %s limit %s
"""
LOAD = """
select load_id, started_at, published_at, ledger_known_until, ledger_head, models -> %s as model, gates
from marts.loads order by (load_id = %s) desc, published_at desc limit 1
"""


def key_columns(connection: psycopg.Connection[Any], mart: str) -> list[str] | None:
    """The columns that name a row of the mart; None where its rows cannot be explained.

    Raises:
        MartNotPublished: the warehouse has no explanations yet.
    """
    try:
        row = connection.execute(KEY, (mart,)).fetchone()
    except (psycopg.errors.InvalidSchemaName, psycopg.errors.UndefinedFunction) as error:
        raise MartNotPublished("The pipeline has not published any explanations yet.") from error
    return None if row is None else list(row[0])


def figures(connection: psycopg.Connection[Any], mart: str, key: Mapping[str, str]) -> list[dict[str, Any]]:
    """Each figure with the sum and the number of its records."""
    return _dicts(connection, FIGURES, mart, json.dumps(dict(key)))


def records(
    connection: psycopg.Connection[Any], mart: str, key: Mapping[str, str], *, offset: int, limit: int
) -> list[dict[str, Any]]:
    """A page of the records, the latest first."""
    return _dicts(connection, RECORDS, mart, json.dumps(dict(key)), offset, limit)


def load(connection: psycopg.Connection[Any], mart: str, load_id: str) -> dict[str, Any]:
    """The load of this id, else the published one."""
    return _dicts(connection, LOAD, mart, load_id)[0]


def _dicts(connection: psycopg.Connection[Any], query: str, *parameters: object) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query.encode(), parameters).fetchall()
