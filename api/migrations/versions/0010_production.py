"""Batches made in the kitchen, products kept in stock though made here, prices of the menu, sales nobody could map."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

MONEY = sa.Numeric(precision=18, scale=6)
MOMENT = sa.DateTime(timezone=True)
APPEND_ONLY = ("menu_item_prices", "production_batch_lines")


def upgrade() -> None:
    op.add_column("recipes", sa.Column("is_stocked", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.create_check_constraint(op.f("ck_recipes_stocked_is_a_product"), "recipes", "product_id is not null or not is_stocked")
    op.add_column("depletions", sa.Column("unmapped", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False))
    _menu_item_prices()
    _production_batches()
    _production_batch_lines()
    op.execute("grant select, insert on menu_item_prices, production_batch_lines to stockpot_app")
    op.execute("grant select, insert, update on production_batches to stockpot_app")
    op.execute("grant select on menu_item_prices, production_batches, production_batch_lines to stockpot_pipeline")
    for table in APPEND_ONLY:
        op.execute(f"create trigger append_only before update or delete on {table} for each row execute function refuse_change()")
        op.execute(f"create trigger no_truncate before truncate on {table} for each statement execute function refuse_change()")
    # What is on the menu today has had its price since it was put there, as far as anybody knows.
    op.execute(
        "insert into menu_item_prices (menu_item_id, price, effective_from, recorded_at) "
        "select id, price, created_at::date, created_at from menu_items where price is not null"
    )


def _menu_item_prices() -> None:
    op.create_table(
        "menu_item_prices",
        sa.Column("menu_item_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=True),
        sa.Column("price", MONEY, nullable=True),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", MOMENT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.CheckConstraint("price >= 0", name=op.f("ck_menu_item_prices_not_negative")),
        sa.ForeignKeyConstraint(["location_id"], ["locations.id"], name=op.f("fk_menu_item_prices_location_id")),
        sa.ForeignKeyConstraint(["menu_item_id"], ["menu_items.id"], name=op.f("fk_menu_item_prices_menu_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_menu_item_prices")),
    )
    op.create_index("ix_menu_item_prices_menu_item_id_effective_from", "menu_item_prices", ["menu_item_id", "effective_from"])


def _production_batches() -> None:
    references = {
        "recipe_id": "recipes",
        "product_id": "products",
        "location_id": "locations",
        "item_id": "inventory_items",
        "lot_id": "lots",
    }
    op.create_table(
        "production_batches",
        sa.Column("recipe_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("movement_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=True),
        sa.Column("expected_quantity", MONEY, nullable=False),
        sa.Column("produced_quantity", MONEY, nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("value", MONEY, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("occurred_at", MOMENT, nullable=False),
        sa.Column("recorded_at", MOMENT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("reversed_at", MOMENT, nullable=True),
        sa.Column("reversed_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.CheckConstraint("expected_quantity > 0 and produced_quantity > 0", name=op.f("ck_production_batches_quantities_positive")),
        sa.CheckConstraint("value >= 0", name=op.f("ck_production_batches_value_not_negative")),
        sa.CheckConstraint("num_nonnulls(reversed_at, reversed_by) <> 1", name=op.f("ck_production_batches_reversed_by_somebody")),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_production_batches_{column}"))
            for column, table in references.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_production_batches")),
    )
    op.create_index("ix_production_batches_location_id_occurred_at", "production_batches", ["location_id", "occurred_at"])
    op.create_index(op.f("ix_production_batches_product_id"), "production_batches", ["product_id"])
    op.create_index(op.f("ix_production_batches_recipe_id"), "production_batches", ["recipe_id"])


def _production_batch_lines() -> None:
    op.create_table(
        "production_batch_lines",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("movement_id", sa.Uuid(), nullable=True),
        sa.Column("lot_id", sa.Uuid(), nullable=True),
        sa.Column("expected_quantity", MONEY, nullable=False),
        sa.Column("used_quantity", MONEY, nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("value", MONEY, nullable=False),
        sa.CheckConstraint("expected_quantity >= 0 and used_quantity >= 0", name=op.f("ck_production_batch_lines_not_negative")),
        sa.ForeignKeyConstraint(["batch_id"], ["production_batches.id"], name=op.f("fk_production_batch_lines_batch_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name=op.f("fk_production_batch_lines_lot_id")),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_production_batch_lines_product_id")),
        sa.PrimaryKeyConstraint("batch_id", "position", name=op.f("pk_production_batch_lines")),
    )
    op.create_index(op.f("ix_production_batch_lines_product_id"), "production_batch_lines", ["product_id"])


def downgrade() -> None:
    for table in ("production_batch_lines", "production_batches", "menu_item_prices"):
        op.drop_table(table)
    op.drop_column("depletions", "unmapped")
    op.drop_constraint(op.f("ck_recipes_stocked_is_a_product"), "recipes", type_="check")
    op.drop_column("recipes", "is_stocked")
