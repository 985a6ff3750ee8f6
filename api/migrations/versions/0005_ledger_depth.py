"""Lots in kitchen order, period locks, later differences in cost.

The posting function learns them, and stays one call. Its new text stands in `../sql`; going down restores that of 0003.
"""

from __future__ import annotations

import runpy
from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

HERE = Path(__file__).parent
POST = HERE.parent / "sql" / "post_stock_movements_0005.sql"
TABLES = ("lot_balances", "movement_lots", "period_locks")
KINDS = (
    "'receipt', 'return_to_supplier', 'sale', 'consumption', 'production', 'waste', 'count_correction', 'adjustment', "
    "'transfer', 'opening'"
)
ENDS = "kind in ({}) and (kind = 'transfer') = (num_nonnulls(from_item_id, to_item_id) = 2)"
VALUE_ONLY = "kind not in ('cost_correction', 'price_variance') or quantity = 0"

# A lock and a poster meet at the items' rows: whoever comes second sees what the first has done. Items that do not exist
# yet are made under a share lock of their location, which the lock's own transaction holds for itself.
FOLLOW = """
create function follow_period_locks() returns trigger language plpgsql as $$
begin
    perform from locations l where l.id = new.location_id for no key update;
    perform from inventory_items i where i.location_id = new.location_id order by i.id for no key update;
    update inventory_items
       set books_closed_until = (select max(p.closed_until) from period_locks p
                                  where p.location_id = new.location_id and p.lifted_at is null)
     where location_id = new.location_id;
    return null;
end $$
"""
BORN = """
create function take_location_rules() returns trigger language plpgsql as $$
declare
    v_allows boolean;
begin
    select l.allows_negative into v_allows from locations l where l.id = new.location_id for share;
    new.allows_negative := new.allows_negative and coalesce(v_allows, true);
    new.books_closed_until := (select max(p.closed_until) from period_locks p
                                where p.location_id = new.location_id and p.lifted_at is null);
    return new;
end $$
"""

# A lot whose date nobody said is the one of that code that is known already, the latest of several.
ENSURE_LOTS = """
create function ensure_lots(p_products uuid[], p_codes text[], p_expiries date[])
returns table (product_id uuid, code text, expires_on date, lot_id uuid)
language plpgsql as $$
#variable_conflict use_column
begin
    insert into lots (product_id, code, expires_on)
    select distinct w.product_id, w.code, w.expires_on
      from unnest(p_products, p_codes, p_expiries) as w(product_id, code, expires_on)
     where not exists (select from lots l where l.product_id = w.product_id and l.code = w.code
                          and (w.expires_on is null or l.expires_on = w.expires_on))
     order by 1, 2, 3
    on conflict do nothing;

    return query
    select distinct on (w.product_id, w.code, w.expires_on) w.product_id, w.code, w.expires_on, l.id
      from unnest(p_products, p_codes, p_expiries) as w(product_id, code, expires_on)
      join lots l on l.product_id = w.product_id and l.code = w.code
       and (w.expires_on is null or l.expires_on = w.expires_on)
     order by w.product_id, w.code, w.expires_on, l.created_at desc, l.id desc;
end $$
"""


def upgrade() -> None:
    op.drop_column("lots", "opened_at")  # a lot is opened at one place, and may lie closed at another
    op.add_column("inventory_items", sa.Column("keeps_lots", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("inventory_items", sa.Column("books_closed_until", sa.DateTime(timezone=True)))
    _create_lot_tables()
    _create_period_locks()
    for table in TABLES:
        op.execute(f"grant select, insert, update on {table} to stockpot_app")
        op.execute(f"grant select on {table} to stockpot_pipeline")
    op.execute("revoke update on movement_lots from stockpot_app")
    op.execute("create trigger append_only before update or delete on movement_lots for each row execute function refuse_change()")
    op.execute("create trigger no_truncate before truncate on movement_lots for each statement execute function refuse_change()")

    op.drop_constraint(op.f("ck_stock_movements_ends_fit_kind"), "stock_movements")
    op.create_check_constraint(
        op.f("ck_stock_movements_ends_fit_kind"), "stock_movements", ENDS.format(f"{KINDS}, 'cost_correction', 'price_variance'")
    )
    op.create_check_constraint(op.f("ck_stock_movements_value_only"), "stock_movements", VALUE_ONLY)
    op.execute("alter type stock_posting add attribute lots jsonb, add attribute corrects_quantity numeric")
    op.execute("create type stock_lot_part as (movement_id uuid, item_id uuid, lot_id uuid, quantity numeric)")
    op.execute(POST.read_text())
    op.execute(ENSURE_LOTS)


def _create_lot_tables() -> None:
    op.create_table(
        "lot_balances",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("on_hand", sa.Numeric(18, 6), server_default=sa.text("0"), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot_balances")),
        sa.UniqueConstraint("item_id", "lot_id", name=op.f("uq_lot_balances_item_id_lot_id")),
        sa.ForeignKeyConstraint(["item_id"], ["inventory_items.id"], name=op.f("fk_lot_balances_item_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name=op.f("fk_lot_balances_lot_id")),
        postgresql_with={"fillfactor": 70},
    )
    op.create_index("ix_lot_balances_lot_id", "lot_balances", ["lot_id"])
    op.create_index("ix_lot_balances_standing", "lot_balances", ["item_id"], postgresql_where=sa.text("on_hand <> 0"))
    op.create_table(
        "movement_lots",
        sa.Column("movement_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Numeric(18, 6), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("quantity <> 0", name=op.f("ck_movement_lots_quantity_moves")),
        sa.PrimaryKeyConstraint("movement_id", "item_id", "lot_id", name=op.f("pk_movement_lots")),
        sa.ForeignKeyConstraint(["item_id"], ["inventory_items.id"], name=op.f("fk_movement_lots_item_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name=op.f("fk_movement_lots_lot_id")),
    )
    op.create_index("ix_movement_lots_lot_id", "movement_lots", ["lot_id"])
    op.create_index("ix_movement_lots_recorded_at", "movement_lots", ["recorded_at"])


def _create_period_locks() -> None:
    op.create_table(
        "period_locks",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("closed_through", sa.Date(), nullable=False),
        sa.Column("closed_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text()),
        sa.Column("locked_by", sa.Uuid(), nullable=False),
        sa.Column("locked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("lifted_by", sa.Uuid()),
        sa.Column("lifted_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("(lifted_at is null) = (lifted_by is null)", name=op.f("ck_period_locks_lifted_by_somebody")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_period_locks")),
        sa.ForeignKeyConstraint(["location_id"], ["locations.id"], name=op.f("fk_period_locks_location_id")),
    )
    op.create_index(
        "uq_period_locks_standing",
        "period_locks",
        ["location_id", "closed_through"],
        unique=True,
        postgresql_where=sa.text("lifted_at is null"),
    )
    op.execute(FOLLOW)
    op.execute("create trigger follow_period_locks after insert or update on period_locks for each row execute function follow_period_locks()")
    op.execute(BORN)
    op.execute("create trigger take_location_rules before insert on inventory_items for each row execute function take_location_rules()")


def downgrade() -> None:
    """Rows of the new kinds cannot be kept by the old rules: where there are any, this refuses."""
    op.execute("drop function ensure_lots(uuid[], text[], date[])")
    op.execute(runpy.run_path(str(HERE / "0003_posting.py"))["POST"].replace("create function", "create or replace function", 1))
    op.execute("drop type stock_lot_part")
    op.execute("alter type stock_posting drop attribute lots, drop attribute corrects_quantity")
    op.drop_constraint(op.f("ck_stock_movements_value_only"), "stock_movements")
    op.drop_constraint(op.f("ck_stock_movements_ends_fit_kind"), "stock_movements")
    op.create_check_constraint(op.f("ck_stock_movements_ends_fit_kind"), "stock_movements", ENDS.format(KINDS))
    op.execute("drop trigger take_location_rules on inventory_items")
    op.execute("drop function take_location_rules()")
    for table in TABLES:
        op.drop_table(table)
    op.execute("drop function follow_period_locks()")
    op.drop_column("inventory_items", "books_closed_until")
    op.drop_column("inventory_items", "keeps_lots")
    op.add_column("lots", sa.Column("opened_at", sa.DateTime(timezone=True)))
