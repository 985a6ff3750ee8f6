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


class NewMenuPrice(RequestBody):
    """A price from a day on, everywhere or at one location; null takes it away (a location then follows the others)."""

    id: Id7 | None = None
    price: NonNegativeMoney | None
    effective_from: date
    location_id: UUID | None = None


class MenuPriceAnswer(ResponseBody):
    """A price that was noted; of two for the same day and place the later one holds."""

    id: UUID
    menu_item_id: UUID
    location_id: UUID | None
    price: Money | None
    effective_from: date
    recorded_at: UtcDateTime


class MenuPrices(ResponseBody):
    """The price history, latest day first."""

    items: list[MenuPriceAnswer]


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
    is_stocked: bool = Field(default=False, description="Made ahead and kept: sales take the product, not its parts.")
    lines: Lines

    @model_validator(mode="after")
    def _makes_one_thing(self) -> Self:
        if (self.menu_item_id is None) == (self.product_id is None):
            raise PydanticCustomError("makes_one_thing", "Give menu_item_id or product_id, one of the two.")
        if self.is_stocked and self.product_id is None:
            raise PydanticCustomError("stocked_is_a_product", "Only a product is kept in stock, not a menu item.")
        return self


class RecipeChange(RequestBody):
    """Fields of a recipe to be corrected; `lines` replaces them all. From a later day on, make another recipe."""

    yield_quantity: PositiveQuantity | None = None
    yield_unit: UnitName | None = None
    effective_to: date | None = None
    is_stocked: bool | None = None
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
    is_stocked: bool
    lines: list[RecipeLineAnswer]
    version: int


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


class UnmeasuredLine(ResponseBody):
    """A recipe's line in a unit that its product does not know any more."""

    sku: str
    unit: str


class UnmeasuredSale(ResponseBody):
    """An item that was sold, and the lines that were left out of what it took."""

    menu_item_code: str
    quantity: Quantity
    lines: list[UnmeasuredLine]


class DepletionAnswer(ResponseBody):
    """What the day's sales did to the ledger; `unmapped` codes have no menu item, or no recipe on that day.

    `unmeasured` items were taken without the lines named, because their units cannot be converted: mend the units and
    send the day again.
    """

    status: Literal["posted", "unchanged"]
    revision: int
    movement_count: int
    unmapped: list[str]
    unmeasured: list[UnmeasuredSale]


class UnmappedCode(ResponseBody):
    """What was sold under a code and is not, or not wholly, in the stock's usage; in portions, over all days."""

    menu_item_code: str
    reason: Literal["unknown_code", "no_recipe", "unconvertible_unit"]
    quantity: Quantity
    days: int
    first_day: date
    last_day: date
    location_ids: list[UUID]
    lines: list[UnmeasuredLine]


class UnmappedCodes(ResponseBody):
    """Every such code, most portions first."""

    items: list[UnmappedCode]


class DepletionRow(ResponseBody):
    """One revision of a business day's depletion."""

    location_id: UUID
    business_day: date
    revision: int
    movement_count: int
    recorded_at: UtcDateTime
