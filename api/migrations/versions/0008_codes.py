"""Label templates, what unknown codes' scans said, prices of packs on labels, and numbers for codes of the house."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLES = ("label_templates", "unlinked_scans")


def upgrade() -> None:
    op.create_table(
        "label_templates",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("pattern", sa.Text(), nullable=False),
        sa.Column("measures", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("decimals", sa.Integer(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("measures in ('weight', 'price', 'quantity')", name=op.f("ck_label_templates_measures")),
        sa.CheckConstraint("(unit is null) = (measures = 'price')", name=op.f("ck_label_templates_unit")),
        sa.CheckConstraint("decimals between 0 and 6", name=op.f("ck_label_templates_decimals")),
        sa.ForeignKeyConstraint(["location_id"], ["locations.id"], name=op.f("fk_label_templates_location_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label_templates")),
    )
    op.create_index(
        "uq_label_templates_pattern",
        "label_templates",
        ["pattern", "location_id"],
        unique=True,
        postgresql_where=sa.text("is_active"),
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "unlinked_scans",
        sa.Column("scan_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("sent", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("scan_id", name=op.f("pk_unlinked_scans")),
    )
    op.create_index("ix_unlinked_scans_key", "unlinked_scans", ["key"])
    op.add_column("barcodes", sa.Column("pack_price", sa.Numeric(18, 6), nullable=True))
    op.add_column("barcodes", sa.Column("pack_currency", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_barcodes_pack_price"),
        "barcodes",
        "(pack_price is null) = (pack_currency is null) and (pack_price is null or pack_price > 0)",
    )
    op.execute("create sequence house_code_numbers")
    for table in TABLES:
        op.execute(f"grant select, insert, update, delete on {table} to stockpot_app")
        op.execute(f"grant select on {table} to stockpot_pipeline")
    op.execute("grant usage on sequence house_code_numbers to stockpot_app")


def downgrade() -> None:
    op.execute("drop sequence house_code_numbers")
    op.drop_constraint(op.f("ck_barcodes_pack_price"), "barcodes")
    op.drop_column("barcodes", "pack_currency")
    op.drop_column("barcodes", "pack_price")
    op.drop_table("unlinked_scans")
    op.drop_table("label_templates")
