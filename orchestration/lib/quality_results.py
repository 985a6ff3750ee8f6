"""`raw_quality.results`: what came of every expectation in every run, also of runs that a gate stopped."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from ingestion.warehouse import connect
from orchestration.lib.expectations import AS_USUAL

HISTORY = 7
"""Runs whose row counts say what is usual."""

CREATE = """
select pg_advisory_xact_lock(hashtextextended('stockpot quality results', 0));
create schema if not exists raw_quality;
create table if not exists raw_quality.results (
    run_id text not null,
    load_id text not null,
    suite text not null,
    table_name text not null,
    expectation text not null,
    column_name text,
    severity text not null check (severity in ('block', 'warn')),
    success boolean not null,
    observed_value text,
    unexpected_count bigint,
    sample jsonb not null,
    reason text not null,
    evaluated_at timestamptz not null default clock_timestamp(),
    primary key (run_id, suite, table_name, expectation)
);
create index if not exists results_by_check on raw_quality.results (suite, table_name, expectation, evaluated_at);
"""

KEEP = """
insert into raw_quality.results (run_id, load_id, suite, table_name, expectation, column_name, severity, success,
                                 observed_value, unexpected_count, sample, reason)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
on conflict (run_id, suite, table_name, expectation) do update
set severity = excluded.severity, success = excluded.success, observed_value = excluded.observed_value,
    unexpected_count = excluded.unexpected_count, sample = excluded.sample, reason = excluded.reason,
    evaluated_at = excluded.evaluated_at
"""

COUNTS = """
select table_name, array_agg(observed_value::numeric order by evaluated_at desc)
from raw_quality.results
where suite = %s and expectation = %s and run_id <> %s and observed_value is not null
group by table_name
"""

VERDICT = """
select count(*) filter (where success),
    coalesce(
        jsonb_agg(table_name || ': ' || expectation order by table_name, expectation) filter (where not success), '[]'
    )
from raw_quality.results where run_id = %s
"""


@dataclass(frozen=True)
class Finding:
    """What came of one expectation; `examples` are rows, or keys, that were not as expected."""

    store: str
    expectation: str
    column: str | None
    is_blocking: bool
    success: bool
    reason: str
    observed: str | None = None
    unexpected: int | None = None
    examples: tuple[Any, ...] = ()
    error: str | None = None

    def sentence(self) -> str:
        """For the run's page: what, how many, the first of them, and what to do."""
        if self.error:
            return f"{self.store}: {self.expectation} could not be checked: {self.error}"
        found = f"{self.unexpected} found" if self.unexpected is not None else f"found {self.observed}"
        first = f", the first {json.dumps(self.examples[0], ensure_ascii=False)}" if self.examples else ""
        return f"{self.store}: {self.expectation} ({found}{first}). {self.reason}"

    def figures(self) -> dict[str, Any]:
        """For the check's metadata."""
        named: dict[str, Any] = {
            "column": self.column,
            "observed": self.observed,
            "unexpected": self.unexpected,
            "error": self.error,
        }
        shown = {name: value for name, value in named.items() if value is not None}
        return shown if self.success else {**shown, "sample": list(self.examples[:10]), "reason": self.reason}


def keep(warehouse_url: str, suite: str, run_id: str, findings: Sequence[Finding]) -> None:
    """Add a gate's findings in one transaction; the same gate of the same run again replaces its own."""
    with connect(warehouse_url) as session:
        session.execute(CREATE)
        with session.cursor() as cursor:
            cursor.executemany(KEEP, [_row(suite, run_id, finding) for finding in findings])


def usual_counts(warehouse_url: str, suite: str, run_id: str) -> dict[str, Decimal]:
    """Each table's median number of rows in the last runs of the suite, this run aside."""
    with connect(warehouse_url) as session:
        session.execute(CREATE)
        rows = session.execute(COUNTS, [suite, AS_USUAL, run_id]).fetchall()
    return {table: median(counts[:HISTORY]) for table, counts in rows}


def verdict(session: psycopg.Connection[Any], run_id: str) -> dict[str, Any]:
    """What the gates of a run said: how many expectations held, and which did not."""
    exists = session.execute("select to_regclass('raw_quality.results') is not null").fetchone()
    row = session.execute(VERDICT, [run_id]).fetchone() if exists and exists[0] else None
    return {"passed": row[0], "warnings": row[1]} if row else {"passed": 0, "warnings": []}


def _row(suite: str, run_id: str, finding: Finding) -> tuple[Any, ...]:
    return (
        run_id,
        run_id,  # the run's id is the load's
        suite,
        finding.store,
        finding.expectation,
        finding.column,
        "block" if finding.is_blocking else "warn",
        finding.success,
        finding.error or finding.observed,
        finding.unexpected,
        Jsonb(list(finding.examples)),
        finding.reason,
    )
