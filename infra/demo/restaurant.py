"""The demo restaurant as its data files tell it: ingredients, codes, suppliers, packs, prices, recipes. Pure."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

DATA = Path(__file__).parent / "data"
TIME_ZONE = "America/New_York"
CURRENCY = "USD"
AREAS = ("Walk-in", "Freezer", "Dry store", "Line")
LOCATIONS = {"RIV": "Riverside", "HAR": "Harbour", "HIL": "Hillside"}
WEIGHTS = {"g": 1, "kg": 1000}
VOLUMES = {"ml": 1, "l": 1000}
FAMILIES: tuple[Mapping[str, int], ...] = (WEIGHTS, VOLUMES, {"each": 1})


@dataclass(frozen=True)
class Ingredient:
    """A product and where it is kept; `units` are in stock units."""

    sku: str
    name: str
    category: str
    stock_unit: str
    area: str
    allergens: tuple[str, ...]
    shelf_life_days: int | None
    units: Mapping[str, int]

    def factor(self, unit: str) -> Fraction:
        """How many stock units one unit is.

        Raises:
            KeyError: the unit cannot be converted for this ingredient.
        """
        family = next(family for family in FAMILIES if self.stock_unit in family)
        sizes = {**family, **self.units}
        return Fraction(sizes[unit], family[self.stock_unit])


@dataclass(frozen=True)
class Code:
    """A code on a pack of an ingredient."""

    sku: str
    code: str
    symbology: str
    pack_quantity: str
    pack_unit: str


@dataclass(frozen=True)
class Offer:
    """How a supplier sells an ingredient; `changes` are (week of the year of sales, new price)."""

    supplier: str
    sku: str
    supplier_sku: str
    pack_name: str
    pack_quantity: str
    pack_unit: str
    price: Decimal
    changes: tuple[tuple[int, Decimal], ...]
    is_preferred: bool

    def price_in(self, week: int) -> Decimal:
        """The price per pack in a week."""
        return next((price for since, price in reversed(self.changes) if since <= week), self.price)


@dataclass(frozen=True)
class Line:
    """An ingredient of a recipe: what the plate carries, and which share of the raw ingredient that is."""

    sku: str
    quantity: Decimal
    unit: str
    yield_fraction: Decimal = Decimal(1)


@dataclass(frozen=True)
class Made:
    """Something made in the kitchen out of other ingredients."""

    sku: str
    quantity: str
    unit: str
    lines: tuple[Line, ...]


class Restaurant:
    """Everything the data files say."""

    @cached_property
    def ingredients(self) -> dict[str, Ingredient]:
        """By SKU."""
        return {row["sku"]: _ingredient(row) for row in _rows("ingredients.csv")}

    @cached_property
    def codes(self) -> list[Code]:
        """Printed codes, and a code of the house for every ingredient that is bought."""
        printed = [
            Code(row["sku"], row["code"], "ean13", row["pack_quantity"], row["pack_unit"]) for row in _rows("codes.csv")
        ]
        house = [
            Code(offer.sku, f"RIV-{offer.sku}", "code128", offer.pack_quantity, offer.pack_unit)
            for offer in self.preferred.values()
        ]
        return printed + house

    @cached_property
    def suppliers(self) -> dict[str, dict[str, Any]]:
        """By code."""
        rows: list[dict[str, Any]] = yaml.safe_load((DATA / "suppliers.yaml").read_text(encoding="utf-8"))
        return {row["code"]: row for row in rows}

    @cached_property
    def offers(self) -> list[Offer]:
        """Who sells what."""
        return [_offer(row) for row in _rows("supplier_products.csv")]

    @cached_property
    def preferred(self) -> dict[str, Offer]:
        """The first choice of each ingredient that is bought, by SKU."""
        return {offer.sku: offer for offer in self.offers if offer.is_preferred}

    @cached_property
    def _recipes(self) -> dict[str, Any]:
        recipes: dict[str, Any] = yaml.safe_load((DATA / "recipes.yaml").read_text(encoding="utf-8"))
        return recipes

    @cached_property
    def titles(self) -> dict[str, str]:
        """What the pizzas are called, by their name in the sales."""
        return {name: pizza["title"] for name, pizza in self._recipes["pizzas"].items()}

    @cached_property
    def made(self) -> dict[str, Made]:
        """What the kitchen makes ahead, by SKU."""
        return {
            sku: Made(
                sku,
                recipe["makes"]["quantity"],
                recipe["makes"]["unit"],
                tuple(self._line(part, *str(amount).split(" ", 1)) for part, amount in recipe["of"].items()),
            )
            for sku, recipe in self._recipes["made"].items()
        }

    def changes(self, pizza: str) -> list[int]:
        """The weeks from whose Monday on a pizza is made otherwise."""
        return [change["week"] for change in self._recipes["changes"] if change["pizza"] == pizza]

    def pizza(self, name: str, size: str, week: int) -> tuple[Line, ...]:
        """What goes on a pizza of a size in a week, with its box."""
        recipe = self._recipes["pizzas"][name]
        toppings = dict(recipe["toppings"])
        for change in self._recipes["changes"]:
            if change["pizza"] == name and change["week"] <= week:
                toppings |= change["toppings"]
        medium = {**self._recipes["every_pizza"], **self._recipes["bases"][recipe["base"]]}
        for sku, quantity in toppings.items():
            medium[sku] = medium.get(sku, 0) + quantity
        share = Decimal(str(self._recipes["sizes"][size]))
        lines = [
            self._line(sku, str(max(1, round(quantity * share))), self.ingredients[sku].stock_unit)
            for sku, quantity in medium.items()
        ]
        return (*lines, Line(f"BOX-{size}", Decimal(1), "each"))

    def _line(self, sku: str, quantity: str, unit: str) -> Line:
        return Line(sku, Decimal(quantity), unit, Decimal(str(self._recipes["preparation"].get(sku, 1))))

    def usage(self, name: str, size: str, week: int) -> dict[str, float]:
        """What one pizza takes of bought ingredients, in stock units: for sizing orders, so floats do."""
        key = (name, size, sum(change <= week for change in self.changes(name)))
        if key not in self._usages:
            self._usages[key] = self._exploded(self.pizza(name, size, week))
        return self._usages[key]

    @cached_property
    def _usages(self) -> dict[tuple[str, str, int], dict[str, float]]:
        return {}

    def _exploded(self, lines: tuple[Line, ...]) -> dict[str, float]:
        total: defaultdict[str, float] = defaultdict(float)
        for line in lines:
            gross = float(line.quantity * int(self.ingredients[line.sku].factor(line.unit))) / float(
                line.yield_fraction
            )
            made = self.made.get(line.sku)
            if made is None:
                total[line.sku] += gross
                continue
            batch = float(made.quantity) * float(self.ingredients[made.sku].factor(made.unit))
            for sku, quantity in self._exploded(made.lines).items():
                total[sku] += quantity * gross / batch
        return dict(total)


def monday_of(first_day: date, week: int) -> date:
    """The first Monday on or after the beginning of a week of the year of sales."""
    day = first_day + timedelta(weeks=week)
    return day + timedelta(days=-day.weekday() % 7)


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _ingredient(row: dict[str, str]) -> Ingredient:
    pairs = (pair.split("=") for pair in row["units"].split(";") if pair)
    return Ingredient(
        row["sku"],
        row["name"],
        row["category"],
        row["stock_unit"],
        row["area"],
        tuple(row["allergens"].split()),
        int(row["shelf_life_days"]) if row["shelf_life_days"] else None,
        {unit: int(size) for unit, size in pairs},
    )


def _offer(row: dict[str, str]) -> Offer:
    pairs = (pair.split(":") for pair in row["changes"].split(";") if pair)
    return Offer(
        row["supplier"],
        row["sku"],
        row["supplier_sku"],
        row["pack_name"],
        row["pack_quantity"],
        row["pack_unit"],
        Decimal(row["price"]),
        tuple((int(week), Decimal(price)) for week, price in pairs),
        row["preferred"] == "yes",
    )
