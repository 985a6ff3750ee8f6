"""Recipes exploded exactly, without a database."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.domain.ids import uuid7
from api.menu.explosion import CycleFound, RecipeBook, find_cycle, theoretical_usage

FLOUR, WATER, DOUGH, SAUCE, PIZZA, CALZONE = (uuid7() for _ in range(6))


class TestPlate:
    def test_explodes_a_sub_recipe_of_a_sub_recipe(self):
        made = {DOUGH: {FLOUR: Fraction(3, 5), SAUCE: Fraction(1, 10)}, SAUCE: {WATER: Fraction(1, 2)}}
        book = RecipeBook({PIZZA: {DOUGH: Fraction(250), WATER: Fraction(10)}}, made)
        assert book.plate(PIZZA) == {FLOUR: 150, WATER: Fraction(10) + Fraction(25, 2)}

    def test_has_no_plate_without_a_recipe(self):
        assert RecipeBook({}, {}).plate(PIZZA) is None

    def test_stops_at_a_cycle_and_names_it(self):
        made = {DOUGH: {SAUCE: Fraction(1)}, SAUCE: {DOUGH: Fraction(1)}}
        with pytest.raises(CycleFound) as raised:
            RecipeBook({PIZZA: {DOUGH: Fraction(1)}}, made).plate(PIZZA)
        assert raised.value.path == (DOUGH, SAUCE, DOUGH)


class TestTheoreticalUsage:
    @given(st.integers(0, 500), st.integers(0, 500), st.fractions(min_value=0, max_value=1000, max_denominator=97))
    def test_is_linear_in_what_was_sold(self, pizzas, calzones, grams):
        book = RecipeBook({PIZZA: {DOUGH: Fraction(7, 3)}, CALZONE: {DOUGH: grams}}, {DOUGH: {FLOUR: Fraction(2, 3)}})
        usage = theoretical_usage(book, {PIZZA: Fraction(pizzas), CALZONE: Fraction(calzones)})
        assert usage.get(FLOUR, 0) == pizzas * Fraction(14, 9) + calzones * grams * Fraction(2, 3)


class TestFindCycle:
    def test_gives_the_way_round(self):
        assert find_cycle({"a": ["b", "x"], "b": ["c"], "c": ["a"]}, "a") == ("a", "b", "c", "a")

    def test_a_shared_ingredient_is_no_cycle(self):
        assert find_cycle({"a": ["b", "c"], "b": ["d"], "c": ["d"]}, "a") is None

    def test_a_product_made_of_itself_is_one(self):
        assert find_cycle({"a": ["a"]}, "a") == ("a", "a")
