"""The menu: items, recipes with effective dates, and what a plate costs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from api.audit.record import record
from api.catalog import repository as catalog
from api.catalog.models import Product
from api.catalog.service import check_convertible, product_units, refuse_nulls
from api.core.errors import FieldProblem, Invalid
from api.core.preconditions import bump
from api.menu import prices, repository
from api.menu.errors import (
    MenuCodeTaken,
    MenuItemNotFound,
    RecipeCycle,
    RecipeExists,
    RecipeNotFound,
)
from api.menu.explosion import find_cycle
from api.menu.models import MenuItem, MenuItemPrice, Recipe, RecipeLine
from api.menu.schemas import (
    MenuItemChange,
    NewMenuItem,
    NewMenuPrice,
    NewRecipe,
    NewRecipeLine,
    ProductBrief,
    RecipeAnswer,
    RecipeChange,
    RecipeLineAnswer,
)


def get_menu_item(session: Session, menu_item_id: UUID) -> MenuItem:
    """One menu item.

    Raises:
        MenuItemNotFound: there is none.
    """
    item = repository.get_menu_item(session, menu_item_id)
    if item is None:
        raise MenuItemNotFound
    return item


def create_menu_item(session: Session, *, actor_id: UUID, body: NewMenuItem) -> MenuItem:
    """Put something on the menu.

    Raises:
        MenuCodeTaken: another item has the till's code.
    """
    if repository.find_codes(session, [body.code]):
        raise MenuCodeTaken(f"There is a menu item {body.code} already.")
    item = MenuItem(**_given(body))
    session.add(item)
    session.flush()
    if body.price is not None:
        prices.note_price(session, item, price=body.price, actor_id=actor_id)
    session.refresh(item)
    _audit(session, actor_id, "menu_item.created", "menu_item", item.id)
    return item


def change_menu_item(
    session: Session, *, actor_id: UUID, menu_item_id: UUID, version: int, body: MenuItemChange
) -> MenuItem:
    """Edit a menu item that nobody else edited since `version`.

    Raises:
        MenuItemNotFound, VersionConflict, Invalid: see their names.
    """
    item = repository.get_menu_item(session, menu_item_id, lock=True)
    if item is None:
        raise MenuItemNotFound
    bump(item, version)
    changes = body.model_dump(exclude_unset=True)
    refuse_nulls(changes, nullable={"price"})
    for name, value in changes.items():
        setattr(item, name, value)
    session.flush()
    if "price" in changes:
        prices.note_price(session, item, price=item.price, actor_id=actor_id)
    _audit(session, actor_id, "menu_item.edited", "menu_item", item.id, fields=sorted(changes))
    return item


def add_price(session: Session, *, actor_id: UUID, menu_item_id: UUID, body: NewMenuPrice) -> MenuItemPrice:
    """Note a price from a day on.

    Raises:
        MenuItemNotFound: there is no such item.
        Invalid: there is no such location.
    """
    item = repository.get_menu_item(session, menu_item_id, lock=True)
    if item is None:
        raise MenuItemNotFound
    if body.location_id is not None and catalog.get_location(session, body.location_id) is None:
        raise _invalid("location_id", "unknown_location", "There is no such location.")
    noted = body.model_dump(exclude={"id"})
    row = prices.note_price(session, item, actor_id=actor_id, **noted)
    _audit(session, actor_id, "menu_item.priced", "menu_item", item.id, effective_from=str(body.effective_from))
    return row


# ------------------------------------------------------------------ recipes


def create_recipe(session: Session, *, actor_id: UUID, body: NewRecipe) -> RecipeAnswer:
    """Write down how something is made from a day on.

    Raises:
        Invalid: a product, unit or date is wrong; `errors` names the field.
        RecipeExists, RecipeCycle: see their names.
    """
    repository.lock_recipes(session)
    products = _products_of(session, body.lines, body.product_id)
    _check_subject(session, products, body)
    _check_lines(products, body.lines)
    _check_dates(body.effective_from, body.effective_to)
    if repository.find_recipe_from(session, body.menu_item_id, body.product_id, body.effective_from):
        raise RecipeExists(f"There is a recipe from {body.effective_from} on already.")
    recipe = Recipe(**_given(body, {"lines"}))
    recipe.lines = _line_rows(body.lines)
    session.add(recipe)
    session.flush()
    _refuse_cycle(session, recipe)
    session.refresh(recipe)
    _audit(session, actor_id, "recipe.created", "recipe", recipe.id)
    return answers(session, [recipe])[0]


def change_recipe(
    session: Session, *, actor_id: UUID, recipe_id: UUID, version: int, body: RecipeChange
) -> RecipeAnswer:
    """Correct a recipe that nobody else edited since `version`; past days change when they are depleted again.

    Raises:
        RecipeNotFound, VersionConflict, Invalid, RecipeCycle: see their names.
    """
    repository.lock_recipes(session)
    recipe = repository.get_recipe(session, recipe_id, lock=True)
    if recipe is None:
        raise RecipeNotFound
    bump(recipe, version)
    changes = body.model_dump(exclude_unset=True, exclude={"lines"})
    refuse_nulls(changes, nullable={"effective_to"})
    for name, value in changes.items():
        setattr(recipe, name, value)
    _check_stocked(recipe)
    products = _products_of(session, body.lines or (), recipe.product_id)
    _check_yield(products.get(recipe.product_id) if recipe.product_id else None, recipe.yield_unit)
    _check_dates(recipe.effective_from, recipe.effective_to)
    if body.lines is not None:
        _check_lines(products, body.lines)
        recipe.lines = _line_rows(body.lines)
    session.flush()
    _refuse_cycle(session, recipe)
    _audit(session, actor_id, "recipe.edited", "recipe", recipe.id, fields=sorted(body.model_fields_set))
    return answers(session, [recipe])[0]


def get_recipe(session: Session, recipe_id: UUID) -> RecipeAnswer:
    """One recipe.

    Raises:
        RecipeNotFound: there is none.
    """
    recipe = repository.get_recipe(session, recipe_id)
    if recipe is None:
        raise RecipeNotFound
    return answers(session, [recipe])[0]


def answers(session: Session, recipes: Collection[Recipe]) -> list[RecipeAnswer]:
    """Recipes as they are shown, with the products' names."""
    products = catalog.get_products(session, {line.product_id for recipe in recipes for line in recipe.lines})
    return [_recipe_answer(recipe, products) for recipe in recipes]


def _recipe_answer(recipe: Recipe, products: Mapping[UUID, Product]) -> RecipeAnswer:
    lines = [
        RecipeLineAnswer(
            product=ProductBrief.model_validate(products[line.product_id]),
            quantity=line.quantity,
            unit=line.unit,
            yield_fraction=line.yield_fraction,
        )
        for line in recipe.lines
    ]
    return RecipeAnswer(
        id=recipe.id,
        menu_item_id=recipe.menu_item_id,
        product_id=recipe.product_id,
        yield_quantity=recipe.yield_quantity,
        yield_unit=recipe.yield_unit,
        effective_from=recipe.effective_from,
        effective_to=recipe.effective_to,
        is_stocked=recipe.is_stocked,
        lines=lines,
        version=recipe.version,
    )


def _products_of(session: Session, lines: Sequence[NewRecipeLine], made: UUID | None) -> dict[UUID, Product]:
    wanted = {line.product_id for line in lines} | ({made} if made else set())
    return catalog.get_products(session, wanted)


def _check_subject(session: Session, products: Mapping[UUID, Product], body: NewRecipe) -> None:
    """What is made exists, and its yield can be measured."""
    if body.menu_item_id is not None:
        if repository.get_menu_item(session, body.menu_item_id) is None:
            raise _invalid("menu_item_id", "unknown_menu_item", "There is no such menu item.")
        _check_yield(None, body.yield_unit)
    elif body.product_id is None or body.product_id not in products:
        raise _invalid("product_id", "unknown_product", "There is no such product.")
    else:
        _check_yield(products[body.product_id], body.yield_unit)


def _check_yield(product: Product | None, unit: str) -> None:
    """Menu items are made in portions, products in a unit of theirs."""
    if product is not None:
        check_convertible(product_units(product), Decimal(1), unit, field="yield_unit")
    elif unit != "each":
        raise _invalid("yield_unit", "portions", "A menu item is made in portions: each.")


def _check_stocked(recipe: Recipe) -> None:
    if recipe.is_stocked and recipe.product_id is None:
        raise _invalid("is_stocked", "stocked_is_a_product", "Only a product is kept in stock, not a menu item.")


def _check_lines(products: Mapping[UUID, Product], lines: Sequence[NewRecipeLine]) -> None:
    for place, line in enumerate(lines):
        if line.product_id not in products:
            raise _invalid(f"lines.{place}.product_id", "unknown_product", "There is no such product.")
        units = product_units(products[line.product_id])
        check_convertible(units, line.quantity, line.unit, field=f"lines.{place}.unit")


def _check_dates(first: date, last: date | None) -> None:
    if last is not None and last < first:
        raise _invalid("effective_to", "before_start", "A recipe cannot end before it begins.")


def _line_rows(lines: Sequence[NewRecipeLine]) -> list[RecipeLine]:
    return [RecipeLine(position=place, **line.model_dump()) for place, line in enumerate(lines)]


def _refuse_cycle(session: Session, recipe: Recipe) -> None:
    """Look at every day from the recipe's first on which the set of recipes changes.

    Raises:
        RecipeCycle: the product would be made of itself on one of them.
    """
    if recipe.product_id is None:
        return
    # After the recipe's own last day, an older one may be in force again: every later day is looked at.
    changes = repository.days_of_change(session, recipe.effective_from)
    for day in (recipe.effective_from, *changes):
        edges: defaultdict[UUID, set[UUID]] = defaultdict(set)
        for line in repository.lines_on(session, day, ()):
            assert line.makes_product_id is not None
            edges[line.makes_product_id].add(line.product_id)
        path = find_cycle(edges, recipe.product_id)
        if path is not None:
            names = catalog.get_products(session, set(path))
            raise RecipeCycle([names[product_id].sku for product_id in path])


# ------------------------------------------------------------------ small things


def _given(body: NewMenuItem | NewRecipe, besides: Collection[str] = ()) -> dict[str, Any]:
    """The body's columns; an id that was not given is left to the database."""
    values = body.model_dump(exclude=set(besides))
    return {name: value for name, value in values.items() if name != "id" or value is not None}


def _invalid(field: str, code: str, detail: str) -> Invalid:
    return Invalid(detail, code=code, errors=(FieldProblem(field, code, detail),))


def _audit(
    session: Session, actor_id: UUID, action: str, subject_type: str, subject_id: UUID, **details: object
) -> None:
    record(session, actor_id=actor_id, action=action, subject_type=subject_type, subject_id=subject_id, details=details)
