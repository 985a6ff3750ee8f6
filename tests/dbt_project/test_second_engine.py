"""The project on DuckDB: every model builds, and every mart has the rows that PostgreSQL has, to the last digit."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from orchestration.lib.duckdb_warehouse import carry_raw
from tests.dbt_project.engines import contracts, differing, rows_of
from tests.dbt_project.warehouse import BuiltHouse, dbt, rows

pytestmark = [pytest.mark.pipeline, pytest.mark.slow]
EMPTY = {
    "fct_forecasts",
    "fct_stockouts",
    "dim_lineage",
}  # the small house foresees nothing and is never out of anything


@pytest.fixture(scope="module")
def duck(built: BuiltHouse, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The raw rows of the small house in a DuckDB file, and all models built from them there."""
    folder = tmp_path_factory.mktemp("duck")
    file = folder / "house.duckdb"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DBT_DUCKDB_PATH", str(file))
        carried = carry_raw(built.url, file)
        assert carried["raw_pos.order_lines"] == len(built.house.rows["order_lines"])
        dbt(built.url, folder, "build", "--target", "duckdb", "--resource-type", "model", "--resource-type", "snapshot")
    return file


class TestMarts:
    @pytest.mark.parametrize("mart", sorted(contracts()))
    def test_every_row_is_equal(self, built: BuiltHouse, duck: Path, mart: str):
        assert differing(built.url, duck, mart, contracts()[mart]) == []
        if mart not in EMPTY:
            assert rows(built.url, f"select count(*) from marts_build.{mart}")[0][0] > 0


class TestComparison:
    def test_a_last_digit_is_a_difference(self, built: BuiltHouse):
        with psycopg.connect(built.url) as connection:
            before = rows_of(connection, "fct_waste", ["product_id", "business_day", "value"])
            connection.execute("update marts_build.fct_waste set value = value + 0.000001")
            assert rows_of(connection, "fct_waste", ["product_id", "business_day", "value"]) != before
            connection.rollback()
