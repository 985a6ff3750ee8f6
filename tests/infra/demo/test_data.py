"""The data files: every code can be scanned, everything sold can be made, everything used can be bought."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from api.domain.gtin import normalise_gtin
from api.domain.units import ProductUnits
from infra.demo import sales
from infra.demo.restaurant import AREAS, DATA, Restaurant

RESTAURANT = Restaurant()
FACTS = Path(__file__).parents[4] / "shared" / "data" / "food-catalog"


def units_of(ingredient) -> ProductUnits:
    """The service's own conversions of an ingredient."""
    return ProductUnits.of(ingredient.stock_unit, [(unit, size, 1) for unit, size in ingredient.units.items()])


def codes() -> list[dict[str, str]]:
    with (DATA / "codes.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


class TestCodes:
    def test_every_printed_code_has_its_check_digit_and_one_pack(self):
        keys = [normalise_gtin(row["code"]) for row in codes()]
        assert len(keys) == len(set(keys)) > 80

    def test_every_pack_can_be_converted(self):
        for code in RESTAURANT.codes:
            units = units_of(RESTAURANT.ingredients[code.sku])
            assert units.factor(code.pack_unit) > 0, code

    def test_every_bought_ingredient_has_a_code_of_the_house(self):
        assert {code.sku for code in RESTAURANT.codes if code.symbology == "code128"} == set(RESTAURANT.preferred)

    def test_codes_and_names_are_those_of_the_sources(self):
        if not FACTS.exists():
            pytest.skip("the food catalog is not beside the project")
        known = set()
        for name, column in (("uk-ingredients-ean.csv", "gtin13"), ("us-products-gtin.csv", "gtin14")):
            with (FACTS / name).open(encoding="utf-8") as file:
                known |= {(row[column].zfill(14), row["product_name"]) for row in csv.DictReader(file)}
        assert {(row["code"].zfill(14), row["product_name"]) for row in codes()} <= known


class TestIngredients:
    def test_stand_in_an_area_that_the_locations_have(self):
        assert {ingredient.area for ingredient in RESTAURANT.ingredients.values()} == set(AREAS)

    def test_are_bought_or_made_and_never_both(self):
        assert not RESTAURANT.preferred.keys() & RESTAURANT.made.keys()
        assert RESTAURANT.preferred.keys() | RESTAURANT.made.keys() == RESTAURANT.ingredients.keys()

    def test_have_one_preferred_supplier_that_exists(self):
        preferred = [offer.sku for offer in RESTAURANT.offers if offer.is_preferred]
        assert len(preferred) == len(set(preferred))
        assert {offer.supplier for offer in RESTAURANT.offers} == set(RESTAURANT.suppliers)

    def test_are_sold_in_packs_that_can_be_converted(self):
        for offer in RESTAURANT.offers:
            assert units_of(RESTAURANT.ingredients[offer.sku]).factor(offer.pack_unit) > 0, offer

    def test_the_demo_converts_as_the_service_does(self):
        for ingredient in RESTAURANT.ingredients.values():
            for unit in (*ingredient.units, "kg" if ingredient.stock_unit == "g" else ingredient.stock_unit):
                assert ingredient.factor(unit) == units_of(ingredient).factor(unit), (ingredient.sku, unit)


class TestRecipes:
    def test_every_pizza_and_size_that_was_sold_has_one(self):
        assert len(sales.menu()) == 91
        for name, size in sales.menu():
            assert len(RESTAURANT.pizza(name, size, 0)) >= 6, (name, size)

    def test_every_line_can_be_converted(self):
        pizzas = [RESTAURANT.pizza(name, size, week) for name, size in sales.menu() for week in (0, 52)]
        for lines in (*pizzas, *(made.lines for made in RESTAURANT.made.values())):
            for line in lines:
                assert units_of(RESTAURANT.ingredients[line.sku]).factor(line.unit) > 0, line
                assert 0 < line.yield_fraction <= 1

    def test_everything_bought_is_used(self):
        used = {sku for name, size in sales.menu() for sku in RESTAURANT.usage(name, size, 0)}
        assert used == set(RESTAURANT.preferred)

    def test_a_larger_pizza_takes_more_of_everything_but_its_box(self):
        small, large = (RESTAURANT.usage("pepperoni", size, 0) for size in ("S", "L"))
        assert all(large[sku] > small[sku] for sku in small if not sku.startswith("BOX"))

    def test_a_medium_margherita_s_dough_is_what_a_baker_would_weigh(self):
        """260 g of dough: 155 g flour, and about 4 g salt of which the sauce adds a little."""
        usage = RESTAURANT.usage("hawaiian", "M", 0)
        assert usage["FLOUR-00"] == pytest.approx(260 * 10 / 16.8)
        assert 3.5 < usage["SALT"] < 5

    def test_a_change_takes_effect_in_its_week(self):
        before, after = (RESTAURANT.usage("pepperoni", "M", week)["MOZZARELLA"] for week in (26, 27))
        assert (before, after) == (130, 122)
