"""Waste as clients send and read it; quantities in the product's stock unit, values in the location's currency."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field

from api.core.types import Id7, Money, PositiveQuantity, Quantity, RequestBody, ResponseBody, Text, UtcDateTime
from api.inventory.stock.schemas import Entered, LotReference, ProductReference


class WasteIn(RequestBody):
    """What was thrown away: of an item, or of a product at a location (and storage area). `id` is the client's."""

    id: Id7
    item_id: UUID | None = None
    product_id: UUID | None = None
    location_id: UUID | None = None
    area_id: UUID | None = None
    quantity: PositiveQuantity
    unit: Annotated[Text, Field(max_length=30)] | None = None
    reason_code: Text
    note: Text | None = None
    lot_id: UUID | None = None
    photo_id: Id7 | None = None
    occurred_at: UtcDateTime | None = None
    device_id: Annotated[Text, Field(max_length=100)] | None = None


class WasteAnswer(ResponseBody):
    """One entry, however it was told (`source`); `is_reversed` says that it was taken back."""

    id: UUID
    item_id: UUID
    product: ProductReference
    location_id: UUID
    area_id: UUID | None
    quantity: Quantity
    unit: str
    entered: Entered
    value: Money
    currency: str
    reason_code: str | None
    note: str | None
    lot: LotReference | None
    photo_id: UUID | None
    source: str
    actor_id: UUID | None
    device_id: str | None
    occurred_at: UtcDateTime
    recorded_at: UtcDateTime
    business_day: date
    is_reversed: bool

    @classmethod
    def of(cls, row: Mapping[Any, Any], *, photo_id: UUID | None, is_reversed: bool) -> Self:
        """From a row of the ledger's list."""
        lot = None if row["lot_code"] is None else {"code": row["lot_code"], "expires_on": row["lot_expires_on"]}
        return cls.model_validate(
            {
                **row,
                "product": {"id": row["product_id"], "sku": row["sku"], "name": row["name"]},
                "entered": {"quantity": row["entered_quantity"], "unit": row["entered_unit"]},
                "note": row["reference"],
                "lot": lot,
                "photo_id": photo_id,
                "is_reversed": is_reversed,
            }
        )


class PhotoAnswer(ResponseBody):
    """A picture that an entry may name."""

    id: UUID
    location_id: UUID
    width: int
    height: int
    byte_count: int


class PhotoLink(ResponseBody):
    """An address that anybody may fetch the picture from until it expires: it is given to who may see the place."""

    url: str
    expires_at: UtcDateTime
