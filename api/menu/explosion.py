"""From what was sold to what went into it: recipes and their sub-recipes, exploded with exact fractions. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeVar
from uuid import UUID

Composition = Mapping[UUID, Fraction]
"""Per portion or stock unit made: the gross quantity of each ingredient, in the ingredient's stock unit."""

K = TypeVar("K", bound=Hashable)


class CycleFound(ValueError):
    """A product is made of itself; `path` leads from it back to it."""

    def __init__(self, path: Sequence[UUID]) -> None:
        super().__init__(" → ".join(map(str, path)))
        self.path = tuple(path)


@dataclass(slots=True)
class RecipeBook:
    """The recipes of one day: of menu items, and of products that are made in the kitchen."""

    dishes: Mapping[UUID, Composition]
    made: Mapping[UUID, Composition]
    _bought: dict[UUID, Composition] = field(default_factory=dict)

    def plate(self, menu_item_id: UUID) -> Composition | None:
        """What one portion takes of the products that are bought, in stock units; None without a recipe.

        Raises:
            CycleFound: a sub-recipe leads back to itself.
        """
        dish = self.dishes.get(menu_item_id)
        return None if dish is None else self.bought(dish)

    def bought(self, composition: Composition) -> Composition:
        """What a composition takes of the products that are bought, every sub-recipe exploded.

        Raises:
            CycleFound: a sub-recipe leads back to itself.
        """
        return self._explode(composition, ())

    def _explode(self, composition: Composition, path: tuple[UUID, ...]) -> Composition:
        total: defaultdict[UUID, Fraction] = defaultdict(Fraction)
        for product_id, quantity in composition.items():
            for bought, share in self._parts(product_id, path).items():
                total[bought] += quantity * share
        return total

    def _parts(self, product_id: UUID, path: tuple[UUID, ...]) -> Composition:
        """What one stock unit of a product takes; a product that is bought takes itself."""
        recipe = self.made.get(product_id)
        if recipe is None:
            return {product_id: Fraction(1)}
        if product_id in path:
            raise CycleFound((*path[path.index(product_id) :], product_id))
        if product_id not in self._bought:
            self._bought[product_id] = self._explode(recipe, (*path, product_id))
        return self._bought[product_id]


def theoretical_usage(book: RecipeBook, sales: Mapping[UUID, Fraction]) -> dict[UUID, Fraction]:
    """What the sales of a day took of each bought product: Σ units sold × recipe, gross of yield (FORMULAS: T).

    `sales` are portions by menu item; items without a recipe take nothing.
    """
    direct: defaultdict[UUID, Fraction] = defaultdict(Fraction)
    for menu_item_id, portions in sales.items():
        for product_id, quantity in book.dishes.get(menu_item_id, {}).items():
            direct[product_id] += portions * quantity
    return {product_id: quantity for product_id, quantity in book.bought(direct).items() if quantity}


def find_cycle(edges: Mapping[K, Collection[K]], start: K) -> tuple[K, ...] | None:
    """A way from `start` along the edges back to it, or None."""
    trail: list[tuple[K, ...]] = [(start,)]
    seen: set[K] = set()
    while trail:
        path = trail.pop()
        for following in edges.get(path[-1], ()):
            if following == start:
                return (*path, start)
            if following not in seen:
                seen.add(following)
                trail.append((*path, following))
    return None
