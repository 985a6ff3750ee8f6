"""`/api/menu-items`, `/api/recipes` and `/api/depletions`."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.core.access import Principal, Requires
from api.core.creation import create_once
from api.core.database import DbSession
from api.core.errors import Invalid
from api.core.pagination import Cursor, Limit, Page, cut, decode_cursor, name_cursor
from api.core.preconditions import ExpectedVersion
from api.menu import depletion, repository, service
from api.menu.models import Depletion, MenuItem, Recipe
from api.menu.schemas import (
    DepletionAnswer,
    DepletionRow,
    MenuItemAnswer,
    MenuItemChange,
    NewDepletion,
    NewMenuItem,
    NewRecipe,
    RecipeAnswer,
    RecipeChange,
    UnmappedCodes,
)

router = APIRouter(prefix="/api", tags=["menu"])

Reader = Annotated[Principal, Requires("menu.read")]
Editor = Annotated[Principal, Requires("menu.edit")]
Depleter = Annotated[Principal, Requires("inventory.deplete")]
Search = Annotated[str | None, Query(max_length=200, description="Part of a name or code.")]


@router.get("/menu-items")
def list_menu_items(
    session: DbSession,
    _: Reader,
    q: Search = None,
    category: Annotated[str | None, Query(max_length=100)] = None,
    is_active: bool | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[MenuItemAnswer]:
    """Menu items by the till's code."""
    after = name_cursor(cursor)
    rows = repository.list_menu_items(session, q=q, category=category, is_active=is_active, after=after, limit=limit)
    page, following = cut(rows, limit, _item_key)
    return Page(items=[MenuItemAnswer.model_validate(row) for row in page], next_cursor=following)


def _item_key(item: MenuItem) -> tuple[str, UUID]:
    return item.code, item.id


@router.post("/menu-items", status_code=201)
def create_menu_item(session: DbSession, principal: Editor, body: NewMenuItem) -> MenuItemAnswer:
    """Put something on the menu."""
    return create_once(
        session,
        actor_id=principal.id,
        route="POST /api/menu-items",
        row_id=body.id,
        body=body,
        answer=MenuItemAnswer,
        create=lambda: service.create_menu_item(session, actor_id=principal.id, body=body),
    )


@router.get("/menu-items/{menu_item_id}")
def get_menu_item(session: DbSession, _: Reader, menu_item_id: UUID) -> MenuItemAnswer:
    """One menu item."""
    return MenuItemAnswer.model_validate(service.get_menu_item(session, menu_item_id))


@router.patch("/menu-items/{menu_item_id}")
def change_menu_item(
    session: DbSession, principal: Editor, menu_item_id: UUID, version: ExpectedVersion, body: MenuItemChange
) -> MenuItemAnswer:
    """Edit a menu item."""
    item = service.change_menu_item(
        session, actor_id=principal.id, menu_item_id=menu_item_id, version=version, body=body
    )
    return MenuItemAnswer.model_validate(item)


# ------------------------------------------------------------------ recipes


@router.get("/recipes")
def list_recipes(
    session: DbSession,
    _: Reader,
    menu_item_id: UUID | None = None,
    product_id: UUID | None = None,
    on: date | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[RecipeAnswer]:
    """Recipes with their lines; `on` leaves those that are valid on a day."""
    rows = repository.list_recipes(
        session, menu_item_id=menu_item_id, product_id=product_id, on=on, after=_id_cursor(cursor), limit=limit
    )
    page, following = cut(rows, limit, _recipe_key)
    return Page(items=service.answers(session, page), next_cursor=following)


def _recipe_key(recipe: Recipe) -> tuple[str, UUID]:
    return "", recipe.id


def _id_cursor(cursor: str | None) -> UUID | None:
    key = name_cursor(cursor)
    return key[1] if key else None


@router.post("/recipes", status_code=201)
def create_recipe(session: DbSession, principal: Editor, body: NewRecipe) -> RecipeAnswer:
    """Write down how a menu item, or a product made in the kitchen, is made from a day on."""
    return create_once(
        session,
        actor_id=principal.id,
        route="POST /api/recipes",
        row_id=body.id,
        body=body,
        answer=RecipeAnswer,
        create=lambda: service.create_recipe(session, actor_id=principal.id, body=body),
    )


@router.get("/recipes/{recipe_id}")
def get_recipe(session: DbSession, _: Reader, recipe_id: UUID) -> RecipeAnswer:
    """One recipe."""
    return service.get_recipe(session, recipe_id)


@router.patch("/recipes/{recipe_id}")
def change_recipe(
    session: DbSession, principal: Editor, recipe_id: UUID, version: ExpectedVersion, body: RecipeChange
) -> RecipeAnswer:
    """Correct a recipe."""
    return service.change_recipe(session, actor_id=principal.id, recipe_id=recipe_id, version=version, body=body)


# ------------------------------------------------------------------ depletions


@router.post("/depletions")
def deplete(session: DbSession, principal: Depleter, body: NewDepletion) -> DepletionAnswer:
    """Take a business day's sales from stock; the same sales again change nothing, others replace them."""
    principal.must("inventory.deplete", body.location_id)
    return depletion.deplete(session, actor_id=principal.id, body=body)


@router.get("/depletions")
def list_depletions(
    session: DbSession,
    principal: Annotated[Principal, Requires("inventory.read")],
    location_id: UUID | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[DepletionRow]:
    """Which days' sales were taken from stock, latest first, every revision."""
    if location_id is not None:
        principal.must("inventory.read", location_id)
    visible = principal.locations("inventory.read")
    rows = repository.list_depletions(
        session, visible=visible, location_id=location_id, after=_day_cursor(cursor), limit=limit
    )
    page, following = cut(rows, limit, _day_key)
    return Page(items=[DepletionRow.model_validate(row) for row in page], next_cursor=following)


@router.get("/depletions/unmapped")
def list_unmapped(
    session: DbSession,
    principal: Annotated[Principal, Requires("inventory.read")],
    location_id: UUID | None = None,
    since: date | None = None,
) -> UnmappedCodes:
    """What was sold but not, or not wholly, taken from stock, and why; `since` is a business day."""
    if location_id is not None:
        principal.must("inventory.read", location_id)
    visible = principal.locations("inventory.read")
    rows = depletion.unmapped_sales(session, visible=visible, location_id=location_id, since=since)
    return UnmappedCodes(items=rows)


def _day_key(row: Depletion) -> tuple[date, UUID, int]:
    return row.business_day, row.location_id, row.revision


def _day_cursor(cursor: str | None) -> tuple[date, UUID, int] | None:
    if cursor is None:
        return None
    day, location_id, revision = decode_cursor(cursor, 3)
    try:
        return date.fromisoformat(day), UUID(location_id), int(revision)
    except (ValueError, TypeError, AttributeError) as error:
        raise Invalid("The cursor is not one of this list's.", code="bad_cursor") from error
