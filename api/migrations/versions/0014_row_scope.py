"""Who reads marts has no business in the operational schema: neither its tables nor its functions.

Which rows of the marts they see is said in the warehouse, when marts are published.
"""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("revoke usage on schema public from public")


def downgrade() -> None:
    op.execute("grant usage on schema public to public")
