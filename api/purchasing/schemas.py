"""Purchase orders as they are sent and answered."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AliasChoices, Field

from api.core.types import (
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
from api.purchasing.lifecycle import ACTS

PACKS_NAMES = AliasChoices("packs_ordered", "packs")


class LineIn(RequestBody):
    """A line: one of the supplier's products, named by `supplier_product_id` or found by `product_id`."""

    id: Id7 | None = None
    supplier_product_id: UUID | None = None
    product_id: UUID | None = None
    packs_ordered: PositiveQuantity = Field(validation_alias=PACKS_NAMES)
    price: NonNegativeMoney | None = Field(
        None, description="Per pack; the supplier's list price when it is not given."
    )


class OrderIn(RequestBody):
    """A new draft; `id` is the client's and makes a second send harmless."""

    id: Id7
    supplier_id: UUID
    location_id: UUID
    lines: list[LineIn] = Field(min_length=1, max_length=200)
    expected_on: date | None = Field(None, description="The supplier's terms say when, if nothing is given.")
    occurred_at: UtcDateTime | None = Field(None, description="When it was ordered; now, if nothing is given.")
    note: Annotated[Text, Field(max_length=500)] | None = None


class OrderEdit(RequestBody):
    """An edit of a draft: `lines` replaces them all."""

    lines: list[LineIn] | None = Field(None, min_length=1, max_length=200)
    expected_on: date | None = None
    note: Annotated[Text, Field(max_length=500)] | None = None


class ReceivedLot(RequestBody):
    """Packs of one lot, as the label says; without `packs`, all of the line's."""

    code: Annotated[Text, Field(max_length=64)]
    expires_on: date | None = None
    packs: PositiveQuantity | None = None


class ReceiptIn(RequestBody):
    """Packs that came for one line; `receipt_id` is the client's and becomes the ledger row's id."""

    line_id: UUID
    receipt_id: Id7
    packs: PositiveQuantity
    price: NonNegativeMoney | None = Field(
        None, description="What the delivery note says per pack, if not what was ordered."
    )
    area_id: UUID | None = Field(None, description="Where it was put away.")
    lots: list[ReceivedLot] | None = Field(None, min_length=1, max_length=50, description="Which lots came.")


class StatusChange(RequestBody):
    """The status the order shall have; `received` with `lines` says what came, without them: all that is open."""

    status: Literal[*ACTS]  # type: ignore[valid-type]  # the names stand in the life cycle's table
    lines: list[ReceiptIn] | None = Field(None, min_length=1, max_length=200)
    occurred_at: UtcDateTime | None = Field(None, description="When it happened; now, if nothing is given.")
    expected_version: int | None = Field(None, description="Refused with 409 when the order has moved on.")
    expected_on: date | None = Field(None, description="The delivery day that the supplier confirmed.")
    allow_over: bool = Field(False, description="Take more than was ordered, up to twice as much.")
    device_id: Annotated[Text, Field(max_length=100)] | None = None


class InvoicedPrice(RequestBody):
    """What an invoice asks per pack of a receipt; `correction_id` is the client's and becomes the ledger row's id."""

    receipt_id: UUID
    correction_id: Id7
    price: NonNegativeMoney


class InvoicedPrices(RequestBody):
    """An invoice that asks another price than the goods were booked with."""

    reference: Annotated[Text, Field(min_length=1, max_length=100, description="The invoice's number.")]
    receipts: list[InvoicedPrice] = Field(min_length=1, max_length=200)
    occurred_at: UtcDateTime | None = Field(
        None, description="From when the other cost counts; from when the goods came, if nothing is given."
    )


class SupplierRef(ResponseBody):
    """The supplier of an order."""

    id: UUID
    code: str
    name: str


class ProductRef(ResponseBody):
    """The product of a line."""

    id: UUID
    sku: str
    name: str


class Pack(ResponseBody):
    """What one pack is, and how much that is in the product's stock unit."""

    name: str | None
    quantity: Quantity
    unit: str
    stock_quantity: Quantity
    stock_unit: str


class ReceiptOut(ResponseBody):
    """Packs of a line that came: the price they were booked with, and what an invoice asked since."""

    id: UUID
    packs: Quantity
    price: Money
    invoiced_price: Money | None
    reference: str | None
    occurred_at: UtcDateTime


class LineOut(ResponseBody):
    """A line of an order."""

    id: UUID
    product: ProductRef
    supplier_product_id: UUID | None
    packs_ordered: Quantity
    packs_received: Quantity
    pack: Pack
    price: Money
    line_total: Money
    completed_at: UtcDateTime | None
    receipts: list[ReceiptOut]
    suggestion: dict[str, Any] | None


class OrderOut(ResponseBody):
    """A purchase order; its total is in its own currency."""

    id: UUID
    number: str
    supplier: SupplierRef
    location_id: UUID
    status: str
    lines: list[LineOut]
    total: Money
    currency: str
    expected_on: date | None
    source: str
    note: str | None
    created_by: UUID | None
    approved_by: UUID | None
    ordered_at: UtcDateTime
    submitted_at: UtcDateTime | None
    approved_at: UtcDateTime | None
    sent_at: UtcDateTime | None
    received_at: UtcDateTime | None
    closed_at: UtcDateTime | None
    cancelled_at: UtcDateTime | None
    suggestion: dict[str, Any] | None
    version: int


class SuggestionOut(ResponseBody):
    """What to order of one product at one place from whom, and why."""

    location_id: UUID
    product: ProductRef
    supplier: SupplierRef | None
    supplier_product_id: UUID | None
    packs: int
    price: Money | None
    line_total: Money | None
    currency: str | None
    expected_on: date | None
    terms: dict[str, Any] | None
    reason: Literal["suggested", "covered", "no_supplier"]


class SupplierSum(ResponseBody):
    """What the suggestions of one supplier come to, against its minimum order value and cut-off."""

    supplier: SupplierRef
    total: Money
    currency: str
    minimum_order_value: Money
    is_below_minimum: bool
    order_cutoff: str
    expected_on: date


class SuggestionsOut(ResponseBody):
    """The suggestions for one place, with what stands in the way of sending them supplier by supplier."""

    items: list[SuggestionOut]
    suppliers: list[SupplierSum]


class SuggestionsIn(RequestBody):
    """Make drafts of the suggestions for these products, or for all that need it."""

    location_id: UUID
    product_ids: list[UUID] | None = Field(None, min_length=1, max_length=500)


class DraftsOut(ResponseBody):
    """The standing drafts that the suggestions stand in now."""

    orders: list[OrderOut]
