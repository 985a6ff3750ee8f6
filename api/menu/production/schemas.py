"""What the production routes read and answer; quantities in stock units unless a unit stands beside them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from api.core.types import (
    Id7,
    Money,
    NonNegativeQuantity,
    OptionalText,
    PositiveQuantity,
    Quantity,
    RequestBody,
    ResponseBody,
    Text,
    UtcDateTime,
)
from api.menu.schemas import ProductBrief, UnitName


class Used(RequestBody):
    """What was really used of a product, where that differs from the recipe or the lot is known."""

    product_id: UUID
    quantity: NonNegativeQuantity
    unit: UnitName
    lot_id: UUID | None = None


class NewLot(RequestBody):
    """What stands on the label of the batch."""

    code: Annotated[Text, Field(max_length=50)]
    expires_on: date | None = None


class Produced(RequestBody):
    """What came out, where that differs from what the recipe promises."""

    quantity: PositiveQuantity
    unit: UnitName


class NewProductionBatch(RequestBody):
    """A recipe made once: so many times (`batches`), or for so much of its product (`quantity` and `unit`).

    `used` replaces what the recipe says of the products in it; a product of two lots stands there twice.
    """

    id: Id7
    recipe_id: UUID
    location_id: UUID
    area_id: UUID | None = Field(default=None, description="Where the product is put; the item in use if not given.")
    batches: PositiveQuantity | None = None
    quantity: PositiveQuantity | None = None
    unit: UnitName | None = None
    produced: Produced | None = None
    used: Annotated[tuple[Used, ...], Field(max_length=200)] = ()
    lot: NewLot | None = None
    occurred_at: UtcDateTime | None = None
    note: OptionalText = ""

    @model_validator(mode="after")
    def _one_size(self) -> Self:
        if (self.batches is None) == (self.quantity is None):
            raise PydanticCustomError("one_size", "Give batches or quantity, one of the two.")
        if (self.quantity is None) != (self.unit is None):
            raise PydanticCustomError("quantity_with_unit", "Give quantity and unit together.")
        return self


class BatchReversal(RequestBody):
    """Why a batch is taken back."""

    reason_code: Text | None = None


class BatchLineAnswer(ResponseBody):
    """An ingredient: what the recipe asks for, what was used, what that was worth at the location's average cost."""

    product: ProductBrief
    expected_quantity: Quantity
    used_quantity: Quantity
    unit: str
    value: Money
    lot_id: UUID | None
    movement_id: UUID | None


class ProductionBatchAnswer(ResponseBody):
    """A batch; its `value` is that of everything that went in, and so is that of what came out.

    `yield_variance` is what came out less what the recipe promised; `without_cost` names the ingredients that had no
    cost at the location, so that the batch is worth more than it says.
    """

    id: UUID
    recipe_id: UUID
    product: ProductBrief
    location_id: UUID
    item_id: UUID
    movement_id: UUID
    lot_id: UUID | None
    expected_quantity: Quantity
    produced_quantity: Quantity
    yield_variance: Quantity
    unit: str
    value: Money
    unit_cost: Money
    currency: str
    lines: list[BatchLineAnswer]
    without_cost: list[str]
    note: str
    occurred_at: UtcDateTime
    recorded_at: UtcDateTime
    actor_id: UUID
    reversed_at: UtcDateTime | None
    reversed_by: UUID | None


def unit_cost(value: Decimal, quantity: Decimal) -> Decimal:
    """What one stock unit of a batch cost, to six decimals."""
    return round(value / quantity, 6)
