"""What somebody wants to be warned of, and what they were warned of."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from api.core.models import Base, Identified, Stamped, Versioned


class AlertRule(Identified, Versioned, Stamped, Base):
    """A threshold: null location or product means all; null threshold means the item's own reorder point."""

    __tablename__ = "alert_rules"

    kind: Mapped[str]  # low_stock, predicted_stockout, trend
    location_id: Mapped[UUID | None] = mapped_column(ForeignKey("locations.id"))
    product_id: Mapped[UUID | None] = mapped_column(ForeignKey("products.id"))
    threshold: Mapped[Decimal | None]
    is_enabled: Mapped[bool] = mapped_column(server_default=text("true"))
    created_by: Mapped[UUID | None]


class Alert(Identified, Base):
    """One open alert per kind, item and place until it recovers."""

    __tablename__ = "alerts"
    __table_args__ = (
        Index(
            "uq_alerts_one_open",
            "kind",
            "location_id",
            "product_id",
            unique=True,
            postgresql_where=text("resolved_at is null"),
        ),
        UniqueConstraint("idempotency_key"),
    )

    kind: Mapped[str]
    severity: Mapped[str] = mapped_column(server_default=text("'attention'"))
    rule_id: Mapped[UUID | None] = mapped_column(ForeignKey("alert_rules.id"))
    location_id: Mapped[UUID] = mapped_column(ForeignKey("locations.id"))
    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id"))
    purchase_order_id: Mapped[UUID | None] = mapped_column(ForeignKey("purchase_orders.id"))
    details: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    idempotency_key: Mapped[str | None]
    opened_at: Mapped[datetime] = mapped_column(server_default=func.now())
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[UUID | None]
    resolved_at: Mapped[datetime | None]
