"""Orders to suppliers and what came of them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Sequence, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from api.core.models import Base, Identified, Stamped, Versioned

STATUSES = ("draft", "submitted", "approved", "sent", "partially_received", "received", "closed", "cancelled")
NUMBERS = Sequence("purchase_order_numbers", metadata=Base.metadata)
NEXT_NUMBER = text("'PO-' || lpad(nextval('purchase_order_numbers')::text, 6, '0')")


class PurchaseOrder(Identified, Versioned, Stamped, Base):
    """An order to one supplier for one location."""

    __tablename__ = "purchase_orders"
    __table_args__ = (
        UniqueConstraint("number"),
        CheckConstraint("status in (" + ", ".join(f"'{s}'" for s in STATUSES) + ")", name="status"),
        Index("ix_purchase_orders_location_id_status", "location_id", "status"),
        Index("ix_purchase_orders_ordered_at_id", "ordered_at", "id"),
        Index(
            "uq_purchase_orders_standing_draft",
            "supplier_id",
            "location_id",
            unique=True,
            postgresql_where=text("status = 'draft' and source = 'suggestion'"),
        ),
    )

    number: Mapped[str] = mapped_column(server_default=NEXT_NUMBER)
    supplier_id: Mapped[UUID] = mapped_column(ForeignKey("suppliers.id"))
    location_id: Mapped[UUID] = mapped_column(ForeignKey("locations.id"))
    status: Mapped[str] = mapped_column(server_default=text("'draft'"))
    currency: Mapped[str]
    expected_on: Mapped[date | None]
    source: Mapped[str] = mapped_column(server_default=text("'manual'"))  # manual, or suggestion
    suggestion: Mapped[dict[str, Any] | None]
    note: Mapped[str | None]
    created_by: Mapped[UUID | None]  # null: the system, from an alert
    approved_by: Mapped[UUID | None]
    ordered_at: Mapped[datetime] = mapped_column(server_default=func.now())
    submitted_at: Mapped[datetime | None]
    approved_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    received_at: Mapped[datetime | None]  # when the last line was complete
    closed_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]

    lines: Mapped[list[PurchaseOrderLine]] = relationship(
        cascade="all, delete-orphan", order_by="PurchaseOrderLine.position"
    )


class PurchaseOrderLine(Identified, Base):
    """So many packs of one product; a pack is `pack_quantity` of `pack_unit` at `price`."""

    __tablename__ = "purchase_order_lines"
    __table_args__ = (
        CheckConstraint("packs_ordered > 0", name="ordered_positive"),
        CheckConstraint("pack_quantity > 0 and pack_stock_quantity > 0 and price >= 0", name="pack_positive"),
        CheckConstraint("packs_received >= 0 and packs_received <= packs_ordered * 2", name="received_range"),
    )

    purchase_order_id: Mapped[UUID] = mapped_column(ForeignKey("purchase_orders.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id"), index=True)
    supplier_product_id: Mapped[UUID | None] = mapped_column(ForeignKey("supplier_products.id"))
    pack_quantity: Mapped[Decimal]
    pack_unit: Mapped[str]
    pack_stock_quantity: Mapped[Decimal]  # one pack in the product's stock unit, as it was when ordered
    packs_ordered: Mapped[Decimal]
    packs_received: Mapped[Decimal] = mapped_column(server_default=text("0"))
    price: Mapped[Decimal]
    completed_at: Mapped[datetime | None]
    suggestion: Mapped[dict[str, Any] | None]  # every term of the arithmetic


class PurchaseOrderReceipt(Identified, Base):
    """Packs that came for a line; its id is the client's and that of the ledger row it made."""

    __tablename__ = "purchase_order_receipts"

    purchase_order_line_id: Mapped[UUID] = mapped_column(ForeignKey("purchase_order_lines.id"), index=True)
    packs: Mapped[Decimal]
    price: Mapped[Decimal]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.now())
    recorded_by: Mapped[UUID | None]


class PurchaseOrderInvoicedPrice(Identified, Base):
    """What an invoice asks per pack of a receipt, and what that added to its cost; its id is the ledger row's too."""

    __tablename__ = "purchase_order_invoiced_prices"
    __table_args__ = (CheckConstraint("price >= 0", name="not_negative"),)

    purchase_order_receipt_id: Mapped[UUID] = mapped_column(ForeignKey("purchase_order_receipts.id"), index=True)
    price: Mapped[Decimal]
    difference: Mapped[Decimal]  # signed, to what the receipt had cost until then
    reference: Mapped[str]  # the invoice's number
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    recorded_by: Mapped[UUID | None]
