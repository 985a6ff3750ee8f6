"""Failures of pipeline runs as alerts: one per job and day, until the job succeeds."""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

TABLE = """
create table pipeline_failures (
    id uuid not null default uuidv7() constraint pk_pipeline_failures primary key,
    job text not null,
    day date not null,
    step text,
    run_id uuid not null,
    error text not null,
    url text,
    failed_at timestamptz not null default now(),
    resolved_at timestamptz,
    constraint uq_pipeline_failures_job_day unique (job, day)
);
create index ix_pipeline_failures_open on pipeline_failures (job) where resolved_at is null;
grant select, insert, update on pipeline_failures to stockpot_app;
grant select on pipeline_failures to stockpot_pipeline
"""


def upgrade() -> None:
    for statement in TABLE.split(";\n"):
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop table pipeline_failures")
