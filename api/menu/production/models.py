"""Batches made in the kitchen: what was planned, what went in, what came out."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from api.core.models import Base, Identified


class ProductionBatch(Identified, Base):
    """A recipe made once: quantities in the product's stock unit, `value` is that of everything that went in."""

    __tablename__ = "production_batches"
    __table_args__ = (
        CheckConstraint("expected_quantity > 0 and produced_quantity > 0", name="quantities_positive"),
        CheckConstraint("value >= 0", name="value_not_negative"),
        CheckConstraint("num_nonnulls(reversed_at, reversed_by) <> 1", name="reversed_by_somebody"),
        Index("ix_production_batches_location_id_occurred_at", "location_id", "occurred_at"),
    )

    recipe_id: Mapped[UUID] = mapped_column(ForeignKey("recipes.id"), index=True)
    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id"), index=True)
    location_id: Mapped[UUID] = mapped_column(ForeignKey("locations.id"))
    item_id: Mapped[UUID] = mapped_column(ForeignKey("inventory_items.id"))
    movement_id: Mapped[UUID]
    lot_id: Mapped[UUID | None] = mapped_column(ForeignKey("lots.id"))
    expected_quantity: Mapped[Decimal]
    produced_quantity: Mapped[Decimal]
    unit: Mapped[str]
    value: Mapped[Decimal]
    currency: Mapped[str]
    note: Mapped[str] = mapped_column(server_default=text("''"))
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    actor_id: Mapped[UUID]
    reversed_at: Mapped[datetime | None]
    reversed_by: Mapped[UUID | None]

    lines: Mapped[list[ProductionBatchLine]] = relationship(
        order_by="ProductionBatchLine.position", cascade="all, delete-orphan"
    )


class ProductionBatchLine(Base):
    """An ingredient: what the recipe asks for, gross of yield, and what was used; in its stock unit."""

    __tablename__ = "production_batch_lines"
    __table_args__ = (CheckConstraint("expected_quantity >= 0 and used_quantity >= 0", name="not_negative"),)

    batch_id: Mapped[UUID] = mapped_column(ForeignKey("production_batches.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id"), index=True)
    movement_id: Mapped[UUID | None]
    lot_id: Mapped[UUID | None] = mapped_column(ForeignKey("lots.id"))
    expected_quantity: Mapped[Decimal]
    used_quantity: Mapped[Decimal]
    unit: Mapped[str]
    value: Mapped[Decimal]
