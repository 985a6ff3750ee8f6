"""Actual versus theoretical of random restaurants: the parts sum exactly, and each is what plain fractions say.

`STOCKPOT_SEED` repeats or varies the houses; the long run (STOCKPOT_SOAK_MINUTES) makes a thousand restaurants.
"""

from __future__ import annotations

import itertools
import os
from collections import Counter, defaultdict
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.conftest import Database
from tests.dbt_project import random_houses
from tests.dbt_project.house import create_raw, fill_raw, key
from tests.dbt_project.warehouse import dbt
from tests.reliability.sizes import size

pytestmark = [pytest.mark.pipeline, pytest.mark.slow]
SEED, HOUSES = int(os.environ.get("STOCKPOT_SEED", "20261122")), size(30, 500)  # of two restaurants each
MARTS = ("fct_actual_vs_theoretical", "fct_stock_on_hand_daily", "fct_inventory_value_daily")
STEP = Decimal("0.000001")
# Theoretical use is kept to six decimals a day and item; a price multiplies what that leaves.
QUANTITY_TOLERANCE, VALUE_TOLERANCE = Decimal("0.001"), Decimal("0.05")
PARTS = ("volume", "mix", "recipe_change", "waste", "other_use", "count_correction", "unexplained", "price")

Row = dict[str, Any]


@pytest.fixture(scope="module")
def built(
    clone_database: Callable[[str], Database], tmp_path_factory: pytest.TempPathFactory
) -> tuple[list[random_houses.Restaurant], dict[str, list[Row]]]:
    """The restaurants and the marts that dbt made of them."""
    url, places, raw = clone_database("random_houses").pipeline_url, [], defaultdict(list)
    print(f"STOCKPOT_SEED={SEED}, {HOUSES} houses")  # noqa: T201 - shown where a test fails
    for number in range(HOUSES):
        pair, rows = random_houses.make(SEED, number)
        places += pair
        for table, each in rows.items():
            raw[table] += each
    with psycopg.connect(url) as connection:
        create_raw(connection)
        fill_raw(connection, raw)
    dbt(url, tmp_path_factory.mktemp("dbt"), "run", "--select", *(f"+{mart}" for mart in MARTS))
    with psycopg.connect(url, row_factory=dict_row) as connection:
        marts = {mart: connection.execute(f"select * from marts_build.{mart}").fetchall() for mart in MARTS}
    return places, marts


def _rows_by_item(marts: dict[str, list[Row]]) -> dict[Any, list[Row]]:
    found: dict[Any, list[Row]] = defaultdict(list)
    for row in sorted(marts["fct_actual_vs_theoretical"], key=lambda row: row["period_number"]):
        found[row["location_id"], row["product_id"]].append(row)
    return found


class TestParts:
    def test_they_sum_exactly_to_the_difference(self, built):
        _, marts = built
        rows = marts["fct_actual_vs_theoretical"]

        assert len(rows) > 300
        for row in rows:
            assert sum(row[f"{part}_value"] for part in PARTS) == row["actual_value"] - row["baseline_value"], row

    def test_each_is_what_the_formulas_say(self, built):
        places, marts = built
        found = _rows_by_item(marts)
        seen = defaultdict(int)

        for place in places:
            for sku in place.legs:
                expected = random_houses.periods(place, sku)
                rows = found.get((key("random", place.code), key("random", sku)), [])
                assert [row["ended_at"] for row in rows] == [period.ended_at for period in expected], sku
                for row, period in zip(rows, expected, strict=True):
                    for name, quantity in period.quantities.items():
                        assert abs(Decimal(row[f"{name}_quantity"]) - _decimal(quantity)) <= QUANTITY_TOLERANCE, (sku, name, row)  # fmt: skip
                    for name, value in period.parts.items():
                        tolerance = VALUE_TOLERANCE + abs(_decimal(value)) * STEP
                        assert abs(row[f"{name}_value"] - _decimal(value)) <= tolerance, (sku, name, row, period)
                        seen[name] += bool(value)
                    assert abs(row["actual_value"] - _decimal(period.actual_value)) <= STEP
        assert all(seen[part] > 20 for part in PARTS), seen  # every part is met often enough to mean something

    def test_actual_use_is_what_came_less_what_is_left(self, built):
        _, marts = built

        for row in marts["fct_actual_vs_theoretical"]:
            came = row["received_quantity"] + row["transferred_quantity"] + row["produced_quantity"]
            assert row["actual_quantity"] == row["opening_quantity"] + came - row["closing_quantity"]

    def test_a_period_opens_where_the_one_before_closed(self, built):
        _, marts = built

        for rows in _rows_by_item(marts).values():
            assert (rows[0]["opening_quantity"], rows[0]["opening_value"]) == (0, 0)
            for before, after in itertools.pairwise(rows):
                assert (before["closing_quantity"], before["closing_value"]) == (after["opening_quantity"], after["opening_value"])  # fmt: skip
                assert after["period_number"] == before["period_number"] + 1


class TestTotalValue:
    def test_it_moves_only_by_what_the_ledger_says(self, built):
        """Σ of the values of all rows up to a day is the value of that day, late invoices and reversals included."""
        places, marts = built
        days = {(row["inventory_item_id"], row["business_day"]): row for row in marts["fct_stock_on_hand_daily"]}

        for place in places:
            for sku, legs in place.legs.items():
                changes = defaultdict(lambda: [Decimal(0), Decimal(0)])
                for leg in legs:
                    changes[place.day_of(leg.at)][0] += leg.quantity
                    changes[place.day_of(leg.at)][1] += leg.value if leg.kind != random_houses.VARIANCE else 0
                quantity = value = Decimal(0)
                for day in sorted(changes):
                    quantity, value = quantity + changes[day][0], value + changes[day][1]
                    row = days[random_houses.item_id(place, sku), day]
                    assert (row["on_hand"], row["value"]) == (quantity, value), (sku, day)

    def test_what_one_restaurant_sends_another_changes_no_houses_total(self, built):
        """A house is worth what came in from outside less what left it: what went between its restaurants cancels out."""
        places, marts = built
        days = sorted(marts["fct_inventory_value_daily"], key=lambda row: row["business_day"])
        last = {row["location_id"]: row["value"] for row in days}  # one category and currency each: one row a day
        sent = 0

        for pair in zip(places[::2], places[1::2], strict=True):
            legs = [leg for place in pair for each in place.legs.values() for leg in each]
            sides = Counter(leg.movement_id for leg in legs)
            outside = [leg.value for leg in legs if sides[leg.movement_id] == 1 and leg.kind != random_houses.VARIANCE]
            assert sum(last[key("random", place.code)] for place in pair) == sum(outside), pair[0].code
            sent += list(sides.values()).count(2)
        assert sent > HOUSES


def _decimal(number: Any) -> Decimal:
    return Decimal(number.numerator) / Decimal(number.denominator)
