"""Exact conversions, as worked examples and along random paths."""

from __future__ import annotations

import itertools
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.domain.units import UNITS, ProductUnits, UnconvertibleUnit, as_stored

EGGS = ProductUnits.of("each", [("g", 1, 58), ("tray", 30, 1), ("case", 360, 1)])
OIL = ProductUnits.of("ml", [("g", 100, 92), ("bottle", 750, 1)])


class TestToStock:
    @pytest.mark.parametrize(
        ("product", "quantity", "unit", "expected"),
        [
            (EGGS, "2", "case", "720"),
            (EGGS, "1.5", "tray", "45"),
            (EGGS, "1.16", "kg", "20"),
            (OIL, "6", "bottle", "4500"),
            (OIL, "1", "kg", "1086.956522"),
            (OIL, "2", "l", "2000"),
            (ProductUnits("g"), "1", "lb", "453.59237"),
            (ProductUnits("g"), "16", "oz", "453.59237"),
            (ProductUnits("each"), "2", "dozen", "24"),
        ],
    )
    def test_what_was_typed_becomes_the_stock_unit(self, product, quantity, unit, expected):
        assert product.to_stock(Decimal(quantity), unit) == Decimal(expected)

    def test_there_is_no_way_from_volume_to_weight_without_a_factor(self):
        with pytest.raises(UnconvertibleUnit, match="'l' cannot be converted to 'g'"):
            ProductUnits("g").to_stock(Decimal(1), "l")

    def test_more_than_six_decimals_are_rounded_once_half_to_even(self):
        assert ProductUnits("g").to_stock(Decimal("0.0000005"), "g") == 0
        assert ProductUnits("g").to_stock(Decimal("0.0000015"), "g") == Decimal("0.000002")

    def test_twelve_digits_stay_exact(self):
        assert ProductUnits("g").to_stock(Decimal("999999999.999999"), "kg") == Decimal("999999999999.999")


factors = st.tuples(st.integers(1, 10**6), st.integers(1, 10**6))
quantities = st.fractions(min_value=Fraction(1, 10**6), max_value=10**6)


@st.composite
def products_with_a_path(draw):
    """A product with packs and an equivalence of another family, and a walk over its units that ends where it began."""
    stock_unit = draw(st.sampled_from(sorted(UNITS)))
    packs = [(f"pack{n}", *draw(factors)) for n in range(draw(st.integers(0, 4)))]
    bridge = draw(st.sampled_from([unit for unit in sorted(UNITS) if UNITS[unit].family != UNITS[stock_unit].family]))
    product = ProductUnits.of(stock_unit, [*packs, (bridge, *draw(factors))])
    families = {UNITS[stock_unit].family, UNITS[bridge].family}
    reachable = [unit for unit in sorted(UNITS) if UNITS[unit].family in families] + [pack[0] for pack in packs]
    walk = draw(st.lists(st.sampled_from(reachable), min_size=1, max_size=8))
    return product, [*walk, walk[0]]


class TestConvert:
    @given(products_with_a_path(), quantities)
    def test_along_any_path_and_back_it_is_the_very_same_number(self, product_and_walk, quantity):
        product, walk = product_and_walk
        amount = quantity
        for unit, into in itertools.pairwise(walk):
            amount = product.convert(amount, unit, into)
        assert amount == quantity

    @given(st.decimals(min_value=0, max_value=10**12, places=6, allow_nan=False, allow_infinity=False))
    def test_what_is_stored_already_stays_as_it_is(self, quantity):
        assert as_stored(Fraction(quantity)) == quantity
