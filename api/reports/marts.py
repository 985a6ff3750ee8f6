"""Reading marts as the role analyst, who may read them and nothing else.

Names of marts and columns come from the database's own catalogue; what a request names is looked up there before it
becomes part of a statement, and values are parameters.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from api.config import get_settings
from api.core.errors import FieldProblem, Invalid
from api.core.types import plain
from api.reports.errors import MartNotPublished, WarehouseAway

OPTIONS = "-c timezone=UTC -c default_transaction_read_only=on -c statement_timeout=30s"

CATALOGUE = """
    select a.attname, format_type(a.atttypid, null)
      from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = 'marts' and c.relname = %s and c.relkind in ('r', 'p', 'v', 'm')
       and a.attnum > 0 and not a.attisdropped
     order by a.attnum
"""


@dataclass(frozen=True, slots=True)
class Mart:
    """A published mart and its columns' types, in order."""

    name: str
    columns: Mapping[str, str]

    def chosen(self, wanted: Sequence[str]) -> list[str]:
        """The wanted columns, or all of them when none is named.

        Raises:
            Invalid: the mart has no such column.
        """
        unknown = [name for name in wanted if name not in self.columns]
        if unknown:
            detail = f"{self.name} has no such column"
            problems = tuple(FieldProblem(f"columns.{name}", "unknown_column", detail) for name in unknown)
            raise Invalid("The mart has no such column.", code="unknown_column", errors=problems)
        return list(wanted) or list(self.columns)


@dataclass(frozen=True, slots=True)
class Question:
    """Which rows of a mart: equality filters, a business day, locations (None: all), and the page."""

    mart: Mart
    columns: Sequence[str]
    filters: Mapping[str, Any]
    business_day: date | None
    locations: Collection[UUID] | None
    offset: int
    limit: int


@contextlib.contextmanager
def warehouse() -> Iterator[psycopg.Connection[Any]]:
    """A read-only connection as the role analyst.

    Raises:
        WarehouseAway: there is none, or it does not answer.
    """
    url = get_settings().analyst_url
    if url is None:
        raise WarehouseAway("This installation has no warehouse (ANALYST_URL is not set).")
    try:
        with psycopg.connect(url, connect_timeout=5, options=OPTIONS) as connection:
            yield connection
    except psycopg.errors.QueryCanceled as error:
        raise WarehouseAway("The report takes too long; ask for fewer rows or an export.") from error
    except psycopg.OperationalError as error:
        raise WarehouseAway("The warehouse does not answer.", headers={"Retry-After": "5"}) from error


def mart(connection: psycopg.Connection[Any], name: str) -> Mart | None:
    """The published mart of this name."""
    columns = dict(connection.execute(CATALOGUE, (name,)).fetchall())
    return Mart(name, columns) if columns else None


def must_be_published(connection: psycopg.Connection[Any], name: str) -> Mart:
    """The same, or a refusal.

    Raises:
        MartNotPublished: the pipeline has not published it yet.
    """
    found = mart(connection, name)
    if found is None:
        raise MartNotPublished(f"The pipeline has not published {name} yet.")
    return found


def load_of(connection: psycopg.Connection[Any], found: Mart) -> str | None:
    """The load that the mart stands at; None where it knows of none.

    Rows of an incremental mart name the load that wrote each of them, so it is not theirs but the newest published one.
    """
    if "load_id" not in found.columns:
        return None
    row = connection.execute("select load_id from marts.loads order by published_at desc limit 1").fetchone()
    return None if row is None else str(row[0])


def rows(connection: psycopg.Connection[Any], question: Question) -> list[dict[str, Any]]:
    """The rows asked for, as JSON values; at most one more than the limit, which tells that there is a next page.

    Raises:
        Invalid: a filter's value is not of its column's type.
    """
    columns = [sql.Identifier(name) for name in question.columns]
    conditions, values = _conditions(question)
    statement = sql.SQL("select {} from marts.{} where {} order by {} offset %s limit %s").format(
        sql.SQL(", ").join(columns),
        sql.Identifier(question.mart.name),
        sql.SQL(" and ").join(conditions),
        sql.SQL(", ").join(columns),
    )
    try:
        found = connection.execute(statement, [*values, question.offset, question.limit + 1]).fetchall()
    except psycopg.DataError as error:
        raise Invalid("A filter's value does not fit its column.", code="bad_filter") from error
    return [dict(zip(question.columns, map(to_json, row), strict=True)) for row in found]


def _conditions(question: Question) -> tuple[list[sql.Composable], list[Any]]:
    conditions: list[sql.Composable] = [sql.SQL("true")]
    values: list[Any] = []
    for name, wanted in question.filters.items():
        question.mart.chosen([name])
        conditions.append(_equals_any(name, question.mart.columns[name]))
        values.append([str(one) for one in (wanted if isinstance(wanted, list) else [wanted])])
    if question.business_day is not None and "business_day" in question.mart.columns:
        conditions.append(sql.SQL("business_day = %s"))
        values.append(question.business_day)
    if question.locations is not None and "location_id" in question.mart.columns:
        conditions.append(sql.SQL("location_id = any(%s)"))
        values.append(list(question.locations))
    return conditions, values


def _equals_any(name: str, type_name: str) -> sql.Composable:
    """`column = any(values::type[])`; the type's name is the catalogue's own."""
    return sql.SQL("{} = any(%s::text[]::{}[])").format(sql.Identifier(name), sql.SQL(type_name))


def to_json(value: Any) -> Any:
    """A warehouse value as the API writes it: decimals and ids as strings, times in UTC."""
    if isinstance(value, Decimal):
        return plain(value) if value.is_finite() else None
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date | UUID):
        return str(value)
    return value
