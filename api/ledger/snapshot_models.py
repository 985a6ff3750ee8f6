"""Tables that follow from the ledger and can be dropped and made again: snapshots, and what reconciliations found."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, func, text
from sqlalchemy.orm import Mapped, mapped_column

from api.core.models import Base


class StockSnapshot(Base):
    """An item's balance at a day's end (UTC), kept for the days on which it moved."""

    __tablename__ = "stock_snapshots"

    item_id: Mapped[UUID] = mapped_column(ForeignKey("inventory_items.id"), primary_key=True)
    day_end: Mapped[datetime] = mapped_column(primary_key=True)
    on_hand: Mapped[Decimal]
    avg_cost: Mapped[Decimal]


class StockSnapshotDay(Base):
    """A day whose snapshot is whole, with the number of items that moved on it."""

    __tablename__ = "stock_snapshot_days"

    day_end: Mapped[datetime] = mapped_column(primary_key=True)
    items: Mapped[int]
    made_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class StockSnapshotHorizon(Base):
    """Until when every row is committed, and the transaction that is waited for to say so of a later moment."""

    __tablename__ = "stock_snapshot_horizons"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, server_default=text("1"))
    safe_until: Mapped[datetime]
    fence: Mapped[int] = mapped_column(BigInteger)
    fenced_at: Mapped[datetime]


class StockReconciliation(Base):
    """What a day's reconciliation found."""

    __tablename__ = "stock_reconciliations"

    day: Mapped[date] = mapped_column(primary_key=True)
    made_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    ok: Mapped[bool]
    items: Mapped[int]
    movements: Mapped[int] = mapped_column(BigInteger)
    differences: Mapped[int]
    report: Mapped[dict[str, Any]]
