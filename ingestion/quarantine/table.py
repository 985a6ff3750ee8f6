"""`raw_quarantine.rows`: one table for the rows of all sources."""

from __future__ import annotations

from typing import Any

import psycopg

DATASET = "raw_quarantine"

CREATE = """
create schema if not exists raw_quarantine;
create table if not exists raw_quarantine.rows (
    id bigint generated always as identity primary key,
    source text not null,
    row_key text not null,
    file text not null,
    file_sha256 text not null,
    line integer,
    column_name text,
    code text not null,
    message text not null,
    location_code text,
    values jsonb not null,
    repaired jsonb not null default '{}',
    raw_text text not null,
    context jsonb not null,
    figures jsonb not null,
    state text not null default 'pending' check (state in ('pending', 'repaired', 'discarded', 'loaded')),
    load_id text,
    quarantined_at timestamptz not null default now(),
    changed_by text,
    changed_at timestamptz,
    discard_reason text,
    tries integer not null default 0,
    replayed_load text,
    replayed_at timestamptz,
    unique (source, row_key),
    check ((state = 'discarded') = (discard_reason is not null))
);
create index if not exists rows_by_file on raw_quarantine.rows (source, file_sha256, line);
create index if not exists rows_waiting on raw_quarantine.rows (source, id) where state in ('pending', 'repaired');
"""


def ensure_table(session: psycopg.Connection[Any]) -> None:
    """Make schema and table where they are missing; two that do so at once wait for each other."""
    found = session.execute("select to_regclass('raw_quarantine.rows_waiting')").fetchone()
    if found is None or found[0] is None:
        session.execute("select pg_advisory_xact_lock(hashtextextended('stockpot quarantine table', 0))")
        session.execute(CREATE)
