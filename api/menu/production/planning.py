"""What a batch should take and give, from its recipe and from what the kitchen says it really used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from sqlalchemy.orm import Session

from api.catalog import repository as catalog
from api.catalog.models import Location, Product
from api.catalog.service import check_convertible, product_units
from api.core.errors import FieldProblem, Invalid
from api.domain.business_day import business_day
from api.domain.ids import captured_at
from api.domain.units import as_stored
from api.ledger.lots import products_of_lots
from api.menu import repository
from api.menu.books import DayBook, day_book
from api.menu.models import Recipe
from api.menu.production.errors import RecipeNotInForce, RecipeNotStocked
from api.menu.production.schemas import NewProductionBatch, Used


@dataclass(frozen=True, slots=True)
class PlannedLine:
    """An ingredient in its stock unit; `entered` is what was typed, if anything was."""

    product: Product
    expected: Decimal
    used: Decimal
    entered: tuple[Decimal, str]
    lot_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A batch before it is posted: quantities of `product` in its stock unit."""

    recipe: Recipe
    product: Product
    expected: Decimal
    produced: Decimal
    entered: tuple[Decimal, str]
    lines: list[PlannedLine]
    at: datetime


def plan_batch(session: Session, location: Location, body: NewProductionBatch) -> Plan:
    """Scale the recipe of the day to the batch.

    Raises:
        Invalid: the recipe, a product, a unit or a lot does not fit; `errors` names the field.
        RecipeNotInForce, RecipeNotStocked: see their names.
    """
    at = min(body.occurred_at or captured_at(body.id), datetime.now(UTC))
    recipe = _recipe(session, body)
    day = business_day(at, location.time_zone, location.day_cutoff)
    book = day_book(session, day, ())
    _refuse_other_recipe(book, recipe, day)
    assert recipe.product_id is not None
    product = book.products[recipe.product_id]
    expected = _expected(recipe, product, body)
    produced = (as_stored(expected), product.stock_unit)
    if body.produced is not None:
        produced = (body.produced.quantity, body.produced.unit)
    stored = check_convertible(product_units(product), *produced, field="produced.unit")
    _refuse_nothing(expected, stored)
    lines = _lines(session, book, product, expected, body)
    return Plan(recipe, product, as_stored(expected), stored, produced, lines, at)


def _recipe(session: Session, body: NewProductionBatch) -> Recipe:
    recipe = repository.get_recipe(session, body.recipe_id)
    if recipe is None:
        raise _invalid("recipe_id", "unknown_recipe", "There is no such recipe.")
    if recipe.product_id is None:
        raise _invalid("recipe_id", "makes_a_menu_item", "A menu item is made to order; only products are made ahead.")
    return recipe


def _refuse_other_recipe(book: DayBook, recipe: Recipe, day: object) -> None:
    """On a day one recipe makes a product, and it must be made ahead and measurable to the last line."""
    holding = {line.makes_product_id: line.recipe_id for line, _ in book.lines}.get(recipe.product_id)
    if holding != recipe.id:
        raise RecipeNotInForce(day, holding)  # type: ignore[arg-type]
    if recipe.product_id not in book.book.stocked:
        raise RecipeNotStocked


def _expected(recipe: Recipe, product: Product, body: NewProductionBatch) -> Fraction:
    """Stock units that the recipe promises for a batch of this size."""
    units = product_units(product)
    if body.batches is not None:
        check_convertible(units, recipe.yield_quantity, recipe.yield_unit, field="recipe_id")
        return Fraction(body.batches) * Fraction(recipe.yield_quantity) * units.factor(recipe.yield_unit)
    assert body.quantity is not None
    assert body.unit is not None
    check_convertible(units, body.quantity, body.unit, field="unit")
    return Fraction(body.quantity) * units.factor(body.unit)


def _refuse_nothing(expected: Fraction, produced: Decimal) -> None:
    if not as_stored(expected) or not produced:
        detail = "The batch is less than a millionth of the product's stock unit."
        raise _invalid("quantity", "too_little", detail)


def _lines(
    session: Session, book: DayBook, product: Product, expected: Fraction, body: NewProductionBatch
) -> list[PlannedLine]:
    """The recipe's ingredients, sub-recipes that are not kept in stock exploded, each as planned or as really used."""
    parts = book.book.made[product.id]
    _refuse_unmeasured(book, product)
    asked = book.book.taken({key: share * expected for key, share in parts.items()})
    wanted = {key: as_stored(quantity) for key, quantity in asked.items()}
    products = book.products | catalog.get_products(session, {each.product_id for each in body.used})
    _check_used(session, body, product, products)
    told = {each.product_id for each in body.used}
    lines = [
        PlannedLine(products[key], quantity, quantity, (quantity, products[key].stock_unit))
        for key, quantity in wanted.items()
        if key not in told
    ]
    return lines + _told(products, wanted, body)


def _told(products: Mapping[UUID, Product], wanted: dict[UUID, Decimal], body: NewProductionBatch) -> list[PlannedLine]:
    """What the kitchen says; of a product that stands there twice, the first line carries what was expected."""
    left = dict(wanted)
    lines = []
    for place, each in enumerate(body.used):
        product = products[each.product_id]
        used = check_convertible(product_units(product), each.quantity, each.unit, field=f"used.{place}.unit")
        expected = left.pop(each.product_id, Decimal(0))
        lines.append(PlannedLine(product, expected, used, (each.quantity, each.unit), each.lot_id))
    return lines


def _refuse_unmeasured(book: DayBook, product: Product) -> None:
    reached, todo = set[UUID](), {product.id}
    while todo:
        made = todo.pop()
        reached.add(made)
        todo |= {key for key in book.book.made.get(made, ()) if key not in book.book.stocked} - reached
    for line in book.unmeasured:
        if line.makes_product_id in reached:
            name = book.products[line.product_id].name
            detail = f"The recipe asks for {name} in {line.unit}, which cannot be converted: add a factor to {name}."
            raise _invalid("recipe_id", "unconvertible_unit", detail)


def _check_used(session: Session, body: NewProductionBatch, made: Product, products: Mapping[UUID, Product]) -> None:
    lots = products_of_lots(session, {each.lot_id for each in body.used if each.lot_id is not None})
    for place, each in enumerate(body.used):
        if each.product_id not in products:
            raise _invalid(f"used.{place}.product_id", "unknown_product", "There is no such product.")
        if each.product_id == made.id:
            raise _invalid(f"used.{place}.product_id", "made_of_itself", "A batch does not use up what it makes.")
        _check_lot(place, each, lots)


def _check_lot(place: int, each: Used, lots: Mapping[UUID, UUID]) -> None:
    if each.lot_id is not None and lots.get(each.lot_id) != each.product_id:
        raise _invalid(f"used.{place}.lot_id", "unknown_lot", "There is no such lot of this product.")


def _invalid(field: str, code: str, detail: str) -> Invalid:
    return Invalid(detail, code=code, errors=(FieldProblem(field, code, detail),))
