"""Adjustments as clients send and read them; quantities in the stock unit, values in the location's currency."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, Self
from uuid import UUID

from api.catalog.models import Product
from api.core.types import Id7, Money, Quantity, RequestBody, ResponseBody, Text, UtcDateTime
from api.inventory.adjustments.models import Adjustment
from api.inventory.stock.schemas import Entered, PostedAnswer, ProductReference

Status = Literal["posted", "pending", "approved", "rejected", "withdrawn", "expired"]


class AdjustmentIn(RequestBody):
    """A correction of one item; `unit` is the stock unit unless given."""

    id: Id7
    quantity_delta: Quantity
    unit: Text | None = None
    reason_code: Text
    note: Text | None = None
    occurred_at: UtcDateTime | None = None
    source: Text = "manual"
    device_id: Text | None = None


class Decision(RequestBody):
    """What the one who decides has to say."""

    note: Text | None = None


class AdjustedAnswer(PostedAnswer):
    """The movement that an adjustment became, and whether it was posted at once or after approval."""

    status: Status


class AdjustmentAnswer(ResponseBody):
    """An adjustment; `movement_id` is null until it is posted.

    `value` is its worth when it was asked for, `approval_limit` what its author may post alone (null: anything).
    """

    id: UUID
    status: Status
    item_id: UUID
    product: ProductReference
    location_id: UUID
    quantity_delta: Quantity
    unit: str
    entered: Entered
    value: Money
    currency: str
    approval_limit: Money | None
    reason_code: str
    note: str | None
    source: str
    occurred_at: UtcDateTime
    requested_by: UUID
    requested_at: UtcDateTime
    expires_at: UtcDateTime | None
    decided_by: UUID | None
    decided_at: UtcDateTime | None
    decision_note: str | None
    movement_id: UUID | None

    @classmethod
    def of(cls, row: Adjustment, status: str, product: Product) -> Self:
        """From its row, the status as of now, and the product."""
        sign = Decimal(1 if row.is_incoming else -1)
        shown = {name: getattr(row, name) for name in cls.model_fields if hasattr(row, name)}
        return cls.model_validate(
            shown
            | {
                "status": status,
                "product": ProductReference.model_validate(product),
                "quantity_delta": sign * row.quantity,
                "entered": Entered(quantity=sign * row.entered_quantity, unit=row.entered_unit),
                "movement_id": row.id if status in {"posted", "approved"} else None,
            }
        )
