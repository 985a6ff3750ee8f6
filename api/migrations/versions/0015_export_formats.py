"""Formats, holds and retention of exported reports."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Grants on both tables are those of 0002: they hold for every column.
    on_failed_gate = sa.Column("on_failed_gate", sa.Text(), server_default=sa.text("'stamp'"), nullable=False)
    op.add_column("report_definitions", on_failed_gate)
    op.create_check_constraint(op.f("ck_report_definitions_on_failed_gate"), "report_definitions", "on_failed_gate in ('hold', 'stamp')")
    op.add_column("report_definitions", sa.Column("keep_days", sa.Integer(), nullable=True))
    op.add_column("report_definitions", sa.Column("keep_exports", sa.Integer(), nullable=True))
    op.create_check_constraint(op.f("ck_report_definitions_keep_days"), "report_definitions", "keep_days > 0")
    op.create_check_constraint(op.f("ck_report_definitions_keep_exports"), "report_definitions", "keep_exports > 0")
    op.add_column("report_runs", sa.Column("as_of", sa.DateTime(timezone=True), nullable=True))
    op.add_column("report_runs", sa.Column("gates", postgresql.JSONB(), nullable=True))
    op.add_column("report_runs", sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_report_runs_pending", "report_runs", ["id"], postgresql_where=sa.text("status = 'pending'"))


def downgrade() -> None:
    op.drop_index("ix_report_runs_pending", table_name="report_runs")
    for column in ("deleted_at", "gates", "as_of"):
        op.drop_column("report_runs", column)
    for name in ("keep_exports", "keep_days", "on_failed_gate"):
        op.drop_constraint(op.f(f"ck_report_definitions_{name}"), "report_definitions")
        op.drop_column("report_definitions", name)
