"""How the figures came about: loads and their checks, how fresh each location's facts are, and what follows from what.

Loads and lineage are the installation's and the same for everybody; freshness is each location's own.
"""

from __future__ import annotations

from datetime import datetime

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


def gate_runs(places: Locations, limit: int = 30) -> pl.DataFrame:
    """The newest runs of the gates, also those that a gate stopped: expectations that held, warned and stopped."""
    del places
    return frame(
        """
        select r.run_id, max(r.evaluated_at), count(*) filter (where r.is_as_expected),
            count(*) filter (where not r.is_as_expected and r.severity = 'warn'),
            count(*) filter (where not r.is_as_expected and r.severity = 'block'),
            exists (select 1 from marts.loads as l where l.load_id = r.run_id)
        from marts.fct_quality_results as r
        group by r.run_id
        order by 2 desc
        limit %(limit)s
        """,
        {
            "run_id": pl.String,
            "evaluated_at": pl.Datetime("us", "UTC"),
            "passed": pl.Int64,
            "warned": pl.Int64,
            "failed": pl.Int64,
            "is_published": pl.Boolean,
        },
        limit=limit,
    )


def gate_findings(places: Locations, runs: tuple[str, ...]) -> pl.DataFrame:
    """What was not as expected in some runs, what stopped a run first."""
    del places
    return frame(
        """
        select run_id, severity, table_name, expectation, observed_value, unexpected_count, failing_runs, reason,
            evaluated_at
        from marts.fct_quality_results
        where run_id = any(%(runs)s) and not is_as_expected
        order by severity, failing_runs, evaluated_at desc, table_name, expectation
        """,
        {
            "run_id": pl.String,
            "severity": pl.String,
            "table": pl.String,
            "check": pl.String,
            "observed": pl.String,
            "unexpected": pl.Int64,
            "failing_runs": pl.Int64,
            "reason": pl.String,
            "evaluated_at": pl.Datetime("us", "UTC"),
        },
        runs=list(runs),
    )


def stopped_since(places: Locations, moment: datetime) -> pl.DataFrame:
    """What stopped the newest run after a moment: no row where none was stopped, or a later one went through."""
    del places
    return frame(
        """
        select run_id, suite, table_name, expectation, reason, evaluated_at
        from marts.fct_quality_results
        where severity = 'block' and not is_as_expected and evaluated_at > %(moment)s
        order by evaluated_at desc, table_name, expectation
        limit 5
        """,
        {
            "run_id": pl.String,
            "suite": pl.String,
            "table": pl.String,
            "check": pl.String,
            "reason": pl.String,
            "evaluated_at": pl.Datetime("us", "UTC"),
        },
        moment=moment,
    )


def quarantined(places: Locations) -> pl.DataFrame:
    """Rows of files that could not be read, by source, reason and what became of them; those that wait first."""
    return frame(
        """
        select q.source, q.code, q.state, l.name, min(q.quarantined_on), max(q.quarantined_on), sum(q.rejected_rows)
        from marts.fct_quarantine as q
        left join marts.dim_location as l on q.location_id = l.location_id
        where q.location_id = any(cast(%(places)s as uuid[])) or q.location_id is null
        group by q.source, q.code, q.state, l.name
        order by q.state in ('loaded', 'discarded'), sum(q.rejected_rows) desc, q.source, q.code
        """,
        {
            "source": pl.String,
            "code": pl.String,
            "state": pl.String,
            "location": pl.String,
            "first": pl.Date,
            "last": pl.Date,
            "rows": pl.Int64,
        },
        places=list(places),
    )


def freshness(places: Locations) -> pl.DataFrame:
    """The newest facts of each location: a till's sale, a movement, and when the newest became known."""
    return frame(
        """
        select l.name,
            (select max(s.business_day) from marts.fct_sales as s where s.location_id = l.location_id),
            (select max(m.business_day) from marts.fct_stock_movements as m where m.location_id = l.location_id),
            (select max(m.recorded_at) from marts.fct_stock_movements as m where m.location_id = l.location_id)
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
