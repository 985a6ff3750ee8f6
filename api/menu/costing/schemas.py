"""What the costing routes answer; costs per portion, quantities per portion, in the currency beside them."""

from __future__ import annotations

from datetime import date
from typing import Literal
from uuid import UUID

from api.core.types import Money, Quantity, ResponseBody
from api.menu.schemas import ProductBrief

Basis = Literal["supplier_price", "average_cost"]
Reason = Literal["no_price", "no_cost", "unconvertible_unit", "unconvertible_pack", "other_currency"]


class PlateCostLine(ResponseBody):
    """What one portion takes of a product; `is_first_known` says that no price is known for that day."""

    product: ProductBrief
    quantity: Quantity
    unit: str
    unit_cost: Money | None
    cost: Money | None
    is_first_known: bool


class Missing(ResponseBody):
    """An ingredient that is not in the sum, and why."""

    product: ProductBrief
    reason: Reason
    detail: str


class PlateCostNode(ResponseBody):
    """A line of the recipe, or of a sub-recipe: per portion of the menu item.

    `quantity` `unit` reach the plate, `gross_quantity` `stock_unit` leave stock for it (÷ `yield_fraction`). The costs
    of `lines` add up to `cost`, and those of the first level to the plate's; null is a cost that is not known.
    """

    product: ProductBrief
    quantity: Quantity
    unit: str
    yield_fraction: Quantity
    gross_quantity: Quantity | None
    stock_unit: str
    unit_cost: Money | None
    cost: Money | None
    is_stocked: bool
    is_first_known: bool
    missing: Reason | None
    lines: list[PlateCostNode]


class MarginFigures(ResponseBody):
    """What one portion costs and leaves on a day; null margins are not known, because a cost or the price is not."""

    menu_item_id: UUID
    on: date
    basis: Basis
    location_id: UUID | None
    currency: str | None
    cost: Money
    is_complete: bool
    price: Money | None
    price_is_first_known: bool
    contribution_margin: Money | None
    food_cost_percent: Quantity | None


class PlateCost(MarginFigures):
    """One portion, ingredient by ingredient; what is `missing` is not in the sum.

    `lines` sum the products where the costing ends over the whole plate, `tree` shows where they come from.
    """

    lines: list[PlateCostLine]
    unpriced: list[UUID]
    missing: list[Missing]
    tree: list[PlateCostNode]


class MenuCostRow(MarginFigures):
    """An item of the menu with its figures; without a recipe that day they are null, and `has_recipe` is false."""

    code: str
    name: str
    category: str
    has_recipe: bool
    missing: list[Missing]
    allergens: list[str]


class AllergenSource(ResponseBody):
    """An ingredient that brings an allergen; `path` lists the SKUs from the recipe's line down to it."""

    product: ProductBrief
    path: list[str]


class AllergenAnswer(ResponseBody):
    """An allergen of the item and which ingredients bring it."""

    allergen: str
    sources: list[AllergenSource]


class MenuItemAllergens(ResponseBody):
    """What a menu item contains on a day, every sub-recipe opened."""

    menu_item_id: UUID
    on: date
    allergens: list[AllergenAnswer]


class PackReference(ResponseBody):
    """The pack that a price is for."""

    quantity: Quantity
    unit: str


class ImpactRow(ResponseBody):
    """What the new price does to one item: per portion; null where another cost, or the price, is not known."""

    menu_item_id: UUID
    code: str
    name: str
    quantity: Quantity
    cost_change: Money
    cost_before: Money | None
    cost_after: Money | None
    price: Money | None
    margin_before: Money | None
    margin_after: Money | None
    food_cost_percent_before: Quantity | None
    food_cost_percent_after: Quantity | None


class MenuImpact(ResponseBody):
    """What another price of a product's pack would do to the menu, dearest change first."""

    product: ProductBrief
    on: date
    location_id: UUID | None
    currency: str
    pack: PackReference
    price_before: Money
    price_after: Money
    unit: str
    unit_cost_before: Money
    unit_cost_after: Money
    items: list[ImpactRow]
