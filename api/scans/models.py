"""Every scan that did not become a movement is on record too: unknown codes, refusals, look-ups that asked for more."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from api.core.models import Base, Identified


class Scan(Identified, Base):
    """A scan whose result was not `posted`: kept so that an unknown code can be linked later and replayed."""

    __tablename__ = "scans"
    __table_args__ = (Index("ix_scans_status_code", "status", "code"),)

    code: Mapped[str]
    symbology: Mapped[str | None]
    action: Mapped[str]
    status: Mapped[str]
    location_id: Mapped[UUID] = mapped_column(ForeignKey("locations.id"))
    product_id: Mapped[UUID | None] = mapped_column(ForeignKey("products.id"))
    quantity: Mapped[Decimal | None]
    unit: Mapped[str | None]
    error_code: Mapped[str | None]
    content: Mapped[bytes | None]  # SHA-256 of what was sent
    actor_id: Mapped[UUID | None]
    device_id: Mapped[str | None]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.now())


class UnlinkedScan(Base):
    """What the scan of an unknown code said, whole, so that it can be posted as it was once the code is linked."""

    __tablename__ = "unlinked_scans"
    __table_args__ = (Index("ix_unlinked_scans_key", "key"),)

    scan_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str]  # the code in the catalogue's form
    sent: Mapped[dict[str, Any]]
    content: Mapped[bytes]
    kept_at: Mapped[datetime] = mapped_column(server_default=func.now())
