"""What can be wrong with the menu.

ApiError
├── NotFound
│   ├── MenuItemNotFound
│   ├── RecipeNotFound
│   ├── NoRecipe            the item has no recipe on that day
│   └── NoKnownPrice        no supplier ever had a price for the product
└── Conflict
    ├── MenuCodeTaken
    ├── RecipeExists        the same thing has a recipe from the same day on
    ├── RecipeCycle         a product would be made of itself
    └── MixedCurrencies     the ingredients are bought in several currencies
"""

from __future__ import annotations

from collections.abc import Sequence

from api.core.errors import Conflict, NotFound


class MenuItemNotFound(NotFound):
    """There is no such menu item."""

    code = "menu_item_not_found"


class RecipeNotFound(NotFound):
    """There is no such recipe."""

    code = "recipe_not_found"


class NoRecipe(NotFound):
    """The menu item has no recipe that is valid on that day."""

    code = "no_recipe"


class NoKnownPrice(NotFound):
    """No supplier ever had a price for the product."""

    code = "no_known_price"


class MenuCodeTaken(Conflict):
    """Another menu item has this code."""

    code = "menu_code_taken"


class RecipeExists(Conflict):
    """There is a recipe for the same thing from the same day on."""

    code = "recipe_exists"


class RecipeCycle(Conflict):
    """A product would be made of itself; `path` lists the SKUs from it back to it."""

    code = "recipe_cycle"

    def __init__(self, path: Sequence[str]) -> None:
        super().__init__(f"A product would be made of itself: {' → '.join(path)}.", path=list(path))


class MixedCurrencies(Conflict):
    """The ingredients are bought in several currencies, so their costs have no sum."""

    code = "mixed_currencies"
