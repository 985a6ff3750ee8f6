"""What is raised, from which threshold, for which day."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from orchestration.lib.alerts import Rules, low_stock, predicted_stockouts
from orchestration.lib.cover import COVER_SCHEMA
from tests.ingestion.conftest import Kitchen
from tests.orchestration.conftest import execute

TODAY = date(2026, 11, 22)


def cover(**probabilities: float) -> pl.DataFrame:
    rows = [
        ("here", product, 100.0, 2.5, date(2026, 11, 24), 90.0, chance) for product, chance in probabilities.items()
    ]
    return pl.DataFrame(rows, schema=COVER_SCHEMA, orient="row")


def raised(rules: list[tuple[str | None, str | None, Any, bool]], **probabilities: float) -> dict[str, str]:
    found = predicted_stockouts(cover(**probabilities), {"here": TODAY}, Rules(rules))
    return {alert["product_id"]: alert["severity"] for alert in found.get(TODAY, [])}


class TestPredictedStockout:
    def test_one_chance_in_five_is_enough(self) -> None:
        assert raised([], flour=0.2, salt=0.19, oil=0.5) == {"flour": "attention", "oil": "urgent"}

    def test_the_most_specific_rule_decides(self) -> None:
        rules = [(None, None, 0.9, True), ("here", "flour", 0.1, True), ("here", None, None, False)]
        assert raised(rules, flour=0.15, salt=0.95) == {"flour": "attention"}

    def test_the_details_are_what_a_person_needs(self) -> None:
        ((alert,),) = predicted_stockouts(cover(flour=0.4), {"here": TODAY}, Rules([])).values()
        assert alert["details"] == {
            "on_hand": "100.000",
            "days_of_cover": "2.500",
            "next_delivery_on": "2026-11-24",
            "expected_demand": "90.000",
            "stockout_probability": "0.400",
        }


@pytest.mark.pipeline
class TestLowStock:
    def test_what_is_on_order_counts(self, kitchen: Kitchen) -> None:
        kitchen.execute("update inventory_items set reorder_point = 10, on_hand = 4")
        url = kitchen.pipeline_url
        for statement in (
            "create schema raw_operational",
            "create schema intermediate",
            "create table raw_operational.inventory_items as select id::text, product_id::text, location_id::text, on_hand, reorder_point from public.inventory_items",
            "create table raw_operational.products as select id::text, stock_unit, is_active from public.products",
            "create table raw_operational.locations as select id::text, time_zone, day_cutoff from public.locations",
            "create table intermediate.int_open_order_lines (location_id uuid, product_id uuid, quantity numeric)",
        ):
            execute(url, statement)
        ((alert,),) = low_stock(url).values()
        assert alert["details"] == {"on_hand": "4", "on_order": "0", "reorder_point": "10", "unit": "g"}
        execute(
            url,
            "insert into intermediate.int_open_order_lines select location_id, product_id, 6 from public.inventory_items",
        )
        assert low_stock(url) == {}
