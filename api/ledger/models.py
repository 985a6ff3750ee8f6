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
    "cost_correction",
    "price_variance",
)
VALUE_ONLY = ("cost_correction", "price_variance")


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
    keeps_lots: Mapped[bool] = mapped_column(server_default=text("false"))  # a lot has come in once
    books_closed_until: Mapped[datetime | None]  # follows the location's period locks; earlier facts are refused
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
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class LotBalance(Identified, Base):
    """What an inventory item holds of a lot; the item's lots and what lies there without one add up to its balance."""

    __tablename__ = "lot_balances"
    __table_args__ = (
        UniqueConstraint("item_id", "lot_id"),
        Index("ix_lot_balances_lot_id", "lot_id"),
        Index("ix_lot_balances_standing", "item_id", postgresql_where=text("on_hand <> 0")),
        {"postgresql_with": {"fillfactor": 70}},
    )

    item_id: Mapped[UUID] = mapped_column(ForeignKey("inventory_items.id"))
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lots.id"))
    on_hand: Mapped[Decimal] = mapped_column(server_default=text("0"))
    received_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]


class MovementLot(Base):
    """How much of a lot a movement brought to an item (positive) or took from it (negative); append-only."""

    __tablename__ = "movement_lots"
    __table_args__ = (
        CheckConstraint("quantity <> 0", name="quantity_moves"),
        Index("ix_movement_lots_lot_id", "lot_id"),
        Index("ix_movement_lots_recorded_at", "recorded_at"),
    )

    movement_id: Mapped[UUID] = mapped_column(primary_key=True)  # of a row written by the same call
    item_id: Mapped[UUID] = mapped_column(ForeignKey("inventory_items.id"), primary_key=True)
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lots.id"), primary_key=True)
    quantity: Mapped[Decimal]
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class PeriodLock(Identified, Base):
    """A location's books are closed up to and including a business day, until somebody lifts the lock."""

    __tablename__ = "period_locks"
    __table_args__ = (
        CheckConstraint("(lifted_at is null) = (lifted_by is null)", name="lifted_by_somebody"),
        Index(
            "uq_period_locks_standing",
            "location_id",
            "closed_through",
            unique=True,
            postgresql_where=text("lifted_at is null"),
        ),
    )

    location_id: Mapped[UUID] = mapped_column(ForeignKey("locations.id"))
    closed_through: Mapped[date]
    closed_until: Mapped[datetime]  # the moment at which the first open business day begins
    note: Mapped[str | None]
    locked_by: Mapped[UUID]
    locked_at: Mapped[datetime] = mapped_column(server_default=func.now())
    lifted_by: Mapped[UUID | None]
    lifted_at: Mapped[datetime | None]


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
        CheckConstraint(f"kind not in ({', '.join(map(repr, VALUE_ONLY))}) or quantity = 0", name="value_only"),
        CheckConstraint("uuid_extract_version(id) is not distinct from 7", name="id_is_uuidv7"),
        CheckConstraint("occurred_at - recorded_at <= interval '1 hour'", name="not_far_ahead"),
        ForeignKeyConstraint(["from_item_id", "product_id"], ["inventory_items.id", "inventory_items.product_id"]),
        ForeignKeyConstraint(["to_item_id", "product_id"], ["inventory_items.id", "inventory_items.product_id"]),
        Index("ix_stock_movements_from_item_id_occurred_at", "from_item_id", "occurred_at"),
        Index("ix_stock_movements_to_item_id_occurred_at", "to_item_id", "occurred_at"),
        Index("ix_stock_movements_recorded_at", "recorded_at"),
        Index(
            "ix_stock_movements_late",
            "recorded_at",
            "occurred_at",
            postgresql_where=text("recorded_at - occurred_at > interval '36 hours'"),
        ),
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
