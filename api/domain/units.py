"""Exact conversions between what was typed and a product's stock unit.

Factors are `Fraction`s; nothing is rounded until a quantity is stored, to six decimals.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
    """The product has no way from this unit to its stock unit; `missing` names the factor that would be one."""

    def __init__(self, unit: str, stock_unit: str) -> None:
        super().__init__(f"{unit!r} cannot be converted to {stock_unit!r} for this product")
        self.unit = unit
        self.stock_unit = stock_unit

    @property
    def missing(self) -> str:
        """The way out, as a sentence for people."""
        known, kept = UNITS.get(self.unit), UNITS.get(self.stock_unit)
        if known is None:
            return f"add a factor: how many {self.stock_unit} one {self.unit} is"
        ways = f"how many {self.stock_unit} one {self.unit} is"
        if kept is not None:
            ways += f" (any unit of {known.family} will do, in any unit of {kept.family})"
        return f"add a factor from {known.family} to {kept.family if kept else self.stock_unit}: {ways}"


class CircularUnits(ValueError):
    """Packs are told in terms of each other; `path` leads from a unit back to it."""

    def __init__(self, path: Sequence[str]) -> None:
        super().__init__(" → ".join(path))
        self.path = tuple(path)


@dataclass(frozen=True, slots=True)
class Link:
    """One `unit` is `factor` of another unit: a case is 12 packs, a trimmed kilogram is 100/88 of a raw one."""

    unit: str
    factor: Fraction
    of: str


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

    @classmethod
    def chained(cls, stock_unit: str, links: Sequence[Link]) -> ProductUnits:
        """From a chain such as case → pack → each → stock unit, told in any order; the factors are multiplied exactly.

        Raises:
            UnconvertibleUnit: a link ends in a unit that leads nowhere.
            CircularUnits: packs are told in terms of each other.
        """
        told = {link.unit: link for link in links}
        direct = tuple((link.unit, link.factor) for link in links if link.of == stock_unit)
        known = cls(stock_unit, tuple(sorted(direct)))
        for link in links:
            known = _with(known, told, link.unit, ())
        return known

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


def gross(net: Fraction, yield_share: Fraction) -> Fraction:
    """How much must be taken raw for `net` to remain after trimming; `yield_share` is what remains of one (0 < y ≤ 1).

    Raises:
        ValueError: the yield is not a share.
    """
    if not 0 < yield_share <= 1:
        message = f"a yield is more than 0 and at most 1, not {yield_share}"
        raise ValueError(message)
    return net / yield_share


def as_written(amount: Fraction, significant: int = 12) -> str:
    """A decimal in plain notation: exact where it ends within `significant` digits, else cut to so many.

    The digits count from the first that is not zero, so nothing but zero is written as zero.
    """
    context = Context(prec=significant, rounding=ROUND_HALF_EVEN)
    value = context.divide(Decimal(amount.numerator), Decimal(amount.denominator))
    text = format(value, "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def _with(known: ProductUnits, told: Mapping[str, Link], unit: str, path: tuple[str, ...]) -> ProductUnits:
    """The conversions with this unit's factor, and before it that of the unit it is told in."""
    if unit in path:
        raise CircularUnits((*path[path.index(unit) :], unit))
    if unit in dict(known.factors):
        return known
    link = told[unit]
    if link.of in told:
        known = _with(known, told, link.of, (*path, unit))
    own = (unit, link.factor * known.factor(link.of))
    return ProductUnits(known.stock_unit, tuple(sorted((*known.factors, own))))


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
