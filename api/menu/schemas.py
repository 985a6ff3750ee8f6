"""What the menu routes read and answer."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from api.core.types import (
    Id7,
    Money,
    NonNegativeMoney,
    NonNegativeQuantity,
    OptionalText,
    PositiveQuantity,
    Quantity,
    RequestBody,
    ResponseBody,
    Text,
    UtcDateTime,
)

UnitName = Annotated[Text, Field(max_length=30)]
MenuCode = Annotated[Text, Field(max_length=100, description="What the till calls the item.")]
YieldFraction = Annotated[PositiveQuantity, Field(le=1, description="Of what is taken, this much reaches the plate.")]


class NewMenuItem(RequestBody):
    """Something that is sold; `code` is what the till calls it."""

    id: Id7 | None = None
    code: MenuCode
    name: Text
    category: Annotated[OptionalText, Field(max_length=100)] = ""
    price: NonNegativeMoney | None = None


class MenuItemChange(RequestBody):
    """Fields of a menu item to be changed; the till's code stays, because past sales carry it."""

    name: Text | None = None
    category: Annotated[OptionalText, Field(max_length=100)] | None = None
    price: NonNegativeMoney | None = None
    is_active: bool | None = None


class MenuItemAnswer(ResponseBody):
    """An item on the menu."""

    id: UUID
    code: str
    name: str
    category: str
    price: Money | None
    is_active: bool
    version: int


# ------------------------------------------------------------------ recipes


class NewRecipeLine(RequestBody):
    """An ingredient: `quantity` is what the plate carries; gross use is `quantity / yield_fraction`."""

    product_id: UUID
    quantity: PositiveQuantity
    unit: UnitName
    yield_fraction: YieldFraction = Decimal(1)


Lines = Annotated[list[NewRecipeLine], Field(min_length=1, max_length=200)]


class NewRecipe(RequestBody):
    """What a menu item, or a product made in the kitchen, is composed of from a day on.

    The lines make `yield_quantity` `yield_unit`: portions (`each`) of a menu item, any unit of a product.
    """

    id: Id7 | None = None
    menu_item_id: UUID | None = None
    product_id: UUID | None = None
    yield_quantity: PositiveQuantity = Decimal(1)
    yield_unit: UnitName = "each"
    effective_from: date
    effective_to: date | None = Field(default=None, description="The last day; open where it is not given.")
    lines: Lines

    @model_validator(mode="after")
    def _makes_one_thing(self) -> Self:
        if (self.menu_item_id is None) == (self.product_id is None):
            raise PydanticCustomError("makes_one_thing", "Give menu_item_id or product_id, one of the two.")
        return self


class RecipeChange(RequestBody):
    """Fields of a recipe to be corrected; `lines` replaces them all. From a later day on, make another recipe."""

    yield_quantity: PositiveQuantity | None = None
    yield_unit: UnitName | None = None
    effective_to: date | None = None
    lines: Lines | None = None


class ProductBrief(ResponseBody):
    """A product in a line."""

    id: UUID
    sku: str
    name: str


class RecipeLineAnswer(ResponseBody):
    """An ingredient."""

    product: ProductBrief
    quantity: Quantity
    unit: str
    yield_fraction: Quantity


class RecipeAnswer(ResponseBody):
    """A recipe with its lines in order."""

    id: UUID
    menu_item_id: UUID | None
    product_id: UUID | None
    yield_quantity: Quantity
    yield_unit: str
    effective_from: date
    effective_to: date | None
    lines: list[RecipeLineAnswer]
    version: int


class PlateCostLine(ResponseBody):
    """What one portion takes of a bought product; `is_first_known` says that no price is known for that day."""

    product: ProductBrief
    quantity: Quantity
    unit: str
    unit_cost: Money | None
    cost: Money | None
    is_first_known: bool


class PlateCost(ResponseBody):
    """What one portion costs on a day; `unpriced` ingredients are not in the sum."""

    menu_item_id: UUID
    on: date
    currency: str | None
    cost: Money
    price: Money | None
    contribution_margin: Money | None
    lines: list[PlateCostLine]
    unpriced: list[UUID]


# ------------------------------------------------------------------ depletions


class Sold(RequestBody):
    """So many portions of an item, as the till calls it."""

    menu_item_code: MenuCode
    quantity: NonNegativeQuantity


class NewDepletion(RequestBody):
    """All sales of a location's business day; sending the day again replaces what was sent before."""

    location_id: UUID
    business_day: date
    sales: Annotated[tuple[Sold, ...], Field(max_length=5000)]


class DepletionAnswer(ResponseBody):
    """What the day's sales did to the ledger; `unmapped` codes have no menu item, or no recipe on that day."""

    status: Literal["posted", "unchanged"]
    revision: int
    movement_count: int
    unmapped: list[str]


class DepletionRow(ResponseBody):
    """One revision of a business day's depletion."""

    location_id: UUID
    business_day: date
    revision: int
    movement_count: int
    recorded_at: UtcDateTime
