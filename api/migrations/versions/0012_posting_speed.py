"""One id may come several times in one batch of scans: what is kept of it is written once.

Until now the second refusal of an id in a batch made the database refuse the whole batch, neighbours included.
"""

from __future__ import annotations

import runpy
from pathlib import Path

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

HERE = Path(__file__).parent
POST_SCANS = HERE.parent / "sql" / "post_scans_0012.sql"


def upgrade() -> None:
    op.execute(POST_SCANS.read_text())


def downgrade() -> None:
    old = runpy.run_path(str(HERE / "0003_posting.py"))["POST_SCANS"]
    op.execute(old.replace("create function", "create or replace function", 1))
