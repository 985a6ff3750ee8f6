"""The version of a mart's model changes with whatever the mart is made of, and with nothing else."""

from __future__ import annotations

from typing import Any

from orchestration.lib.lineage import model_versions


def manifest(**checksums: str) -> dict[str, Any]:
    """fct_a reads int_a, which reads the source raw.a; fct_b stands alone."""
    sums = {"fct_a": "1", "int_a": "2", "fct_b": "3", "macro": "4", **checksums}

    def node(name: str, layer: str) -> dict[str, Any]:
        return {
            "name": name,
            "resource_type": "model",
            "fqn": ["stockpot", layer, name],
            "original_file_path": f"models/{layer}/{name}.sql",
            "checksum": {"name": "sha256", "checksum": sums[name]},
        }

    return {
        "metadata": {"dbt_version": "1.11"},
        "macros": {"macro.stockpot.day": {"macro_sql": sums["macro"]}, "macro.dbt.other": {"macro_sql": "x"}},
        "nodes": {"m.fct_a": node("fct_a", "marts"), "m.int_a": node("int_a", "intermediate"), "m.fct_b": node("fct_b", "marts")},
        "sources": {"s.a": {"schema": "raw", "name": "a"}},
        "parent_map": {"m.fct_a": ["m.int_a"], "m.int_a": ["s.a"], "m.fct_b": []},
    }  # fmt: skip


class TestModelVersions:
    def test_a_mart_knows_its_file_and_the_raw_tables_under_it(self):
        found = model_versions(manifest())
        assert set(found) == {"fct_a", "fct_b"}
        assert (found["fct_a"]["path"], found["fct_a"]["sources"]) == ("models/marts/fct_a.sql", ["raw.a"])
        assert found["fct_b"]["sources"] == []

    def test_a_changed_model_under_it_is_another_version_of_it_alone(self):
        before, after = model_versions(manifest()), model_versions(manifest(int_a="changed"))
        assert before["fct_a"]["version"] != after["fct_a"]["version"]
        assert before["fct_b"] == after["fct_b"]

    def test_a_changed_macro_is_another_version_of_all(self):
        before, after = model_versions(manifest()), model_versions(manifest(macro="changed"))
        assert all(before[mart]["version"] != after[mart]["version"] for mart in before)
