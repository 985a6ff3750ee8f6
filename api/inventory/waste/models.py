"""What was thrown away, beyond what its movement says: a note and a photograph."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from api.core.models import Base


class WastePhoto(Base):
    """A picture in the object store; only its re-encoded copy is kept, without what the camera added."""

    __tablename__ = "waste_photos"
    __table_args__ = (CheckConstraint("width > 0 and height > 0 and byte_count > 0", name="not_empty"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    location_id: Mapped[UUID] = mapped_column(ForeignKey("locations.id"), index=True)
    object_key: Mapped[str]
    byte_count: Mapped[int]
    width: Mapped[int]
    height: Mapped[int]
    original_sha256: Mapped[bytes]
    uploaded_by: Mapped[UUID]
    uploaded_at: Mapped[datetime] = mapped_column(server_default=func.now())


class WasteRecord(Base):
    """A waste entry; its id is the client's and that of its movement."""

    __tablename__ = "waste_records"
    __table_args__ = (UniqueConstraint("photo_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    item_id: Mapped[UUID] = mapped_column(ForeignKey("inventory_items.id"))
    location_id: Mapped[UUID] = mapped_column(ForeignKey("locations.id"), index=True)
    reason_code: Mapped[str] = mapped_column(ForeignKey("reason_codes.code"))
    note: Mapped[str | None]
    photo_id: Mapped[UUID | None] = mapped_column(ForeignKey("waste_photos.id"))
    recorded_by: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.now())
    content: Mapped[bytes]  # SHA-256 of what was sent
