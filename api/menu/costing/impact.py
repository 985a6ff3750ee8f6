"""The whole menu at once: every item's figures, and what another price of one ingredient would change."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from sqlalchemy.orm import Session

from api.catalog.models import Product
from api.catalog.service import check_convertible, get_product, product_units
from api.domain.units import as_stored
from api.menu import repository
from api.menu.books import day_book
from api.menu.costing.costs import per_stock_unit
from api.menu.costing.schemas import ImpactRow, MenuCostRow, MenuImpact, PackReference
from api.menu.costing.service import Costing, Question, allergen_sources, cost_items, percent
from api.menu.errors import MixedCurrencies, NoKnownPrice
from api.menu.models import MenuItem
from api.menu.prices import NO_PRICE
from api.menu.schemas import ProductBrief
from api.suppliers.service import prices_on


def menu_costs(session: Session, items: Sequence[MenuItem], asked: Question) -> list[MenuCostRow]:
    """The figures of these items; one without a recipe that day has none.

    Raises:
        MixedCurrencies: their ingredients are bought in several currencies, and no location says which one counts.
    """
    costing = cost_items(session, asked, [item.id for item in items])
    return [_row(costing, item) for item in items]


def _row(costing: Costing, item: MenuItem) -> MenuCostRow:
    has_recipe = item.id in costing.plates
    return MenuCostRow(
        **costing.figures(item.id),
        code=item.code,
        name=item.name,
        category=item.category,
        has_recipe=has_recipe,
        missing=costing.missing(item.id) if has_recipe else [],
        allergens=list(allergen_sources(costing.day, item.id)),
    )


def menu_impact(session: Session, product_id: UUID, pack_price: Decimal, asked: Question) -> MenuImpact:
    """What the active menu would cost if the preferred supplier's pack cost `pack_price` on the day asked for.

    Raises:
        ProductNotFound, NoKnownPrice, MixedCurrencies: see their names.
        Invalid: the pack's unit cannot be converted.
    """
    product = get_product(session, product_id)
    price = prices_on(session, [product.id], asked.on).get(product.id)
    if price is None:
        raise NoKnownPrice(f"No supplier has a price for {product.name}: there is no pack that could cost more.")
    if asked.location is not None and price.currency != asked.location.currency:
        raise MixedCurrencies(currencies=sorted([price.currency, asked.location.currency]))
    units = product_units(product)
    check_convertible(units, price.pack_quantity, price.pack_unit, field="product_id")
    before, after = (per_stock_unit(price, Fraction(each), units) for each in (price.price, pack_price))
    touched = _items_with(session, product, asked)
    costing = cost_items(session, asked, [item.id for item in touched])
    rows = [_impact(costing, item, product, after - before) for item in touched]
    return MenuImpact(
        product=ProductBrief.model_validate(product),
        on=asked.on,
        location_id=None if asked.location is None else asked.location.id,
        currency=price.currency,
        pack=PackReference(quantity=price.pack_quantity, unit=price.pack_unit),
        price_before=price.price,
        price_after=pack_price,
        unit=product.stock_unit,
        unit_cost_before=as_stored(before),
        unit_cost_after=as_stored(after),
        items=sorted(rows, key=lambda row: (-abs(row.cost_change), row.code)),
    )


def _items_with(session: Session, product: Product, asked: Question) -> list[MenuItem]:
    """What is on the menu that day and takes the product, in its recipe or in a sub-recipe."""
    items = repository.active_menu_items(session)
    book = day_book(session, asked.on, [item.id for item in items]).book
    return [item for item in items if product.id in (book.plate(item.id) or ())]


def _impact(costing: Costing, item: MenuItem, product: Product, difference: Fraction) -> ImpactRow:
    quantity = costing.plates[item.id][product.id]
    is_complete = not costing.missing(item.id)
    change = as_stored(quantity * difference)
    before = costing.total(item.id) if is_complete else None
    after = None if before is None else before + change
    price = costing.prices.get(item.id, NO_PRICE).price
    return ImpactRow(
        menu_item_id=item.id,
        code=item.code,
        name=item.name,
        quantity=as_stored(quantity),
        cost_change=change,
        cost_before=before,
        cost_after=after,
        price=price,
        margin_before=_margin(price, before),
        margin_after=_margin(price, after),
        food_cost_percent_before=None if before is None else percent(before, price),
        food_cost_percent_after=None if after is None else percent(after, price),
    )


def _margin(price: Decimal | None, cost: Decimal | None) -> Decimal | None:
    return None if price is None or cost is None else price - cost
