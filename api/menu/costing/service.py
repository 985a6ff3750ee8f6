"""What a plate costs and leaves, what another price would change, and what is in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from api.catalog import repository as catalog
from api.catalog.errors import LocationNotFound
from api.catalog.models import Location
from api.core.errors import FieldProblem, Invalid
from api.domain.units import as_stored
from api.menu import prices
from api.menu.books import DayBook, Unmeasured, day_book
from api.menu.costing.costs import UnitCost, UnitCosts, unit_costs
from api.menu.costing.schemas import Basis, Missing, PlateCost, PlateCostLine, PlateCostNode
from api.menu.costing.tree import Node, Trees, shares
from api.menu.errors import NoRecipe
from api.menu.explosion import Composition
from api.menu.prices import NO_PRICE, MenuPrice
from api.menu.schemas import ProductBrief
from api.menu.service import get_menu_item


@dataclass(frozen=True, slots=True)
class Question:
    """On which day, at which location (None: anywhere), by which cost."""

    on: date
    location: Location | None
    basis: Basis


@dataclass(frozen=True, slots=True)
class Costing:
    """Some menu items costed: what each takes of the products where costing ends, and what those cost."""

    question: Question
    day: DayBook
    plates: Mapping[UUID, Composition]
    costs: UnitCosts
    prices: Mapping[UUID, MenuPrice]

    @property
    def ends(self) -> frozenset[UUID]:
        """Made products that are costed as they stand in stock, not by what went into them."""
        return self.day.book.stocked if self.question.basis == "average_cost" else frozenset()

    def known(self, menu_item_id: UUID) -> dict[UUID, Fraction]:
        """The costs that are known, by product, per portion."""
        amounts = ((key, share, self.costs.by_product[key].amount) for key, share in self.plates[menu_item_id].items())
        return {key: share * amount for key, share, amount in amounts if amount is not None}

    def total(self, menu_item_id: UUID) -> Decimal:
        """The sum of what is known."""
        return as_stored(sum(self.known(menu_item_id).values(), Fraction(0)))

    def missing(self, menu_item_id: UUID) -> list[Missing]:
        """What is not in the sum, by name."""
        lines = [self._unmeasured(line) for line in self.day.unmeasured_in(menu_item_id)]
        costs = ((key, self.costs.by_product[key]) for key in self.plates[menu_item_id])
        unknown = [self._unknown(key, cost) for key, cost in costs if cost.missing is not None]
        return sorted(lines + unknown, key=lambda each: (each.product.name, each.reason))

    def _unmeasured(self, line: Unmeasured) -> Missing:
        detail = f"The recipe asks for it in {line.unit}, which cannot be converted into its stock unit."
        return Missing(product=self.brief(line.product_id), reason="unconvertible_unit", detail=detail)

    def _unknown(self, product_id: UUID, cost: UnitCost) -> Missing:
        assert cost.missing is not None
        return Missing(product=self.brief(product_id), reason=cost.missing, detail=cost.detail)

    def brief(self, product_id: UUID) -> ProductBrief:
        """How a product is shown."""
        return ProductBrief.model_validate(self.day.products[product_id])

    def figures(self, menu_item_id: UUID) -> dict[str, Any]:
        """The fields of `MarginFigures`; an incomplete cost has no margin, it would be too good."""
        price = self.prices.get(menu_item_id, NO_PRICE)
        has_recipe = menu_item_id in self.plates
        cost = self.total(menu_item_id) if has_recipe else Decimal(0)
        is_complete = has_recipe and not self.missing(menu_item_id)
        is_sold = is_complete and price.price is not None
        return {
            "menu_item_id": menu_item_id,
            "on": self.question.on,
            "basis": self.question.basis,
            "location_id": None if self.question.location is None else self.question.location.id,
            "currency": self.costs.currency,
            "cost": cost,
            "is_complete": is_complete,
            "price": price.price,
            "price_is_first_known": price.is_first_known,
            "contribution_margin": price.price - cost if is_sold and price.price is not None else None,
            "food_cost_percent": percent(cost, price.price) if is_sold else None,
        }


def percent(cost: Decimal, price: Decimal | None) -> Decimal | None:
    """Food cost in percent of the price, to two decimals; None where nothing is asked for it."""
    return round(100 * cost / price, 2) if price else None


def question(session: Session, on: date, location_id: UUID | None, basis: Basis) -> Question:
    """What is asked, with its location.

    Raises:
        LocationNotFound: there is no such location.
        Invalid: the average cost of no location in particular.
    """
    location = None if location_id is None else catalog.get_location(session, location_id)
    if location_id is not None and location is None:
        raise LocationNotFound("There is no such location, or none that you may see.")
    if basis == "average_cost" and location is None:
        detail = "Average costs are a location's own: give location_id, or ask by supplier_price."
        raise Invalid(detail, errors=(FieldProblem("location_id", "location_missing", detail),))
    return Question(on, location, basis)


def cost_items(session: Session, asked: Question, menu_item_ids: Collection[UUID]) -> Costing:
    """Cost these menu items; those without a recipe that day have no plate.

    Raises:
        MixedCurrencies: their ingredients are bought in several currencies, and no location says which one counts.
    """
    day = day_book(session, asked.on, menu_item_ids)
    explode = day.book.taken if asked.basis == "average_cost" else day.book.bought
    plates = {key: explode(dish) for key, dish in day.book.dishes.items()}
    ingredients = {product_id for plate in plates.values() for product_id in plate}
    units = {product_id: day.units[product_id] for product_id in ingredients}
    costs = unit_costs(session, asked.basis, asked.location, units, asked.on)
    location_id = None if asked.location is None else asked.location.id
    return Costing(asked, day, plates, costs, prices.prices_on(session, menu_item_ids, asked.on, location_id))


def plate_cost(session: Session, menu_item_id: UUID, asked: Question) -> PlateCost:
    """What one portion costs on a day: Σ recipe quantity ÷ yield × unit cost then (FORMULAS, plate cost).

    Raises:
        MenuItemNotFound, NoRecipe, MixedCurrencies: see their names.
    """
    item = get_menu_item(session, menu_item_id)
    costing = cost_items(session, asked, [item.id])
    if item.id not in costing.plates:
        raise NoRecipe(f"{item.name} has no recipe that is valid on {asked.on}.")
    missing = costing.missing(item.id)
    trees = Trees(costing.day, dict(costing.costs.by_product), costing.ends)
    return PlateCost(
        **costing.figures(item.id),
        lines=_lines(costing, item.id),
        unpriced=sorted({each.product.id for each in missing if each.reason != "unconvertible_unit"}),
        missing=missing,
        tree=_shown(costing, trees.plate(item.id), costing.total(item.id)),
    )


def _lines(costing: Costing, menu_item_id: UUID) -> list[PlateCostLine]:
    plate, known = costing.plates[menu_item_id], costing.known(menu_item_id)
    shown = shares(costing.total(menu_item_id), [known.get(key) for key in plate])
    lines = [_line(costing, key, plate[key], cost) for key, cost in zip(plate, shown, strict=True)]
    return sorted(lines, key=lambda line: (-(line.cost or 0), line.product.name))


def _line(costing: Costing, product_id: UUID, quantity: Fraction, cost: Decimal | None) -> PlateCostLine:
    unit_cost = costing.costs.by_product[product_id]
    return PlateCostLine(
        product=costing.brief(product_id),
        quantity=as_stored(quantity),
        unit=costing.day.products[product_id].stock_unit,
        unit_cost=None if unit_cost.amount is None else as_stored(unit_cost.amount),
        cost=cost,
        is_first_known=unit_cost.is_first_known,
    )


def _shown(costing: Costing, nodes: Sequence[Node], total: Decimal | None) -> list[PlateCostNode]:
    """The nodes with costs that sum to their parent's."""
    costs = shares(total or Decimal(0), [node.cost for node in nodes])
    return [_node(costing, node, cost) for node, cost in zip(nodes, costs, strict=True)]


def _node(costing: Costing, node: Node, cost: Decimal | None) -> PlateCostNode:
    line, unit_cost = node.line, node.unit_cost
    unmeasured = node.gross is None
    amount = None if unit_cost is None else unit_cost.amount
    return PlateCostNode(
        product=costing.brief(line.product_id),
        quantity=as_stored(Fraction(line.quantity) * node.portions),
        unit=line.unit,
        yield_fraction=line.yield_fraction,
        gross_quantity=None if node.gross is None else as_stored(node.gross),
        stock_unit=costing.day.products[line.product_id].stock_unit,
        unit_cost=None if amount is None else as_stored(amount),
        cost=cost,
        is_stocked=line.product_id in costing.day.book.stocked,
        is_first_known=unit_cost is not None and unit_cost.is_first_known,
        missing="unconvertible_unit" if unmeasured else None if unit_cost is None else unit_cost.missing,
        lines=_shown(costing, node.lines, cost),
    )


# ------------------------------------------------------------------ allergens


def allergen_sources(day: DayBook, menu_item_id: UUID) -> dict[str, dict[UUID, tuple[UUID, ...]]]:
    """Per allergen the ingredients that bring it, each with the shortest way from the recipe's line down to it.

    A product kept in stock is opened too, and a line counts whether or not its unit can be converted.
    """
    parts: defaultdict[UUID, list[UUID]] = defaultdict(list)
    for line, _ in day.lines:
        parts[line.makes_product_id or line.menu_item_id or line.recipe_id].append(line.product_id)
    found: defaultdict[str, dict[UUID, tuple[UUID, ...]]] = defaultdict(dict)
    todo: list[tuple[UUID, ...]] = [(product_id,) for product_id in parts[menu_item_id]]
    seen: set[UUID] = set()
    while todo:
        path = todo.pop(0)
        if path[-1] in seen:
            continue
        seen.add(path[-1])
        for allergen in day.products[path[-1]].allergens:
            found[allergen][path[-1]] = path
        todo += [(*path, part) for part in parts[path[-1]]]
    return dict(sorted(found.items()))
