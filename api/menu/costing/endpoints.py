"""`/api/menu-items/{id}/plate-cost`, `allergens` and `prices`, `/api/menu-costs`, `/api/products/{id}/menu-impact`."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.core.access import Principal, Requires
from api.core.creation import create_once
from api.core.database import DbSession
from api.core.pagination import Cursor, Limit, Page, cut, name_cursor
from api.core.types import NonNegativeMoney
from api.menu import prices, repository, service
from api.menu.books import day_book
from api.menu.costing import impact
from api.menu.costing import service as costing
from api.menu.costing.schemas import (
    AllergenAnswer,
    AllergenSource,
    Basis,
    MenuCostRow,
    MenuImpact,
    MenuItemAllergens,
    PlateCost,
)
from api.menu.costing.service import Question
from api.menu.errors import NoRecipe
from api.menu.schemas import MenuPriceAnswer, MenuPrices, NewMenuPrice, ProductBrief

router = APIRouter(prefix="/api", tags=["menu"])

Reader = Annotated[Principal, Requires("menu.read")]
Editor = Annotated[Principal, Requires("menu.edit")]
OnDay = Annotated[date | None, Query(description="Today, UTC, where none is given.")]
AtLocation = Annotated[UUID | None, Query(description="For its menu prices, its currency and its average costs.")]
Search = Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00]*$", description="Part of a name or code.")]
ByBasis = Annotated[Basis, Query(description="The preferred supplier's price of the day, or the location's average.")]


@router.get("/menu-items/{menu_item_id}/plate-cost")
def get_plate_cost(
    session: DbSession,
    principal: Reader,
    menu_item_id: UUID,
    on: OnDay = None,
    location_id: AtLocation = None,
    basis: ByBasis = "supplier_price",
) -> PlateCost:
    """What one portion costs on a day, and leaves of its price: sub-recipe by sub-recipe, ingredient by ingredient."""
    asked = _question(session, principal, on, location_id, basis)
    return costing.plate_cost(session, menu_item_id, asked)


@router.get("/menu-costs")
def list_menu_costs(
    session: DbSession,
    principal: Reader,
    on: OnDay = None,
    location_id: AtLocation = None,
    basis: ByBasis = "supplier_price",
    q: Search = None,
    category: Annotated[str | None, Query(max_length=100, pattern=r"^[^\x00]*$")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[MenuCostRow]:
    """The menu by the till's code, each item with its cost, margin and allergens on a day."""
    asked = _question(session, principal, on, location_id, basis)
    after = name_cursor(cursor)
    rows = repository.list_menu_items(session, q=q, category=category, is_active=True, after=after, limit=limit)
    page, following = cut(rows, limit, lambda item: (item.code, item.id))
    return Page(items=impact.menu_costs(session, page, asked), next_cursor=following)


@router.get("/products/{product_id}/menu-impact")
def get_menu_impact(
    session: DbSession,
    principal: Reader,
    product_id: UUID,
    price: Annotated[NonNegativeMoney, Query(description="Of the pack that the preferred supplier sells.")],
    on: OnDay = None,
    location_id: AtLocation = None,
) -> MenuImpact:
    """What the menu would cost, and leave, if a product's pack had another price."""
    asked = _question(session, principal, on, location_id, "supplier_price")
    return impact.menu_impact(session, product_id, price, asked)


@router.get("/menu-items/{menu_item_id}/allergens")
def get_allergens(session: DbSession, _: Reader, menu_item_id: UUID, on: OnDay = None) -> MenuItemAllergens:
    """What a menu item contains on a day, and which ingredient brings it."""
    item = service.get_menu_item(session, menu_item_id)
    day = on or datetime.now(UTC).date()
    book = day_book(session, day, [item.id])
    if item.id not in book.book.dishes:
        raise NoRecipe(f"{item.name} has no recipe that is valid on {day}.")
    allergens = [
        AllergenAnswer(
            allergen=allergen,
            sources=[
                AllergenSource(
                    product=ProductBrief.model_validate(book.products[product_id]),
                    path=[book.products[step].sku for step in path],
                )
                for product_id, path in sources.items()
            ],
        )
        for allergen, sources in costing.allergen_sources(book, item.id).items()
    ]
    return MenuItemAllergens(menu_item_id=item.id, on=day, allergens=allergens)


# ------------------------------------------------------------------ menu prices


@router.get("/menu-items/{menu_item_id}/prices")
def list_menu_prices(session: DbSession, principal: Reader, menu_item_id: UUID) -> MenuPrices:
    """What a menu item sold for, latest day first; other locations' own prices are not shown."""
    item = service.get_menu_item(session, menu_item_id)
    rows = prices.price_history(session, item.id, principal.locations("menu.read"))
    return MenuPrices(items=[MenuPriceAnswer.model_validate(row) for row in rows])


@router.post("/menu-items/{menu_item_id}/prices", status_code=201)
def add_menu_price(session: DbSession, principal: Editor, menu_item_id: UUID, body: NewMenuPrice) -> MenuPriceAnswer:
    """Note a price from a day on, past or to come; for one location, or for all that have none of their own."""
    if body.location_id is None:
        principal.must_everywhere("menu.edit")
    else:
        principal.must("menu.edit", body.location_id)
    return create_once(
        session,
        actor_id=principal.id,
        route=f"POST /api/menu-items/{menu_item_id}/prices",
        row_id=body.id,
        body=body,
        answer=MenuPriceAnswer,
        create=lambda: service.add_price(session, actor_id=principal.id, menu_item_id=menu_item_id, body=body),
    )


def _question(
    session: DbSession, principal: Principal, on: date | None, location_id: UUID | None, basis: Basis
) -> Question:
    if location_id is not None:
        principal.must("menu.read", location_id)
        if basis == "average_cost":
            principal.must("inventory.read", location_id)
    return costing.question(session, on or datetime.now(UTC).date(), location_id, basis)
