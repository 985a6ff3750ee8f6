"""From what was typed to the product's stock unit, refused by name where there is no way."""

from __future__ import annotations

from decimal import Decimal

from api.catalog.models import Product
from api.catalog.service import product_units
from api.domain.units import UnconvertibleUnit
from api.inventory.errors import NothingToMove, UnitDoesNotFit

STEP = Decimal("0.000001")


def in_stock_unit(product: Product, quantity: Decimal, unit: str, *, prefix: str = "") -> Decimal:
    """The quantity in the product's stock unit, to six decimals; `prefix` leads to the fields (`lines.0.`).

    Raises:
        UnitDoesNotFit: the product has no way from this unit to its stock unit.
        NothingToMove: less than a millionth of the stock unit.
    """
    try:
        converted = product_units(product).to_stock(quantity, unit)
    except UnconvertibleUnit as error:
        raise UnitDoesNotFit(f"{product.name}: {error}: {error.missing}.", f"{prefix}unit") from error
    if converted == 0:
        raise NothingToMove(f"{prefix}quantity")
    return converted
