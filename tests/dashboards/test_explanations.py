"""Every figure of every row that can be explained is the sum of what its explanation lists."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from psycopg import sql

from dashboards.explain import KEYS
from tests.dashboards.conftest import issue_claim
from tests.dbt_project.house import key
from tests.dbt_project.warehouse import LOAD_ID, BuiltHouse

pytestmark = [pytest.mark.pipeline]

MARTS = {
    "fct_stock_on_hand_daily": {"on_hand", "value"},
    "fct_inventory_value_daily": {"value"},
    "fct_waste": {"quantity", "value", "records"},
    "fct_sales": {"quantity", "net_sales"},
    "fct_theoretical_usage": {"quantity"},
    "fct_purchase_order_lines": {"packs_received", "received_value"},
    "fct_supplier_performance": {"lines_due", "lines_on_time", "lines_in_full", "lines_otif", "lines_priced"},
    "fct_actual_vs_theoretical": {
        "opening_quantity", "opening_value", "closing_quantity", "closing_value", "received_quantity", "transferred_quantity",
        "produced_quantity", "actual_quantity", "actual_value", "waste_quantity", "other_use_quantity", "correction_quantity",
        "theoretical_quantity",
    },
}  # fmt: skip


@pytest.fixture
def owner(published: BuiltHouse) -> Iterator[psycopg.Connection[Any]]:
    """Somebody who sees everything."""
    with psycopg.connect(published.analyst_url) as connection:
        yield connection


def differences(connection: psycopg.Connection[Any], mart: str) -> tuple[int, list[Any]]:
    """How many figures were compared, and those that are not the sum of their records."""
    columns = connection.execute("select columns from lineage.keys() where mart = %s", [mart]).fetchone()
    assert columns is not None
    named = sql.SQL(", ").join(sql.SQL("{}, r.{}").format(sql.Literal(c), sql.Identifier(c)) for c in columns[0])
    query = sql.SQL(
        """
        select r.k, f.figure, (r.shown ->> f.figure)::numeric as shown, coalesce(round(e.explained, 6), 0) as explained
        from (
            select to_jsonb(r) as shown, jsonb_build_object({key}) as k
            from marts.{mart} as r
        ) as r
        cross join unnest(%(figures)s::text[]) as f (figure)
        left join lateral (
            select figure, sum(amount) as explained from lineage.explain(%(mart)s, r.k) group by figure
        ) as e on f.figure = e.figure
        """
    ).format(key=named, mart=sql.Identifier(mart))
    found = connection.execute(query, {"figures": sorted(MARTS[mart]), "mart": mart}).fetchall()
    return len(found), [row for row in found if row[2] != row[3]]


class TestSums:
    @pytest.mark.parametrize("mart", sorted(MARTS))
    def test_the_records_add_up_to_the_figures_of_the_row(self, owner: psycopg.Connection[Any], mart: str):
        compared, wrong = differences(owner, mart)
        assert compared > 0
        assert wrong[:3] == []

    def test_every_mart_that_has_a_key_is_held_to_its_sums(self, owner: psycopg.Connection[Any]):
        keys = {mart: tuple(columns) for mart, columns in owner.execute("select * from lineage.keys()")}
        assert set(keys) == set(MARTS)
        assert keys == KEYS


class TestRecords:
    def test_a_sale_names_the_file_and_line_of_the_till(self, owner: psycopg.Connection[Any], published: BuiltHouse):
        line = published.house.rows["order_lines"][0]
        found = owner.execute(
            "select figure, amount, record, kind, source, reference from lineage.fct_sales(%s)", [line["row_id"]]
        ).fetchall()
        assert (
            "quantity", Decimal(line["quantity"]), "sale", line["item_name"], line["source_file"], str(line["source_line"]),
        ) in found  # fmt: skip

    def test_an_explanation_shows_nothing_of_another_location(self, published: BuiltHouse):
        harbour = str(key("location", "HAR"))
        with psycopg.connect(published.reader_url) as reader:
            reader.execute("select row_scope.open(%s)", [issue_claim(published.analyst_url, [harbour])])
            for code, expected in (("HAR", True), ("RIV", False)):
                item = key("item", code, "FLO")
                query = "select count(*) from lineage.fct_stock_on_hand_daily(%s, current_date)"
                count = reader.execute(query, [item]).fetchone()
                assert count is not None
                assert (count[0] > 0) is expected

    def test_a_mart_that_cannot_be_explained_is_refused_by_name(self, owner: psycopg.Connection[Any]):
        with pytest.raises(psycopg.errors.InvalidParameterValue, match="dim_date"):
            owner.execute("select * from lineage.explain('dim_date', '{}')")


class TestLoad:
    def test_the_load_says_how_far_ledger_and_tills_were_known(self, owner: psycopg.Connection[Any], published: BuiltHouse):  # fmt: skip
        rows = published.house.rows
        load = owner.execute(
            "select load_id, ledger_known_until, last_sales_day, ledger_head from marts.loads"
        ).fetchall()
        newest = max(rows["stock_movements"], key=lambda row: (row["recorded_at"], row["id"]))
        days = max(line["business_day"] for line in rows["order_lines"])
        assert load == [(LOAD_ID, newest["recorded_at"], days, newest["id"])]
