"""A year of sales from `pizzaplace`, shifted by whole weeks to end within the past week."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

SOURCE_LAST_DAY = date(2015, 12, 31)
UNITS = 49_574
NET = Decimal("817860.05")
FILE = "riverside-sales.csv"
HEADER = ("id", "date", "time", "name", "size", "type", "price")
MAPPING = """\
# How Stockpot reads riverside-sales.csv: one row is one pizza.
location: RIV
columns:
  order_number: id
  ordered_date: date
  ordered_time: time
  item_code: "{name}_{size}"
  item_name: "{name} {size}"
  category: type
  unit_price: price
formats:
  ordered_date: "%Y-%m-%d"
  ordered_time: "%H:%M:%S"
defaults:
  quantity: 1
time_zone: America/New_York
day_cutoff: "04:00"
currency: USD
"""


@dataclass(frozen=True)
class Pizza:
    """One pizza sold."""

    order: str
    day: date
    clock: str
    name: str
    size: str
    category: str
    price: Decimal

    @property
    def code(self) -> str:
        """What the till calls it."""
        return f"{self.name}_{self.size}"


@lru_cache(maxsize=1)
def source() -> tuple[Pizza, ...]:
    """The 49,574 pizzas of the source's year 2015."""
    from great_tables import data

    frame = data.pizzaplace
    return tuple(
        Pizza(order, date.fromisoformat(day), clock, name, size, category, Decimal(str(price)))
        for order, day, clock, name, size, category, price in zip(
            *(frame[column].tolist() for column in HEADER), strict=True
        )
    )


def shift_for(today: date) -> timedelta:
    """The whole weeks that bring the last day of sales to yesterday or at most six days before it."""
    return timedelta(weeks=(today - timedelta(days=1) - SOURCE_LAST_DAY).days // 7)


def sales(today: date, days: int | None = None) -> Iterator[Pizza]:
    """The year's pizzas on the shifted days, in order of time; with `days`, those of its last days alone."""
    shift = shift_for(today)
    first = date.min if days is None else SOURCE_LAST_DAY - timedelta(days=days - 1)
    for pizza in source():
        if pizza.day < first:
            continue
        yield Pizza(pizza.order, pizza.day + shift, pizza.clock, pizza.name, pizza.size, pizza.category, pizza.price)


def by_day(today: date, days: int | None = None) -> dict[date, Counter[tuple[str, str]]]:
    """How many of each (name, size) were sold on each day; no order was placed between midnight and the cut-off."""
    sold: dict[date, Counter[tuple[str, str]]] = {}
    for pizza in sales(today, days):
        sold.setdefault(pizza.day, Counter())[pizza.name, pizza.size] += 1
    return sold


def menu() -> dict[tuple[str, str], tuple[str, Decimal]]:
    """Category and price of each (name, size) on the menu."""
    return {(pizza.name, pizza.size): (pizza.category, pizza.price) for pizza in source()}


def drop(folder: Path, today: date, days: int | None = None) -> Path:
    """Write the till's file and its mapping where the pipeline looks for them; a file that is there is left alone."""
    target = folder / FILE
    if not target.exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{FILE}.mapping.yaml").write_text(MAPPING, encoding="utf-8")
        partial = folder / f".{FILE}.partial"
        with partial.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(HEADER)
            for pizza in sales(today, days):
                row = (pizza.order, pizza.day, pizza.clock, pizza.name, pizza.size, pizza.category, pizza.price)
                writer.writerow(row)
        partial.replace(target)
    return target
