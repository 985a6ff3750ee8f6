"""Exact conversions, as worked examples and along random paths."""

from __future__ import annotations

import itertools
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.domain.units import (
    UNITS,
    CircularUnits,
    Link,
    ProductUnits,
    UnconvertibleUnit,
    as_stored,
    as_written,
    gross,
)

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


@st.composite
def chained_products(draw):
    """A chain of packs, each told in the one below, one of them what remains after trimming, and a walk over them."""
    stock_unit = draw(st.sampled_from(["g", "ml", "each"]))
    chain = [stock_unit, *(f"pack{n}" for n in range(draw(st.integers(1, 6))))]
    links = [Link(unit, Fraction(*draw(factors)), of) for of, unit in itertools.pairwise(chain)]
    share = draw(st.fractions(min_value=Fraction(1, 100), max_value=1))
    links.append(Link("trimmed", gross(Fraction(1), share), draw(st.sampled_from(chain))))
    walk = draw(st.lists(st.sampled_from([*chain, "trimmed"]), min_size=1, max_size=8))
    return ProductUnits.chained(stock_unit, draw(st.permutations(links))), [*walk, walk[0]]


class TestChain:
    def test_a_case_is_packs_are_eggs_are_grams(self):
        """1 case = 12 packs = 12 × 6 eggs = 72 × 58 g = 4176 g, told from the top down."""
        links = [
            Link("case", Fraction(12), "pack"),
            Link("pack", Fraction(6), "each"),
            Link("each", Fraction(58), "g"),
        ]
        assert ProductUnits.chained("g", links).to_stock(Decimal(1), "case") == 4176

    def test_a_link_may_be_told_in_any_unit_of_the_stock_unit_s_family(self):
        assert ProductUnits.chained("g", [Link("sack", Fraction(25), "kg")]).factor("sack") == 25_000

    def test_a_trimmed_kilogram_takes_more_of_a_raw_one(self):
        """Onions yield 88 %: 2.2 kg trimmed take 2.2 ÷ 0.88 = 2.5 kg raw, exactly."""
        onions = ProductUnits.chained("g", [Link("kg_trimmed", gross(Fraction(1), Fraction(88, 100)), "kg")])
        assert onions.to_stock(Decimal("2.2"), "kg_trimmed") == 2500

    def test_a_ring_is_refused_with_its_path(self):
        links = [Link("case", Fraction(12), "pack"), Link("pack", Fraction(1, 12), "case")]
        with pytest.raises(CircularUnits, match="case → pack → case"):
            ProductUnits.chained("g", links)

    def test_a_link_to_nowhere_names_the_missing_factor(self):
        with pytest.raises(UnconvertibleUnit) as refused:
            ProductUnits.chained("g", [Link("case", Fraction(12), "pack")])
        assert refused.value.missing == "add a factor: how many g one pack is"

    @given(chained_products(), quantities)
    def test_along_any_path_and_back_it_is_the_very_same_number(self, product_and_walk, quantity):
        product, walk = product_and_walk
        amount = quantity
        for unit, into in itertools.pairwise(walk):
            amount = product.convert(amount, unit, into)
        assert amount == quantity

    @pytest.mark.parametrize("share", [Fraction(0), Fraction(-1), Fraction(101, 100)])
    def test_a_yield_is_a_share(self, share):
        with pytest.raises(ValueError, match="a yield is more than 0"):
            gross(Fraction(1), share)


class TestMissing:
    @pytest.mark.parametrize(
        ("unit", "stock_unit", "way_out"),
        [
            ("l", "g", "from volume to weight: how many g one l is"),
            ("each", "ml", "from count to volume"),
            ("case", "g", "how many g one case is"),
        ],
    )
    def test_the_refusal_names_the_way_out(self, unit, stock_unit, way_out):
        with pytest.raises(UnconvertibleUnit) as refused:
            ProductUnits(stock_unit).factor(unit)
        assert way_out in refused.value.missing


class TestAsWritten:
    @pytest.mark.parametrize(
        ("amount", "text"),
        [
            (Fraction(0), "0"),
            (Fraction("1.20") / 100_000, "0.000012"),
            (Fraction(1, 300), "0.00333333333333"),
            (Fraction(1, 10**9), "0.000000001"),
            (Fraction(125), "125"),
            (Fraction(10**15, 7), "142857142857000"),
        ],
    )
    def test_nothing_but_zero_is_written_as_zero(self, amount, text):
        assert as_written(amount) == text


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
