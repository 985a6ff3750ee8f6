"""From what was typed to the product's stock unit, refused by name where there is no way."""

from __future__ import annotations

from decimal import Context, Decimal

from api.catalog.models import Product
from api.catalog.service import product_units
from api.domain.units import UnconvertibleUnit
from api.inventory.errors import NothingToMove, TooMuch, UnitDoesNotFit

STEP = Decimal("0.000001")
LIMIT = Decimal(10) ** 12
"""What a balance or a value can hold."""
WIDE = Context(prec=80)


def in_stock_unit(
    product: Product, quantity: Decimal, unit: str, *, prefix: str = "", field: str = "quantity"
) -> Decimal:
    """The quantity in the product's stock unit, to six decimals; `prefix` leads to the fields (`lines.0.`),
    `field` is the quantity's.

    Raises:
        UnitDoesNotFit: the product has no way from this unit to its stock unit.
        NothingToMove, TooMuch: less than a millionth of the stock unit, or more than twelve digits of it.
    """
    try:
        converted = product_units(product).to_stock(quantity, unit)
    except UnconvertibleUnit as error:
        raise UnitDoesNotFit(f"{product.name}: {error}: {error.missing}.", f"{prefix}unit") from error
    if converted == 0:
        raise NothingToMove(f"{prefix}{field}")
    if converted >= LIMIT:
        raise TooMuch(f"{prefix}{field}")
    return converted


def worth(quantity: Decimal, unit_cost: Decimal, field: str = "quantity") -> Decimal:
    """What a quantity is worth at a cost per stock unit, to six decimals.

    Raises:
        TooMuch: more than twelve digits.
    """
    value = WIDE.multiply(quantity, unit_cost)
    if value >= LIMIT:
        raise TooMuch(field)
    return value.quantize(STEP, context=WIDE)
