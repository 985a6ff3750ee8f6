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
    """The recipes of one day: of menu items, and of products that are made in the kitchen.

    `stocked` are those of the made products that are made ahead and kept: sales take them, not what went into them.
    """

    dishes: Mapping[UUID, Composition]
    made: Mapping[UUID, Composition]
    stocked: frozenset[UUID] = frozenset()
    _known: dict[tuple[UUID, bool], Composition] = field(default_factory=dict)

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
        return self._explode(composition, (), down_to_bought=True)

    def taken(self, composition: Composition) -> Composition:
        """What a composition takes from stock: sub-recipes exploded down to what is bought or kept in stock.

        Raises:
            CycleFound: a sub-recipe leads back to itself.
        """
        return self._explode(composition, (), down_to_bought=False)

    def _explode(self, composition: Composition, path: tuple[UUID, ...], *, down_to_bought: bool) -> Composition:
        total: defaultdict[UUID, Fraction] = defaultdict(Fraction)
        for product_id, quantity in composition.items():
            for part, share in self._parts(product_id, path, down_to_bought=down_to_bought).items():
                total[part] += quantity * share
        return total

    def _parts(self, product_id: UUID, path: tuple[UUID, ...], *, down_to_bought: bool) -> Composition:
        """What one stock unit of a product takes; a product where the explosion ends takes itself."""
        recipe = self.made.get(product_id)
        if recipe is None or (product_id in self.stocked and not down_to_bought):
            return {product_id: Fraction(1)}
        if product_id in path:
            raise CycleFound((*path[path.index(product_id) :], product_id))
        key = (product_id, down_to_bought)
        if key not in self._known:
            self._known[key] = self._explode(recipe, (*path, product_id), down_to_bought=down_to_bought)
        return self._known[key]


def theoretical_usage(book: RecipeBook, sales: Mapping[UUID, Fraction]) -> dict[UUID, Fraction]:
    """What the sales of a day took of each product in stock: Σ units sold × recipe, gross of yield (FORMULAS: T).

    `sales` are portions by menu item; items without a recipe take nothing.
    """
    direct: defaultdict[UUID, Fraction] = defaultdict(Fraction)
    for menu_item_id, portions in sales.items():
        for product_id, quantity in book.dishes.get(menu_item_id, {}).items():
            direct[product_id] += portions * quantity
    return {product_id: quantity for product_id, quantity in book.taken(direct).items() if quantity}


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
