"""What is sold, what goes into it, and which days' sales have been taken from stock."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from api.core.models import Base, Identified, Stamped, Versioned


class MenuItem(Identified, Versioned, Stamped, Base):
    """An item on the menu; `code` is what the till calls it."""

    __tablename__ = "menu_items"
    __table_args__ = (UniqueConstraint("code"),)

    code: Mapped[str]
    name: Mapped[str]
    category: Mapped[str] = mapped_column(server_default=text("''"))
    price: Mapped[Decimal | None]
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))


class MenuItemPrice(Identified, Base):
    """What an item sells for from a day on, everywhere or at one location; null takes the price away again.

    Append-only: a correction is a later row for the same day, and what was known before stays readable.
    """

    __tablename__ = "menu_item_prices"
    __table_args__ = (
        CheckConstraint("price >= 0", name="not_negative"),
        Index("ix_menu_item_prices_menu_item_id_effective_from", "menu_item_id", "effective_from"),
    )

    menu_item_id: Mapped[UUID] = mapped_column(ForeignKey("menu_items.id"))
    location_id: Mapped[UUID | None] = mapped_column(ForeignKey("locations.id"))
    price: Mapped[Decimal | None]
    effective_from: Mapped[date]
    actor_id: Mapped[UUID | None]
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class Recipe(Identified, Versioned, Stamped, Base):
    """How a menu item, or a product made in the kitchen, is composed from `effective_from` on."""

    __tablename__ = "recipes"
    __table_args__ = (
        CheckConstraint("num_nonnulls(menu_item_id, product_id) = 1", name="makes_one_thing"),
        CheckConstraint("yield_quantity > 0", name="yields"),
        CheckConstraint("product_id is not null or not is_stocked", name="stocked_is_a_product"),
        UniqueConstraint("menu_item_id", "product_id", "effective_from", postgresql_nulls_not_distinct=True),
    )

    menu_item_id: Mapped[UUID | None] = mapped_column(ForeignKey("menu_items.id"))
    product_id: Mapped[UUID | None] = mapped_column(ForeignKey("products.id"))
    yield_quantity: Mapped[Decimal] = mapped_column(server_default=text("1"))
    yield_unit: Mapped[str] = mapped_column(server_default=text("'each'"))
    effective_from: Mapped[date]
    effective_to: Mapped[date | None]
    is_stocked: Mapped[bool] = mapped_column(server_default=text("false"))  # made ahead: sales take it, not its parts

    lines: Mapped[list[RecipeLine]] = relationship(cascade="all, delete-orphan", order_by="RecipeLine.position")


class RecipeLine(Identified, Base):
    """An ingredient: `quantity` is what the plate carries, gross use is `quantity / yield_fraction`."""

    __tablename__ = "recipe_lines"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="positive"),
        CheckConstraint("yield_fraction > 0 and yield_fraction <= 1", name="yield"),
    )

    recipe_id: Mapped[UUID] = mapped_column(ForeignKey("recipes.id", ondelete="CASCADE"), index=True)
    position: Mapped[int] = mapped_column(server_default=text("0"))
    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id"))
    quantity: Mapped[Decimal]
    unit: Mapped[str]
    yield_fraction: Mapped[Decimal] = mapped_column(server_default=text("1"))


class Depletion(Base):
    """A business day's sales as they were taken from stock; another digest makes the next revision."""

    __tablename__ = "depletions"

    location_id: Mapped[UUID] = mapped_column(ForeignKey("locations.id"), primary_key=True)
    business_day: Mapped[date] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    content_digest: Mapped[bytes]
    movement_count: Mapped[int]
    occurred_at: Mapped[datetime]
    usage: Mapped[dict[str, Any]]  # product id → quantity in its stock unit, as it was posted
    unmapped: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"))
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.now())
