"""How the figures came about: loads and their checks, how fresh each location's facts are, and what follows from what.

Loads and lineage are the installation's and the same for everybody; freshness is each location's own.
"""

from __future__ import annotations

import polars as pl

from dashboards.queries.core import Locations, frame


def loads(places: Locations, limit: int = 30) -> pl.DataFrame:
    """The published loads, the newest first: checks that passed and warned, and rows over all marts."""
    del places
    return frame(
        """
        select load_id, published_at, coalesce(cast(checks ->> 'passed' as bigint), 0),
            coalesce(jsonb_array_length(checks -> 'warnings'), 0),
            coalesce(array(select jsonb_array_elements_text(checks -> 'warnings')), array[]::text[]),
            coalesce((select sum(cast(value as bigint)) from jsonb_each_text(tables)), 0)
        from marts.loads
        order by published_at desc
        limit %(limit)s
        """,
        {
            "load_id": pl.String,
            "published_at": pl.Datetime("us", "UTC"),
            "passed": pl.Int64,
            "warned": pl.Int64,
            "warnings": pl.List(pl.String),
            "rows": pl.Int64,
        },
        limit=limit,
    )


def freshness(places: Locations) -> pl.DataFrame:
    """The newest facts of each location: a till's sale, a movement, and when the newest became known."""
    return frame(
        """
        select l.name,
            (select max(s.business_day) from marts.fct_sales as s where s.location_id = l.location_id),
            (select max(m.business_day) from marts.fct_stock_movements as m where m.location_id = l.location_id),
            (select max(m.recorded_at) from marts.fct_stock_movements as m
             where m.location_id = l.location_id and m.business_day >= current_date - 30)
        from marts.dim_location as l
        where l.location_id = any(cast(%(places)s as uuid[]))
        order by l.name
        """,
        {
            "location": pl.String,
            "last_sales_day": pl.Date,
            "last_movement_day": pl.Date,
            "known_until": pl.Datetime("us", "UTC"),
        },
        places=list(places),
    )


def lineage(places: Locations) -> pl.DataFrame:
    """What each model reads: one row per step from a parent to a child, with what the child is."""
    del places
    return frame(
        """
        select child, child_kind, parent, parent_kind, description
        from marts.dim_lineage
        order by child, parent
        """,
        {
            "child": pl.String,
            "child_kind": pl.String,
            "parent": pl.String,
            "parent_kind": pl.String,
            "description": pl.String,
        },
    )
