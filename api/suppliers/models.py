"""Who sells, on which terms, which product in which pack at which price."""

from __future__ import annotations

from datetime import datetime, time
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, SmallInteger, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import Time

from api.core.models import Base, Identified, Stamped, Versioned


class Supplier(Identified, Versioned, Stamped, Base):
    """A supplier and its terms; weekdays are ISO (Monday is 1)."""

    __tablename__ = "suppliers"
    __table_args__ = (UniqueConstraint("code"),)

    code: Mapped[str]
    name: Mapped[str]
    currency: Mapped[str]
    lead_time_days: Mapped[int] = mapped_column(server_default=text("1"))
    delivery_weekdays: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger), server_default=text("'{1,2,3,4,5,6}'"))
    order_cutoff: Mapped[time] = mapped_column(Time, server_default=text("'16:00'"))
    minimum_order_value: Mapped[Decimal] = mapped_column(server_default=text("0"))
    on_time_grace_hours: Mapped[int] = mapped_column(server_default=text("0"))
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))

    contacts: Mapped[list[SupplierContact]] = relationship(
        cascade="all, delete-orphan", order_by="SupplierContact.name"
    )


class SupplierContact(Identified, Base):
    """A person or a desk at the supplier; the one with `receives_orders` gets purchase orders."""

    __tablename__ = "supplier_contacts"

    supplier_id: Mapped[UUID] = mapped_column(ForeignKey("suppliers.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    receives_orders: Mapped[bool] = mapped_column(server_default=text("false"))


class SupplierProduct(Identified, Versioned, Stamped, Base):
    """One product as one supplier sells it: the purchased pack carries the price, unit cost is derived."""

    __tablename__ = "supplier_products"
    __table_args__ = (
        UniqueConstraint("supplier_id", "supplier_sku"),
        CheckConstraint("pack_quantity > 0 and price >= 0 and minimum_packs >= 1 and pack_multiple >= 1", name="terms"),
    )

    supplier_id: Mapped[UUID] = mapped_column(ForeignKey("suppliers.id"))
    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id"), index=True)
    supplier_sku: Mapped[str]
    pack_name: Mapped[str]
    pack_quantity: Mapped[Decimal]
    pack_unit: Mapped[str]
    price: Mapped[Decimal]
    currency: Mapped[str]
    minimum_packs: Mapped[int] = mapped_column(server_default=text("1"))
    pack_multiple: Mapped[int] = mapped_column(server_default=text("1"))
    is_preferred: Mapped[bool] = mapped_column(server_default=text("true"))
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))

    supplier: Mapped[Supplier] = relationship()


class SupplierProductPrice(Identified, Base):
    """Price history: the price per pack from `valid_from` on; never edited."""

    __tablename__ = "supplier_product_prices"

    supplier_product_id: Mapped[UUID] = mapped_column(
        ForeignKey("supplier_products.id", ondelete="CASCADE"), index=True
    )
    price: Mapped[Decimal]
    currency: Mapped[str]
    valid_from: Mapped[datetime]
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.now())
    recorded_by: Mapped[UUID | None]
