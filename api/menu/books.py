"""The recipes of a day as a book to explode from, and the lines that cannot be measured any more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from uuid import UUID

from sqlalchemy.orm import Session

from api.catalog import repository as catalog
from api.catalog.models import Product
from api.catalog.service import product_units
from api.domain.units import ProductUnits, UnconvertibleUnit
from api.menu import repository
from api.menu.explosion import RecipeBook
from api.menu.repository import LineOfDay


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """A line whose unit its product does not know any more: it is named and left out, never counted as nothing."""

    menu_item_id: UUID | None
    makes_product_id: UUID | None
    product_id: UUID
    unit: str


@dataclass(frozen=True, slots=True)
class DayBook:
    """The recipes valid on a day with the products in them; `lines` as they were written, `gross` per unit made."""

    book: RecipeBook
    products: dict[UUID, Product]
    units: dict[UUID, ProductUnits]
    lines: list[tuple[LineOfDay, Fraction | None]]
    unmeasured: list[Unmeasured]

    def unmeasured_in(self, menu_item_id: UUID) -> list[Unmeasured]:
        """The unmeasured lines that one menu item meets, in its recipe or in a sub-recipe of it."""
        reached, todo = set[UUID](), set(self.book.dishes.get(menu_item_id, ()))
        todo |= {line.product_id for line in self.unmeasured if line.menu_item_id == menu_item_id}
        while todo:
            product_id = todo.pop()
            reached.add(product_id)
            parts = set(self.book.made.get(product_id, ()))
            parts |= {line.product_id for line in self.unmeasured if line.makes_product_id == product_id}
            todo |= parts - reached
        return [
            line for line in self.unmeasured if line.menu_item_id == menu_item_id or line.makes_product_id in reached
        ]


def day_book(session: Session, day: date, menu_item_ids: Collection[UUID]) -> DayBook:
    """The recipes valid on a day: of these menu items, and of every product made in the kitchen."""
    lines = repository.lines_on(session, day, menu_item_ids)
    made_here = {line.makes_product_id for line in lines if line.makes_product_id}
    products = catalog.get_products(session, {line.product_id for line in lines} | made_here)
    units = {product_id: product_units(product) for product_id, product in products.items()}
    measured = [(line, gross_per_unit(line, units)) for line in lines]
    dishes: defaultdict[UUID, defaultdict[UUID, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    made: defaultdict[UUID, defaultdict[UUID, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    for line, gross in measured:
        shelf, key = (dishes, line.menu_item_id) if line.makes_product_id is None else (made, line.makes_product_id)
        assert key is not None
        composition = shelf[key]  # a recipe none of whose lines can be measured is a recipe all the same
        if gross is not None:
            composition[line.product_id] += gross
    stocked = frozenset(line.makes_product_id for line in lines if line.makes_product_id and line.is_stocked)
    unmeasured = [
        Unmeasured(line.menu_item_id, line.makes_product_id, line.product_id, line.unit)
        for line, gross in measured
        if gross is None
    ]
    return DayBook(RecipeBook(dishes, made, stocked), products, units, measured, unmeasured)


def gross_per_unit(line: LineOfDay, units: dict[UUID, ProductUnits]) -> Fraction | None:
    """Stock units of the ingredient per portion, or per stock unit made; None where a unit cannot be converted."""
    try:
        gross = Fraction(line.quantity) * units[line.product_id].factor(line.unit) / Fraction(line.yield_fraction)
        if line.makes_product_id is None:
            return gross / Fraction(line.yield_quantity)
        return gross / (Fraction(line.yield_quantity) * units[line.makes_product_id].factor(line.yield_unit))
    except UnconvertibleUnit:
        return None
