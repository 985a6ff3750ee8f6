"""The immutable stock ledger and the balances that follow from it. Only `api.ledger` imports this module."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from api.core.models import Base, Identified

KINDS = (
    "receipt",
    "return_to_supplier",
    "sale",
    "consumption",
    "production",
    "waste",
    "count_correction",
    "adjustment",
    "transfer",
    "opening",
)


class InventoryItem(Identified, Base):
    """A product at a location and storage area: its balance, its moving average cost, its order policy."""

    __tablename__ = "inventory_items"
    __table_args__ = (
        UniqueConstraint("product_id", "location_id", "area_id", postgresql_nulls_not_distinct=True),
        UniqueConstraint("id", "product_id"),  # lets a movement prove that its ends hold its product
        CheckConstraint("allows_negative or on_hand >= 0", name="not_below_zero"),
        Index("ix_inventory_items_location_id_product_id", "location_id", "product_id"),
        {"postgresql_with": {"fillfactor": 70}},
    )

    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id"))
    location_id: Mapped[UUID] = mapped_column(ForeignKey("locations.id"))
    area_id: Mapped[UUID | None] = mapped_column(ForeignKey("storage_areas.id"))
    allows_negative: Mapped[bool] = mapped_column(server_default=text("true"))
    on_hand: Mapped[Decimal] = mapped_column(server_default=text("0"))
    avg_cost: Mapped[Decimal] = mapped_column(server_default=text("0"))
    currency: Mapped[str]
    reorder_point: Mapped[Decimal | None]
    par_level: Mapped[Decimal | None]
    version: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Lot(Identified, Base):
    """A lot as it was delivered."""

    __tablename__ = "lots"
    __table_args__ = (UniqueConstraint("product_id", "code", "expires_on", postgresql_nulls_not_distinct=True),)

    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id"))
    code: Mapped[str]
    expires_on: Mapped[date | None]
    opened_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class StockMovement(Base):
    """A positive quantity went from one inventory item to another; either end may be the outside world.

    The id is a UUIDv7 of whoever captured the fact: primary key, idempotency key for ever, partition key.
    """

    __tablename__ = "stock_movements"
    __table_args__ = (
        CheckConstraint("quantity > 0 or (quantity = 0 and value <> 0)", name="quantity_positive"),
        CheckConstraint("num_nonnulls(from_item_id, to_item_id) >= 1", name="has_an_end"),
        CheckConstraint("from_item_id is distinct from to_item_id", name="ends_differ"),
        CheckConstraint(
            f"kind in ({', '.join(repr(kind) for kind in KINDS)}) "
            "and (kind = 'transfer') = (num_nonnulls(from_item_id, to_item_id) = 2)",
            name="ends_fit_kind",
        ),
        CheckConstraint("uuid_extract_version(id) is not distinct from 7", name="id_is_uuidv7"),
        ForeignKeyConstraint(["from_item_id", "product_id"], ["inventory_items.id", "inventory_items.product_id"]),
        ForeignKeyConstraint(["to_item_id", "product_id"], ["inventory_items.id", "inventory_items.product_id"]),
        Index("ix_stock_movements_from_item_id_occurred_at", "from_item_id", "occurred_at"),
        Index("ix_stock_movements_to_item_id_occurred_at", "to_item_id", "occurred_at"),
        Index("ix_stock_movements_recorded_at", "recorded_at"),
        {"postgresql_partition_by": "RANGE (id)"},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    from_item_id: Mapped[UUID | None]
    to_item_id: Mapped[UUID | None]
    product_id: Mapped[UUID]
    quantity: Mapped[Decimal]
    unit: Mapped[str]
    entered_quantity: Mapped[Decimal]
    entered_unit: Mapped[str]
    lot_id: Mapped[UUID | None] = mapped_column(ForeignKey("lots.id"))
    value: Mapped[Decimal] = mapped_column(server_default=text("0"))
    currency: Mapped[str]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    actor_id: Mapped[UUID | None]
    device_id: Mapped[str | None]
    source: Mapped[str]
    reason_code: Mapped[str | None]
    reference: Mapped[str | None]
    reverses_id: Mapped[UUID | None]
    content: Mapped[bytes]  # SHA-256 of what was sent: the same id with other content is a conflict
