"""Walking the lineage and drawing it."""

from __future__ import annotations

import polars as pl

from dashboards import lineage

STEPS = pl.DataFrame(
    [
        ("fct_sales", "marts", "int_sales", "intermediate", "One line."),
        ("int_sales", "intermediate", "stg_lines", "staging", ""),
        ("int_sales", "intermediate", "stg_menu", "staging", ""),
        ("stg_lines", "staging", "raw_pos.order_lines", "source", ""),
        ("fct_waste", "marts", "stg_menu", "staging", ""),
    ],
    schema=["child", "child_kind", "parent", "parent_kind", "description"],
    orient="row",
)


class TestUpstream:
    def test_all_the_way_ends_at_the_raw_tables_of_this_mart_alone(self):
        found = lineage.upstream(STEPS, "fct_sales", 99)
        assert set(found["parent"]) == {"int_sales", "stg_lines", "stg_menu", "raw_pos.order_lines"}
        assert "fct_waste" not in found["child"].to_list()

    def test_one_step_is_what_it_reads_itself(self):
        assert lineage.upstream(STEPS, "fct_sales", 1)["parent"].to_list() == ["int_sales"]

    def test_a_circle_ends(self):
        circle = pl.concat([STEPS, STEPS.head(1).with_columns(child=pl.lit("int_sales"), parent=pl.lit("fct_sales"))])
        assert lineage.upstream(circle, "fct_sales", 99).height == 5


class TestMermaid:
    def test_each_table_is_a_node_and_each_step_an_arrow(self):
        drawn = lineage.mermaid(lineage.upstream(STEPS, "fct_sales", 99), "fct_sales")
        assert drawn.startswith("flowchart LR\n")
        assert drawn.count("-->") == 4
        assert '[("raw_pos.order_lines")]' in drawn

    def test_a_name_draws_nothing_of_its_own(self):
        hostile = STEPS.with_columns(parent=pl.lit('x"]; click y "javascript:z()"<b>'))
        drawn = lineage.mermaid(hostile, "fct_sales")
        assert "javascript:" not in drawn
        assert "<b>" not in drawn
        assert ";" not in drawn
