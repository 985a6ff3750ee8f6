"""What the supplier routes read and answer."""

from __future__ import annotations

from datetime import time
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, EmailStr, Field

from api.core.types import (
    CurrencyCode,
    Id7,
    Money,
    NonNegativeMoney,
    PositiveQuantity,
    Quantity,
    RequestBody,
    ResponseBody,
    Text,
    UtcDateTime,
)


def _distinct(days: list[int]) -> list[int]:
    return sorted(set(days))


Weekdays = Annotated[
    list[Annotated[int, Field(ge=1, le=7)]],
    Field(min_length=1, max_length=7, description="ISO weekdays, Monday is 1."),
    AfterValidator(_distinct),
]
Days = Annotated[int, Field(ge=0, le=365)]
Packs = Annotated[int, Field(ge=1, le=100_000)]
UnitName = Annotated[Text, Field(max_length=30)]


# ------------------------------------------------------------------ suppliers


class NewContact(RequestBody):
    """A person or a desk at the supplier."""

    id: Id7 | None = None
    name: Text
    email: EmailStr | None = None
    phone: Annotated[Text, Field(max_length=40)] | None = None
    receives_orders: bool = False


class ContactAnswer(ResponseBody):
    """A person or a desk at the supplier."""

    id: UUID
    name: str
    email: str | None
    phone: str | None
    receives_orders: bool


class NewSupplier(RequestBody):
    """A supplier and its terms; times are local to the location that orders."""

    id: Id7 | None = None
    code: Annotated[Text, Field(max_length=30)]
    name: Text
    currency: CurrencyCode
    lead_time_days: Days = 1
    delivery_weekdays: Weekdays = Field(default_factory=lambda: [1, 2, 3, 4, 5, 6])
    order_cutoff: time = time(16)
    minimum_order_value: NonNegativeMoney = Decimal(0)
    on_time_grace_hours: Annotated[int, Field(ge=0, le=240)] = 0
    contacts: Annotated[tuple[NewContact, ...], Field(max_length=20)] = ()


class SupplierChange(RequestBody):
    """Fields of a supplier to be changed."""

    name: Text | None = None
    lead_time_days: Days | None = None
    delivery_weekdays: Weekdays | None = None
    order_cutoff: time | None = None
    minimum_order_value: NonNegativeMoney | None = None
    on_time_grace_hours: Annotated[int, Field(ge=0, le=240)] | None = None
    is_active: bool | None = None


class SupplierAnswer(ResponseBody):
    """A supplier, its terms and contacts."""

    id: UUID
    code: str
    name: str
    currency: str
    lead_time_days: int
    delivery_weekdays: list[int]
    order_cutoff: time
    minimum_order_value: Money
    on_time_grace_hours: int
    contacts: list[ContactAnswer]
    is_active: bool
    version: int


# ------------------------------------------------------------------ supplier products


class NewSupplierProduct(RequestBody):
    """A product as a supplier sells it: `price` is for one pack of `pack_quantity` `pack_unit`."""

    id: Id7 | None = None
    supplier_id: UUID
    product_id: UUID
    supplier_sku: Annotated[Text, Field(max_length=60)]
    pack_name: Annotated[Text, Field(max_length=100)]
    pack_quantity: PositiveQuantity
    pack_unit: UnitName
    price: NonNegativeMoney
    price_valid_from: UtcDateTime | None = Field(default=None, description="Now where it is not given.")
    currency: CurrencyCode | None = Field(default=None, description="The supplier's where it is not given.")
    minimum_packs: Packs = 1
    pack_multiple: Packs = 1
    is_preferred: bool | None = Field(default=None, description="Not given: preferred if no other is.")


class SupplierProductChange(RequestBody):
    """Fields to be changed; a price is appended to the history, never overwritten there."""

    pack_name: Annotated[Text, Field(max_length=100)] | None = None
    price: NonNegativeMoney | None = None
    price_valid_from: UtcDateTime | None = Field(default=None, description="Now where it is not given.")
    minimum_packs: Packs | None = None
    pack_multiple: Packs | None = None
    is_preferred: bool | None = None
    is_active: bool | None = None


class ProductBrief(ResponseBody):
    """A product in a line."""

    id: UUID
    sku: str
    name: str


class SupplierBrief(ResponseBody):
    """A supplier in a line."""

    id: UUID
    code: str
    name: str


class SupplierProductAnswer(ResponseBody):
    """Who sells what in which pack at which price.

    `unit_cost` is the pack's price per stock unit, derived, with twelve significant digits: 1.20 for 100,000 sheets is
    0.000012, never zero. `unit_cost_exact` is the same as a fraction (`1/300`), for arithmetic.
    """

    id: UUID
    supplier: SupplierBrief
    product: ProductBrief
    supplier_sku: str
    pack_name: str
    pack_quantity: Quantity
    pack_unit: str
    price: Money
    unit_cost: Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?$", examples=["0.00333333333333"])]
    unit_cost_exact: Annotated[str, Field(pattern=r"^[0-9]+(/[0-9]+)?$", examples=["1/300"])]
    stock_unit: str
    currency: str
    minimum_packs: int
    pack_multiple: int
    is_preferred: bool
    is_active: bool
    version: int


class PriceAnswer(ResponseBody):
    """A price per pack from `valid_from` on."""

    id: UUID
    price: Money
    currency: str
    valid_from: UtcDateTime
    recorded_at: UtcDateTime
    recorded_by: UUID | None
