"""Batches of plain movements are posted by a few statements over sets, without a step per row."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

POST_PLAIN_SCANS = Path(__file__).parent.parent / "sql" / "post_plain_scans_0017.sql"


def upgrade() -> None:
    op.execute(POST_PLAIN_SCANS.read_text())


def downgrade() -> None:
    op.execute("drop function post_plain_scans")
