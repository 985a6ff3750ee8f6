"""Exact conversions between what was typed and a product's stock unit.

Factors are `Fraction`s; nothing is rounded until a quantity is stored, to six decimals.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache

STORED_STEP = Decimal("0.000001")
_WIDE = Context(prec=80)


class Family(StrEnum):
    """What a built-in unit measures."""

    WEIGHT = "weight"
    VOLUME = "volume"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class Unit:
    """A built-in unit: `factor` of it is in its family's base unit (g, ml, each)."""

    code: str
    family: Family
    factor: Fraction


_POUND = Fraction("453.59237")
_GALLON = Fraction("3785.411784")

UNITS: dict[str, Unit] = {
    unit.code: unit
    for unit in (
        Unit("mg", Family.WEIGHT, Fraction(1, 1000)),
        Unit("g", Family.WEIGHT, Fraction(1)),
        Unit("kg", Family.WEIGHT, Fraction(1000)),
        Unit("oz", Family.WEIGHT, _POUND / 16),
        Unit("lb", Family.WEIGHT, _POUND),
        Unit("ml", Family.VOLUME, Fraction(1)),
        Unit("cl", Family.VOLUME, Fraction(10)),
        Unit("l", Family.VOLUME, Fraction(1000)),
        Unit("fl_oz", Family.VOLUME, _GALLON / 128),
        Unit("gal", Family.VOLUME, _GALLON),
        Unit("each", Family.COUNT, Fraction(1)),
        Unit("dozen", Family.COUNT, Fraction(12)),
    )
}


class UnconvertibleUnit(ValueError):
    """The product has no way from this unit to its stock unit."""

    def __init__(self, unit: str, stock_unit: str) -> None:
        super().__init__(f"{unit!r} cannot be converted to {stock_unit!r} for this product")
        self.unit = unit
        self.stock_unit = stock_unit


@dataclass(frozen=True, slots=True)
class ProductUnits:
    """A product's stock unit and its own factors: one `unit` is `factor` stock units.

    A factor for a built-in unit of another family (one `each` is 180 g) also carries the rest of that family.
    """

    stock_unit: str
    factors: tuple[tuple[str, Fraction], ...] = ()

    @classmethod
    def of(cls, stock_unit: str, factors: Iterable[tuple[str, int, int]] = ()) -> ProductUnits:
        """From rows of (unit, numerator, denominator)."""
        return cls(stock_unit, tuple(sorted((unit, Fraction(top, bottom)) for unit, top, bottom in factors)))

    def factor(self, unit: str) -> Fraction:
        """How many stock units one `unit` is.

        Raises:
            UnconvertibleUnit: there is no path.
        """
        return _factor(self, unit)

    def convert(self, quantity: Fraction, unit: str, into: str) -> Fraction:
        """The same amount in another unit, exactly.

        Raises:
            UnconvertibleUnit: one of the two has no path to the stock unit.
        """
        return quantity * self.factor(unit) / self.factor(into)

    def to_stock(self, quantity: Decimal, unit: str) -> Decimal:
        """The quantity in the stock unit, rounded once, half to even, to the six decimals that are stored.

        Raises:
            UnconvertibleUnit: there is no path.
        """
        if unit == self.stock_unit and quantity == quantity.quantize(STORED_STEP, context=_WIDE):
            return quantity
        return as_stored(Fraction(quantity) * self.factor(unit))


def as_stored(amount: Fraction) -> Decimal:
    """A decimal with at most six places, without trailing zeros in its plain notation."""
    exact = _WIDE.divide(Decimal(amount.numerator), Decimal(amount.denominator))
    rounded = exact.quantize(STORED_STEP, rounding=ROUND_HALF_EVEN, context=_WIDE)
    return rounded.normalize(_WIDE) + 0 if rounded else Decimal(0)


@lru_cache(maxsize=4096)
def _factor(product: ProductUnits, unit: str) -> Fraction:
    if unit == product.stock_unit:
        return Fraction(1)
    own = dict(product.factors)
    if unit in own:
        return own[unit]
    wanted = UNITS.get(unit)
    bridges = {product.stock_unit: Fraction(1), **own}
    for bridge, factor in bridges.items():
        known = UNITS.get(bridge)
        if wanted is not None and known is not None and known.family is wanted.family:
            return wanted.factor / known.factor * factor
    raise UnconvertibleUnit(unit, product.stock_unit)
