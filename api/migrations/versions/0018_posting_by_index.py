"""Posting reads the ledger by its indexes, also in a database that was empty when its plans were made.

The functions keep one plan per session. Made while a table (or a month's partition) is all but empty, that plan reads
the table from end to end, and each posting takes longer than the one before until the table is next analysed: a
batch of fifty was posted at a quarter of its speed. `create or replace` forgets the setting; whoever replaces one of
these functions must set it again.
"""

from __future__ import annotations

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

POSTING = ("post_plain_scans", "post_scans", "post_stock_movements")


def upgrade() -> None:
    for name in POSTING:
        op.execute(f"alter function {name} set enable_seqscan = off")


def downgrade() -> None:
    for name in POSTING:
        op.execute(f"alter function {name} reset enable_seqscan")
