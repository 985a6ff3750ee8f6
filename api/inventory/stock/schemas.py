"""Stock as clients see it; quantities in the product's stock unit, values in the location's currency."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Self
from uuid import UUID

from api.core.pagination import Page
from api.core.types import Money, NonNegativeQuantity, Quantity, RequestBody, ResponseBody, Text, UtcDateTime
from api.domain.costing import Balance


class ProductReference(ResponseBody):
    """Which product."""

    id: UUID
    sku: str
    name: str


class InventoryItemAnswer(ResponseBody):
    """A product at a location and storage area.

    `on_order` and `is_below_reorder` concern the product at the whole location. Read as of a moment, `on_hand`,
    `avg_cost` and `value` are those of then; the policy and what is on order are today's. `is_negative` flags a balance
    below zero: more was used than was booked in, or a count is due.
    """

    id: UUID
    product: ProductReference
    location_id: UUID
    area_id: UUID | None
    on_hand: Quantity
    unit: str
    avg_cost: Money
    value: Money
    currency: str
    on_order: Quantity
    reorder_point: Quantity | None
    par_level: Quantity | None
    is_below_reorder: bool
    is_negative: bool
    updated_at: UtcDateTime
    version: int

    @classmethod
    def of(cls, row: Mapping[Any, Any]) -> Self:
        """From a row of the ledger's list."""
        product = {"id": row["product_id"], "sku": row["sku"], "name": row["name"]}
        return cls.model_validate({**row, "product": product, "is_negative": row["on_hand"] < 0})


class PolicyChange(RequestBody):
    """When to order and up to how much; null takes the policy away, what is left out stays."""

    reorder_point: NonNegativeQuantity | None = None
    par_level: NonNegativeQuantity | None = None


class Reversal(RequestBody):
    """Why a movement is taken back; as of its own moment, unless `occurred_at` says another (its day may be closed)."""

    reason_code: Text | None = None
    occurred_at: UtcDateTime | None = None
    device_id: Text | None = None


class Entered(ResponseBody):
    """What was typed or scanned."""

    quantity: Quantity
    unit: str


class LotReference(ResponseBody):
    """The lot that moved."""

    code: str
    expires_on: date | None


class LotShare(ResponseBody):
    """So much of a lot came to an item (positive) or left it (negative)."""

    item_id: UUID
    lot_id: UUID
    code: str
    expires_on: date | None
    quantity: Quantity


class MovementAnswer(ResponseBody):
    """One row of the ledger: a positive quantity from one item to another; either end may be the outside world.

    `lot` is the one that was named, `lots` are those that moved.
    """

    id: UUID
    kind: str
    product_id: UUID
    from_item_id: UUID | None
    to_item_id: UUID | None
    from_location_id: UUID | None
    to_location_id: UUID | None
    quantity: Quantity
    unit: str
    entered: Entered
    value: Money
    currency: str
    lot: LotReference | None
    lots: list[LotShare]
    occurred_at: UtcDateTime
    recorded_at: UtcDateTime
    actor_id: UUID | None
    device_id: str | None
    source: str
    reason_code: str | None
    reference: str | None
    reverses_id: UUID | None

    @classmethod
    def of(cls, row: Mapping[Any, Any], **more: Decimal | None) -> Self:
        """From a row of the ledger's trail."""
        lot = None if row["lot_code"] is None else {"code": row["lot_code"], "expires_on": row["lot_expires_on"]}
        entered = {"quantity": row["entered_quantity"], "unit": row["entered_unit"]}
        return cls.model_validate({**row, "entered": entered, "lot": lot, **more})


class PostedAnswer(MovementAnswer):
    """A movement that was just posted, and the item's balance after it."""

    on_hand: Quantity | None


class BalanceAnswer(ResponseBody):
    """What was on hand, in stock units, its moving average cost, and what that comes to."""

    on_hand: Quantity
    avg_cost: Money
    value: Money

    @classmethod
    def of(cls, balance: Balance) -> Self:
        """From the ledger's balance."""
        return cls(on_hand=balance.on_hand, avg_cost=balance.avg_cost, value=balance.value)


class RestatementAnswer(Page[MovementAnswer]):
    """The balance of a moment as it was known at `known_at` and as it is known since; `items` are the rows between."""

    as_of: UtcDateTime
    known_at: UtcDateTime
    then: BalanceAnswer
    since: BalanceAnswer
