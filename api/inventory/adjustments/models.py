"""Corrections of a balance: posted at once, or waiting for a second pair of eyes."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from api.core.models import Base

STATUSES = ("posted", "pending", "approved", "rejected", "withdrawn", "expired")


class Adjustment(Base):
    """One correction; its id is the client's, and that of the movement it becomes.

    `value` is its worth at the item's average cost when it was asked for, `approval_limit` what the author may post
    alone (null: anything). The database itself refuses a decision by the author.
    """

    __tablename__ = "adjustments"
    __table_args__ = (
        CheckConstraint("status in (" + ", ".join(f"'{s}'" for s in STATUSES) + ")", name="status"),
        CheckConstraint("quantity > 0 and value >= 0", name="positive"),
        CheckConstraint("uuid_extract_version(id) is not distinct from 7", name="id_is_uuidv7"),
        CheckConstraint(
            "status not in ('approved', 'rejected') or (decided_by is not null and decided_by <> requested_by)",
            name="four_eyes",
        ),
        CheckConstraint(
            "status <> 'withdrawn' or decided_by is not distinct from requested_by", name="withdrawn_by_author"
        ),
        CheckConstraint(
            "status <> 'posted' or approval_limit is null or value <= approval_limit", name="posted_within_limit"
        ),
        CheckConstraint("(status in ('posted', 'pending')) = (decided_at is null)", name="decided_when_over"),
        Index("ix_adjustments_location_id_requested_at", "location_id", "requested_at"),
        Index("ix_adjustments_pending", "expires_at", postgresql_where=text("status = 'pending'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    item_id: Mapped[UUID] = mapped_column(ForeignKey("inventory_items.id"))
    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id"))
    location_id: Mapped[UUID] = mapped_column(ForeignKey("locations.id"))
    status: Mapped[str]
    is_incoming: Mapped[bool]
    quantity: Mapped[Decimal]  # in the product's stock unit
    unit: Mapped[str]
    entered_quantity: Mapped[Decimal]
    entered_unit: Mapped[str]
    value: Mapped[Decimal]
    currency: Mapped[str]
    approval_limit: Mapped[Decimal | None]
    reason_code: Mapped[str] = mapped_column(ForeignKey("reason_codes.code"))
    note: Mapped[str | None]
    source: Mapped[str]
    device_id: Mapped[str | None]
    occurred_at: Mapped[datetime]
    requested_by: Mapped[UUID]
    requested_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    decision_note: Mapped[str | None]
    content: Mapped[bytes]  # SHA-256 of what was sent: the same id with other content is a conflict
