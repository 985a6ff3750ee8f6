"""What one stock unit of an ingredient costs on a day: by the supplier's price, or by the location's average."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fractions import Fraction
from uuid import UUID

from sqlalchemy.orm import Session

from api.catalog.models import Location
from api.domain.business_day import business_day, day_bounds
from api.domain.units import ProductUnits, UnconvertibleUnit
from api.ledger.costs import average_costs
from api.menu.costing.schemas import Basis, Reason
from api.menu.errors import MixedCurrencies
from api.suppliers.repository import PackPrice
from api.suppliers.service import prices_on


@dataclass(frozen=True, slots=True)
class UnitCost:
    """The cost of one stock unit, exactly, or why it is not known."""

    amount: Fraction | None
    is_first_known: bool = False
    missing: Reason | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class UnitCosts:
    """Costs by product, all in one currency (None where nothing is known)."""

    currency: str | None
    by_product: Mapping[UUID, UnitCost]


def unit_costs(
    session: Session, basis: Basis, location: Location | None, units: Mapping[UUID, ProductUnits], on: date
) -> UnitCosts:
    """The cost of each of these products on a day.

    Raises:
        MixedCurrencies: they are bought in several currencies, and no location says which one counts.
    """
    if basis == "average_cost" and location is not None:
        return _averages(session, location, units, on)
    return _supplier_prices(session, location, units, on)


def _averages(session: Session, location: Location, products: Collection[UUID], on: date) -> UnitCosts:
    today = business_day(datetime.now(UTC), location.time_zone, location.day_cutoff)
    before = None if on >= today else day_bounds(on, location.time_zone, location.day_cutoff)[1]
    costs = average_costs(session, location.id, products, before=before)
    nothing = UnitCost(None, missing="no_cost", detail=f"{location.code} has had none of it with a value up to {on}.")
    known = {key: UnitCost(Fraction(costs[key])) if key in costs else nothing for key in products}
    return UnitCosts(location.currency, known)


def _supplier_prices(
    session: Session, location: Location | None, units: Mapping[UUID, ProductUnits], on: date
) -> UnitCosts:
    prices = prices_on(session, units.keys(), on)
    currencies = {price.currency for price in prices.values()}
    if location is None and len(currencies) > 1:
        raise MixedCurrencies(currencies=sorted(currencies))
    currency = min(currencies, default=None) if location is None else location.currency
    known = {key: _priced(prices.get(key), factors, currency) for key, factors in units.items()}
    return UnitCosts(currency, known)


def _priced(price: PackPrice | None, units: ProductUnits, currency: str | None) -> UnitCost:
    if price is None:
        return UnitCost(None, missing="no_price", detail="No supplier has a price for it.")
    if price.currency != currency:
        return UnitCost(None, missing="other_currency", detail=f"It is bought in {price.currency}, not in {currency}.")
    try:
        return UnitCost(per_stock_unit(price, Fraction(price.price), units), price.is_first_known)
    except UnconvertibleUnit as error:
        detail = f"It is sold in packs of {price.pack_unit}: {error}."
        return UnitCost(None, missing="unconvertible_pack", detail=detail)


def per_stock_unit(price: PackPrice, amount: Fraction, units: ProductUnits) -> Fraction:
    """What a stock unit costs when the pack costs `amount`.

    Raises:
        UnconvertibleUnit: the product does not know the pack's unit.
    """
    return amount / (Fraction(price.pack_quantity) * units.factor(price.pack_unit))
