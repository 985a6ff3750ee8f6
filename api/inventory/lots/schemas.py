"""Lots as clients see them; quantities in the product's stock unit, dates those printed on the goods."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Self
from uuid import UUID

from api.core.types import Quantity, RequestBody, ResponseBody, UtcDateTime
from api.inventory.stock.schemas import ProductReference


class LotAnswer(ResponseBody):
    """A lot at one place: what an inventory item holds of it.

    `id` is that of the lot at this place, `lot_id` that of the lot itself, which movements name. `place_in_order` is
    its turn among the item's lots in kitchen order (opened, best before, received); expired and empty lots have none.
    """

    id: UUID
    lot_id: UUID
    code: str
    expires_on: date | None
    product: ProductReference
    item_id: UUID
    location_id: UUID
    area_id: UUID | None
    on_hand: Quantity
    unit: str
    received_at: UtcDateTime
    opened_at: UtcDateTime | None
    is_expired: bool
    is_negative: bool
    place_in_order: int | None

    @classmethod
    def of(cls, row: Mapping[Any, Any]) -> Self:
        """From a row of the ledger's list."""
        product = {"id": row["product_id"], "sku": row["sku"], "name": row["name"]}
        return cls.model_validate({**row, "product": product})


class Opening(RequestBody):
    """When a lot was opened; now, if nothing is said."""

    opened_at: UtcDateTime | None = None
