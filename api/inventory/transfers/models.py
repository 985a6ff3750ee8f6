"""Goods that go from one restaurant to another, and stand in its in-transit area in between."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Sequence, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from api.core.models import Base, Identified, Stamped, Versioned

STATUSES = ("draft", "in_transit", "partially_received", "received", "closed", "cancelled")
OUTCOMES = ("received", "lost", "returned")
NUMBERS = Sequence("transfer_numbers", metadata=Base.metadata)
NEXT_NUMBER = text("'TR-' || lpad(nextval('transfer_numbers')::text, 6, '0')")


class Transfer(Identified, Versioned, Stamped, Base):
    """A list of goods from one location to another."""

    __tablename__ = "transfers"
    __table_args__ = (
        UniqueConstraint("number"),
        CheckConstraint("status in (" + ", ".join(f"'{s}'" for s in STATUSES) + ")", name="status"),
        CheckConstraint("from_location_id <> to_location_id", name="locations_differ"),
        CheckConstraint("(status in ('draft', 'cancelled')) = (shipped_at is null)", name="shipped_when_under_way"),
        Index("ix_transfers_from_location_id_status", "from_location_id", "status"),
        Index("ix_transfers_to_location_id_status", "to_location_id", "status"),
        Index("ix_transfers_created_at_id", "created_at", "id"),
    )

    number: Mapped[str] = mapped_column(server_default=NEXT_NUMBER)
    from_location_id: Mapped[UUID] = mapped_column(ForeignKey("locations.id"))
    to_location_id: Mapped[UUID] = mapped_column(ForeignKey("locations.id"))
    status: Mapped[str] = mapped_column(server_default=text("'draft'"))
    currency: Mapped[str]
    note: Mapped[str | None]
    created_by: Mapped[UUID]
    shipped_by: Mapped[UUID | None]
    shipped_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]  # when nothing of it was left on the road

    lines: Mapped[list[TransferLine]] = relationship(
        cascade="all, delete-orphan", order_by="TransferLine.position", lazy="selectin"
    )


class TransferLine(Identified, Base):
    """So much of one product; the line's id is that of the movement by which it is shipped.

    Quantities are in the product's stock unit. What was shipped is on the road until it is received, lost or returned;
    `over_quantity` came beyond it, out of the sender's stock.
    """

    __tablename__ = "transfer_lines"
    __table_args__ = (
        CheckConstraint("quantity > 0 and entered_quantity > 0", name="asked_positive"),
        CheckConstraint(
            "least(received_quantity, lost_quantity, returned_quantity, over_quantity) >= 0", name="settled_positive"
        ),
        CheckConstraint(
            "received_quantity + lost_quantity + returned_quantity <= coalesce(shipped_quantity, 0)",
            name="settled_within_shipped",
        ),
        CheckConstraint("over_quantity <= coalesce(shipped_quantity, 0)", name="over_within_shipped"),
        CheckConstraint("uuid_extract_version(id) is not distinct from 7", name="id_is_uuidv7"),
    )

    transfer_id: Mapped[UUID] = mapped_column(ForeignKey("transfers.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id"), index=True)
    from_area_id: Mapped[UUID | None] = mapped_column(ForeignKey("storage_areas.id"))
    lot_id: Mapped[UUID | None] = mapped_column(ForeignKey("lots.id"))
    quantity: Mapped[Decimal]
    entered_quantity: Mapped[Decimal]
    entered_unit: Mapped[str]
    from_item_id: Mapped[UUID | None] = mapped_column(ForeignKey("inventory_items.id"))
    transit_item_id: Mapped[UUID | None] = mapped_column(ForeignKey("inventory_items.id"))
    shipped_quantity: Mapped[Decimal | None]
    shipped_value: Mapped[Decimal | None]
    settled_value: Mapped[Decimal] = mapped_column(server_default=text("0"))
    received_quantity: Mapped[Decimal] = mapped_column(server_default=text("0"))
    lost_quantity: Mapped[Decimal] = mapped_column(server_default=text("0"))
    returned_quantity: Mapped[Decimal] = mapped_column(server_default=text("0"))
    over_quantity: Mapped[Decimal] = mapped_column(server_default=text("0"))

    @property
    def open_quantity(self) -> Decimal:
        """What is still on the road."""
        settled = self.received_quantity + self.lost_quantity + self.returned_quantity
        return (self.shipped_quantity or Decimal(0)) - settled


class TransferSettlement(Base):
    """What became of goods on the road; its id is the client's and that of the movement it made. Never changed."""

    __tablename__ = "transfer_settlements"
    __table_args__ = (
        CheckConstraint("outcome in (" + ", ".join(f"'{s}'" for s in OUTCOMES) + ")", name="outcome"),
        CheckConstraint("quantity > 0 and over_quantity >= 0 and over_quantity <= quantity", name="quantity_positive"),
        CheckConstraint("(outcome = 'lost') = (reason_code is not null)", name="loss_has_a_reason"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    transfer_line_id: Mapped[UUID] = mapped_column(ForeignKey("transfer_lines.id"), index=True)
    outcome: Mapped[str]
    quantity: Mapped[Decimal]  # in the product's stock unit, what came beyond the shipment included
    over_quantity: Mapped[Decimal] = mapped_column(server_default=text("0"))
    value: Mapped[Decimal]
    reason_code: Mapped[str | None] = mapped_column(ForeignKey("reason_codes.code"))
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.now())
    recorded_by: Mapped[UUID]
    content: Mapped[bytes]  # SHA-256 of what was sent
