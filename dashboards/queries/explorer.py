"""Any published mart, column by column, for named locations only: what the report explorer asks.

Names of marts and columns are looked up in the database's catalogue before they become part of a statement; values are
parameters. Ids stand with the name that they stand for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from dashboards.queries.core import NUMBER, Locations, frame

NAMED = {  # a column of ids, and whose names it stands for
    "location_id": ("location", "dim_location", "location_id"),
    "product_id": ("product", "dim_product", "product_id"),
    "supplier_id": ("supplier", "dim_supplier", "supplier_id"),
    "menu_item_id": ("menu_item", "dim_menu_item", "menu_item_id"),
}
TYPES: Mapping[str, Any] = {
    "integer": pl.Int64,
    "bigint": pl.Int64,
    "smallint": pl.Int64,
    "numeric": NUMBER,
    "double precision": pl.Float64,
    "boolean": pl.Boolean,
    "date": pl.Date,
    "timestamp with time zone": pl.Datetime("us", "UTC"),
}
NUMBERS = frozenset({"integer", "bigint", "smallint", "numeric", "double precision"})
DAYS = ("business_day", "end_day", "period", "target_day", "expected_on", "known_on")
HIDDEN = frozenset({"loads"})
MOST_ROWS = 100_000
MOST_GROUPS = 60
SHOWN_ROWS = 200
MOST_VALUES = 300
AGGREGATES = {"sum": "sum({})", "mean": "avg({})", "largest": "max({})", "smallest": "min({})"}
IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]*")


@dataclass(frozen=True)
class Column:
    """A column as the catalogue knows it; `source` is what stands in the statement."""

    name: str
    type: str

    @property
    def is_number(self) -> bool:
        """Whether it can be summed."""
        return self.type in NUMBERS


@dataclass(frozen=True)
class Selection:
    """Rows of a mart: values per column (any of them), and the days of a column."""

    mart: str
    columns: tuple[Column, ...]
    is_located: bool = True
    filters: tuple[tuple[str, tuple[str, ...]], ...] = ()
    days: tuple[str, date, date] | None = None


def columns_of_marts(places: Locations) -> pl.DataFrame:
    """Every mart's columns in their order: mart, column, type. They are the same for whoever asks."""
    del places
    return frame(
        """
        select table_name, column_name, data_type
        from information_schema.columns
        where table_schema = 'marts'
        order by table_name, ordinal_position
        """,
        {"mart": pl.String, "column": pl.String, "type": pl.String},
    ).filter(~pl.col("mart").is_in(HIDDEN))


def explorable(catalogue: pl.DataFrame, mart: str) -> tuple[Column, ...]:
    """A mart's columns as they are explored: each column of ids is followed by the names that they stand for."""
    columns = []
    for name, kind in catalogue.filter(pl.col("mart") == mart).select("column", "type").iter_rows():
        columns.append(Column(name, kind))
        if name in NAMED and mart != NAMED[name][1]:
            columns.append(Column(NAMED[name][0], "text"))
    return tuple(columns)


def is_located(catalogue: pl.DataFrame, mart: str) -> bool:
    """Whether the mart's rows belong to locations."""
    return not catalogue.filter((pl.col("mart") == mart) & (pl.col("column") == "location_id")).is_empty()


def explore_rows(places: Locations, selection: Selection, limit: int) -> pl.DataFrame:
    """The first rows of a selection, in the columns' order."""
    wanted = ", ".join(_value(selection.mart, column) for column in selection.columns)
    order = ", ".join(str(place) for place in range(1, min(len(selection.columns), 4) + 1))
    where, values = _where(selection, places)
    return frame(
        f"select {wanted} from marts.{_name(selection.mart)} as m where {where} order by {order} limit {int(limit)}",  # noqa: S608 - names are checked
        {column.name: TYPES.get(column.type, pl.String) for column in selection.columns},
        **values,
    )


def explore_count(places: Locations, selection: Selection) -> pl.DataFrame:
    """How many rows a selection has."""
    where, values = _where(selection, places)
    statement = f"select count(*) from marts.{_name(selection.mart)} as m where {where}"  # noqa: S608 - names are checked
    return frame(statement, {"rows": pl.Int64}, **values)


def explore_values(places: Locations, selection: Selection, column: Column) -> pl.DataFrame:
    """The different values of a column, the most frequent first, as text."""
    where, values = _where(selection, places)
    value = f"cast({_source(selection.mart, column.name)} as text)"
    statement = (
        f"select {value}, count(*) from marts.{_name(selection.mart)} as m where {where} and {value} is not null "  # noqa: S608 - names are checked
        f"group by 1 order by 2 desc, 1 limit {MOST_VALUES}"
    )
    return frame(statement, {"value": pl.String, "rows": pl.Int64}, **values)


def explore_groups(places: Locations, selection: Selection, along: Column, number: Column, how: str) -> pl.DataFrame:
    """A number along a column, summed up in the database: days in their order, everything else the largest first."""
    where, values = _where(selection, places)
    measured = AGGREGATES[how].format(_source(selection.mart, number.name))
    is_time = along.type in ("date", "timestamp with time zone")
    order = "1 desc" if is_time else "2 desc nulls last, 1"
    schema = {along.name: TYPES.get(along.type, pl.String), f"{how} of {number.name}": NUMBER}
    statement = (
        f"select {_value(selection.mart, along)}, cast({measured} as numeric(38, 6)) "  # noqa: S608 - names are checked
        f"from marts.{_name(selection.mart)} as m where {where} group by 1 order by {order} "
        f"limit {MOST_GROUPS * 7 if is_time else MOST_GROUPS}"
    )
    found = frame(statement, schema, **values)
    return found.sort(along.name) if is_time else found


# ------------------------------------------------------------------ statements


def _name(name: str) -> str:
    """A name that can stand in a statement as it is."""
    if not IDENTIFIER.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a mart or column")
    return name


def _source(mart: str, column: str) -> str:
    """Where a column's value comes from: the mart, or the name behind an id."""
    for key, (label, table, table_key) in NAMED.items():
        if column == label and mart != table:
            return f"(select d.name from marts.{table} as d where d.{table_key} = m.{key})"  # noqa: S608 - constants
    return f"m.{_name(column)}"


def _value(mart: str, column: Column) -> str:
    source = _source(mart, column.name)
    return source if column.type in TYPES else f"cast({source} as text)"


def _where(selection: Selection, places: Locations) -> tuple[str, dict[str, Any]]:
    """The condition and its parameters: the person's locations wherever the mart has a column of locations."""
    conditions, values = ["true"], dict[str, Any]()
    if selection.is_located:
        conditions.append("m.location_id = any(cast(%(places)s as uuid[]))")
        values["places"] = list(places)
    for number, (column, wanted) in enumerate(selection.filters):
        conditions.append(f"cast({_source(selection.mart, column)} as text) = any(%(filter_{number})s)")
        values[f"filter_{number}"] = list(wanted)
    if selection.days is not None:
        column, first, last = selection.days
        conditions.append(f"m.{_name(column)} between %(first)s and %(last)s")
        values |= {"first": first, "last": last}
    return " and ".join(conditions), values
