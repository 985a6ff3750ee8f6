"""What is kept, in which units and packs, under which codes, and where."""

from __future__ import annotations

from datetime import datetime, time
from decimal import Decimal
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import Text, Time

from api.core.models import Base, Identified, Stamped, Versioned


class Product(Identified, Versioned, Stamped, Base):
    """Something that is kept in stock, counted in its stock unit."""

    __tablename__ = "products"
    __table_args__ = (UniqueConstraint("sku"),)

    sku: Mapped[str]
    name: Mapped[str] = mapped_column(index=True)
    category: Mapped[str] = mapped_column(server_default=text("''"))
    stock_unit: Mapped[str]
    tracks_lots: Mapped[bool] = mapped_column(server_default=text("false"))
    shelf_life_days: Mapped[int | None]
    allergens: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))

    units: Mapped[list[ProductUnit]] = relationship(cascade="all, delete-orphan", order_by="ProductUnit.unit")
    barcodes: Mapped[list[Barcode]] = relationship(cascade="all, delete-orphan", order_by="Barcode.code")


class ProductUnit(Base):
    """An exact factor: one `unit` is `numerator / denominator` stock units of this product."""

    __tablename__ = "product_units"
    __table_args__ = (CheckConstraint("numerator > 0 and denominator > 0", name="positive"),)

    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"), primary_key=True)
    unit: Mapped[str] = mapped_column(primary_key=True)
    numerator: Mapped[int] = mapped_column(BigInteger)
    denominator: Mapped[int] = mapped_column(BigInteger, server_default=text("1"))


class Barcode(Identified, Base):
    """A code and the pack it stands for; GTINs are kept as 14 digits."""

    __tablename__ = "barcodes"
    __table_args__ = (
        UniqueConstraint("code"),
        CheckConstraint("pack_quantity > 0", name="pack_positive"),
        CheckConstraint(
            "(pack_price is null) = (pack_currency is null) and (pack_price is null or pack_price > 0)",
            name="pack_price",
        ),
    )

    code: Mapped[str]
    symbology: Mapped[str]
    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"), index=True)
    pack_quantity: Mapped[Decimal] = mapped_column(server_default=text("1"))
    pack_unit: Mapped[str]
    pack_price: Mapped[Decimal | None]  # what a label's price is divided by to know how much it is
    pack_currency: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Location(Identified, Versioned, Stamped, Base):
    """A restaurant: its own time zone, currency and end of day."""

    __tablename__ = "locations"
    __table_args__ = (UniqueConstraint("code"),)

    code: Mapped[str]
    name: Mapped[str]
    time_zone: Mapped[str]
    currency: Mapped[str]
    day_cutoff: Mapped[time] = mapped_column(Time, server_default=text("'04:00'"))
    allows_negative: Mapped[bool] = mapped_column(server_default=text("true"))
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))

    areas: Mapped[list[StorageArea]] = relationship(cascade="all, delete-orphan", order_by="StorageArea.position")


class StorageArea(Identified, Base):
    """A cold room, a shelf, or the goods on the road to this location."""

    __tablename__ = "storage_areas"
    __table_args__ = (UniqueConstraint("location_id", "name"),)

    location_id: Mapped[UUID] = mapped_column(ForeignKey("locations.id", ondelete="CASCADE"))
    name: Mapped[str]
    position: Mapped[int] = mapped_column(server_default=text("0"))
    is_in_transit: Mapped[bool] = mapped_column(server_default=text("false"))
