"""What open orders still lack, by product and location: read by purchasing and by the ledger's lists alike."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

OPEN_ORDER_QUANTITIES = """
create view open_order_quantities as
-- In the product's stock unit; a draft is not asked for yet, and what came beyond the order owes nothing back.
select l.product_id, o.location_id, sum((l.packs_ordered - l.packs_received) * l.pack_stock_quantity) as quantity
  from purchase_orders o
  join purchase_order_lines l on l.purchase_order_id = o.id
 where o.status in ('submitted', 'approved', 'sent', 'partially_received')
   and l.completed_at is null and l.packs_ordered > l.packs_received
 group by l.product_id, o.location_id
"""


def upgrade() -> None:
    op.execute(OPEN_ORDER_QUANTITIES)
    op.execute("grant select on open_order_quantities to stockpot_app, stockpot_pipeline")


def downgrade() -> None:
    op.execute("drop view open_order_quantities")
