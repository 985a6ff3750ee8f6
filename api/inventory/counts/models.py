"""Count sheets, the items on them, what was counted, and the order of the shelves."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Sequence, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from api.core.models import Base, Identified, Versioned

STATUSES = ("counting", "submitted", "posted", "cancelled")
NUMBERS = Sequence("count_numbers", metadata=Base.metadata)
NEXT_NUMBER = text("'CNT-' || lpad(nextval('count_numbers')::text, 6, '0')")


class Count(Identified, Versioned, Base):
    """A sheet for one location; `version` moves with its status and with every recount."""

    __tablename__ = "counts"
    __table_args__ = (
        UniqueConstraint("number"),
        CheckConstraint("status in (" + ", ".join(f"'{status}'" for status in STATUSES) + ")", name="status"),
        Index("ix_counts_location_id_created_at", "location_id", "created_at"),
    )

    number: Mapped[str] = mapped_column(server_default=NEXT_NUMBER)
    location_id: Mapped[UUID] = mapped_column(ForeignKey("locations.id"))
    status: Mapped[str] = mapped_column(server_default=text("'counting'"))
    is_blind: Mapped[bool] = mapped_column(server_default=text("true"))
    note: Mapped[str | None]
    created_by: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    submitted_by: Mapped[UUID | None]
    submitted_at: Mapped[datetime | None]
    posted_by: Mapped[UUID | None]
    posted_at: Mapped[datetime | None]
    cancelled_by: Mapped[UUID | None]
    cancelled_at: Mapped[datetime | None]


class CountArea(Identified, Base):
    """A storage area that the sheet covers; null stands for what is kept in none."""

    __tablename__ = "count_areas"
    __table_args__ = (UniqueConstraint("count_id", "area_id", postgresql_nulls_not_distinct=True),)

    count_id: Mapped[UUID] = mapped_column(ForeignKey("counts.id", ondelete="CASCADE"))
    area_id: Mapped[UUID | None] = mapped_column(ForeignKey("storage_areas.id"))


class CountItem(Identified, Base):
    """An inventory item on a sheet; what came out of it is written when the count is posted.

    All quantities are in the product's stock unit, values in the location's currency. `movement_id` is null where
    nothing varied.
    """

    __tablename__ = "count_items"
    __table_args__ = (
        UniqueConstraint("count_id", "item_id"),
        Index("ix_count_items_item_id_measured_at", "item_id", "measured_at"),
        CheckConstraint("num_nonnulls(measured_at, expected, counted, variance) in (0, 4)", name="result_is_whole"),
        CheckConstraint("variance = counted - expected", name="variance_adds_up"),
    )

    count_id: Mapped[UUID] = mapped_column(ForeignKey("counts.id", ondelete="CASCADE"))
    item_id: Mapped[UUID] = mapped_column(ForeignKey("inventory_items.id"))
    position: Mapped[int]
    is_found: Mapped[bool] = mapped_column(server_default=text("false"))  # added while counting
    round: Mapped[int] = mapped_column(server_default=text("1"))
    measured_at: Mapped[datetime | None]
    expected: Mapped[Decimal | None]
    counted: Mapped[Decimal | None]
    variance: Mapped[Decimal | None]
    variance_value: Mapped[Decimal | None]
    movement_id: Mapped[UUID | None]


class CountLine(Versioned, Base):
    """What one person counted of an item at one moment; the lines of an item's latest round add up.

    `entries` keeps what was typed (`[{"quantity": "2", "unit": "case"}, …]`), `quantity` is their sum in the stock
    unit. A withdrawn line counts nothing and stays.
    """

    __tablename__ = "count_lines"
    __table_args__ = (
        CheckConstraint("quantity >= 0", name="not_negative"),
        CheckConstraint("uuid_extract_version(id) is not distinct from 7", name="id_is_uuidv7"),
        Index("ix_count_lines_count_item_id", "count_item_id"),
        Index("ix_count_lines_count_id", "count_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    count_id: Mapped[UUID] = mapped_column(ForeignKey("counts.id", ondelete="CASCADE"))
    count_item_id: Mapped[UUID] = mapped_column(ForeignKey("count_items.id", ondelete="CASCADE"))
    round: Mapped[int]
    entries: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    quantity: Mapped[Decimal]
    counted_at: Mapped[datetime]
    counted_by: Mapped[UUID]
    device_id: Mapped[str | None]
    note: Mapped[str | None]
    is_withdrawn: Mapped[bool] = mapped_column(server_default=text("false"))
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    content: Mapped[bytes]  # SHA-256 of what was first sent under this id


class CountRecount(Identified, Base):
    """Somebody asked for a second look at an item: from then on its round `round` counts."""

    __tablename__ = "count_recounts"
    __table_args__ = (UniqueConstraint("count_item_id", "round"),)

    count_item_id: Mapped[UUID] = mapped_column(ForeignKey("count_items.id", ondelete="CASCADE"))
    round: Mapped[int]
    reason: Mapped[str | None]
    asked_by: Mapped[UUID]
    asked_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class ShelfPosition(Base):
    """Where an item stands in its storage area when one walks along the shelves: 1 is the first."""

    __tablename__ = "shelf_positions"

    item_id: Mapped[UUID] = mapped_column(ForeignKey("inventory_items.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int]
