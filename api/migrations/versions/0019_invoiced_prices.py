"""What suppliers' invoices asked for goods that had been booked at another price."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

TABLE = "purchase_order_invoiced_prices"
RECEIPT = "purchase_order_receipt_id"
MONEY = sa.Numeric(precision=18, scale=6)
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column(RECEIPT, sa.Uuid(), nullable=False),
        sa.Column("price", MONEY, nullable=False),
        sa.Column("difference", MONEY, nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("occurred_at", MOMENT, nullable=False),
        sa.Column("recorded_at", MOMENT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.CheckConstraint("price >= 0", name=op.f(f"ck_{TABLE}_not_negative")),
        sa.ForeignKeyConstraint([RECEIPT], ["purchase_order_receipts.id"], name=op.f(f"fk_{TABLE}_{RECEIPT}")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
    )
    op.create_index(op.f(f"ix_{TABLE}_{RECEIPT}"), TABLE, [RECEIPT])
    op.execute(f"grant select, insert on {TABLE} to stockpot_app")
    op.execute(f"grant select on {TABLE} to stockpot_pipeline")
    op.execute(f"create trigger append_only before update or delete on {TABLE} for each row execute function refuse_change()")
    op.execute(f"create trigger no_truncate before truncate on {TABLE} for each statement execute function refuse_change()")


def downgrade() -> None:
    op.drop_table(TABLE)
