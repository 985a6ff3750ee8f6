"""Every formula has a unit test: a computed column of a model stands among what some test of that model expects."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import sqlglot
import yaml

from tests.dbt_project.formulas import PROJECT, computed_columns

MARTS = sorted(PROJECT.glob("models/marts/**/*.sql"))
INTERMEDIATE = sorted(PROJECT.glob("models/intermediate/**/*.sql"))

WITHOUT_FORMULAS = {
    "dim_date", "dim_lineage", "dim_location", "dim_menu_item", "dim_product", "dim_supplier", "fct_forecasts",
    "fct_purchase_order_lines", "fct_purchase_order_receipts", "fct_sales", "fct_stock_movements",
    "fct_stock_on_hand_daily", "fct_theoretical_usage",
}  # fmt: skip
"""Marts that compute nothing: they cast, join and pass on what other models computed."""

IN_FRACTIONS = "test_actual_vs_theoretical.py holds its figures against plain fractions for random restaurants"
ELSEWHERE = {
    "int_boundary_sales": IN_FRACTIONS,
    "int_count_boundaries": IN_FRACTIONS,
    "int_item_usage_by_period": IN_FRACTIONS,
    "int_item_usage_placed": IN_FRACTIONS,
    "int_movements_by_period": IN_FRACTIONS,
    "int_theoretical_by_period": IN_FRACTIONS,
    "int_units_sold_by_period": IN_FRACTIONS,
    "int_usage_periods": IN_FRACTIONS,
    "int_usage_periods_compared": IN_FRACTIONS,
    "int_forecast_origins": "the day before now; test_forecast_inputs.py holds it against the clock",
}


def expected_columns() -> dict[str, set[str]]:
    """Of each model that has unit tests, the columns whose values they expect."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in PROJECT.glob("models/**/_*.yml"):
        for test in yaml.safe_load(path.read_text()).get("unit_tests", []):
            found[test["model"]] |= _named(test["expect"]["rows"])
    return found


def _named(rows: Any) -> set[str]:
    if isinstance(rows, str):
        return set(sqlglot.parse_one(rows, read="postgres").named_selects)
    return {column for row in rows for column in row}


EXPECTED = expected_columns()


class TestMarts:
    @pytest.mark.parametrize("path", MARTS, ids=lambda path: path.stem)
    def test_every_computed_column_is_expected_by_a_unit_test(self, path: Path):
        computed = computed_columns(path)
        assert bool(computed) == (path.stem not in WITHOUT_FORMULAS)
        assert computed - EXPECTED[path.stem] == set()

    def test_the_list_names_marts_alone(self):
        assert {path.stem for path in MARTS} >= WITHOUT_FORMULAS


class TestIntermediateModels:
    @pytest.mark.parametrize("path", INTERMEDIATE, ids=lambda path: path.stem)
    def test_every_computed_column_is_expected_or_tried_elsewhere(self, path: Path):
        missing = computed_columns(path) - EXPECTED[path.stem]
        assert bool(missing) == (path.stem in ELSEWHERE), missing


class TestComputedColumns:
    def _of(self, folder: Path, sql: str) -> set[str]:
        model = folder / "model.sql"
        model.write_text(f"{sql} select * from final")
        return computed_columns(model)

    def test_arithmetic_is_followed_through_ctes_stars_and_joins(self, tmp_path: Path):
        sql = (
            "with a as (select x, y * 2 as doubled from {{ ref('raw') }}), b as (select a.*, 1 as one from a),"
            " final as (select b.doubled as renamed, b.x, c.doubled from b inner join c on b.x = c.x)"
        )
        assert self._of(tmp_path, sql) == {"renamed"}

    def test_a_class_told_by_a_computed_figure_is_computed(self, tmp_path: Path):
        sql = "with a as (select sum(x) as total from raw), final as (select case when total > 1 then 'A' end as class from a)"
        assert self._of(tmp_path, sql) == {"class"}

    def test_either_branch_of_a_union_counts(self, tmp_path: Path):
        sql = "with final as (select x as value from raw union all select -x from raw)"
        assert self._of(tmp_path, sql) == {"value"}
