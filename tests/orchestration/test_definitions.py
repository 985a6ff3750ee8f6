"""The graph as the server loads it, and the lists of the READMEs against the code."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.dependency import NodeHandle

from ingestion.operational.tables import ALL
from orchestration.defs.automation.jobs import NAMES
from orchestration.defs.exports.requests import REQUESTED

ROOT = Path(__file__).parents[2]
SNAPSHOT = Path(__file__).parent / "asset_keys.txt"

HEAVY = {"great_expectations", "statsforecast", "dlt", "pandas", "polars", "scipy", "numba", "duckdb", "sqlalchemy"}
"""Each takes seconds to import; the step that needs one imports it."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where dbt's project is parsed once for these tests."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def defs(home: Path) -> dg.Definitions:
    """The definitions, parsed with a home of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STOCKPOT_HOME", str(home))
        from orchestration.definitions import defs

    return defs


def listed(readme: str, heading: str) -> set[str]:
    """The first column of the table under a heading, without its backticks."""
    text = (ROOT / readme).read_text()
    section = text.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return set(re.findall(r"^\| `([^`]+)`", section, re.MULTILINE))


class TestGraph:
    def test_nothing_is_published_without_the_depletions_of_its_sales(self, defs: dg.Definitions):
        ancestors = defs.resolve_asset_graph().get_ancestor_asset_keys(dg.AssetKey("published_marts"))
        assert dg.AssetKey(["depletions", "theoretical_usage"]) in ancestors

    def test_the_server_loads_it(self, home: Path, defs: dg.Definitions) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "dagster", "definitions", "validate", "-m", "orchestration.definitions"],
            cwd=ROOT,
            env={**os.environ, "STOCKPOT_HOME": str(home), "DAGSTER_HOME": ""},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def test_keys_are_those_of_the_snapshot(self, defs: dg.Definitions) -> None:
        keys = sorted(key.to_user_string() for key in defs.resolve_asset_graph().get_all_asset_keys())
        assert keys == SNAPSHOT.read_text().split(), (
            "compare with tests/orchestration/asset_keys.txt and change it on purpose"
        )

    def test_every_asset_is_connected_from_a_source_to_an_export(self, defs: dg.Definitions) -> None:
        graph = defs.resolve_asset_graph()
        exports = [key for key in graph.get_all_asset_keys() if key.path[0] == "exports"]
        upstream = graph.get_ancestor_asset_keys(exports[0])
        for layer in ("raw", "staging", "intermediate", "marts", "forecasts", "depletions"):
            assert any(key.path[0] == layer for key in upstream), layer

    def test_the_order_is_gate_before_use(self, defs: dg.Definitions) -> None:
        nodes = [node.name for node in defs.resolve_job_def("nightly").graph.nodes_in_topological_order]
        expected = [
            "load_reference", "reference_gate", "raw__pos__order_lines", "sales_gate", "build_sales",
            "depletions__theoretical_usage", "load_ledger", "ledger_gate", "load_invoices", "raw__exchange_rates__rates",
            "raw__supplier_catalogs__prices", "documents_gate", "build_marts", "forecasts__demand", "build_forecast_marts",
            "marts_gate", "published_marts",
        ]  # fmt: skip
        assert nodes[: len(expected)] == expected

    def test_suppliers_files_are_taken_in_before_any_night_brought_what_their_gate_compares(
        self, defs: dg.Definitions
    ) -> None:
        nodes = {node.name for node in defs.resolve_job_def("supplier_files").graph.nodes_in_topological_order}
        assert nodes == {"load_invoices", "raw__supplier_catalogs__prices"}

    def test_every_asset_says_whose_it_is_what_it_is_and_where_it_belongs(self, defs: dg.Definitions) -> None:
        graph = defs.resolve_asset_graph()
        nodes = [graph.get(key) for key in graph.get_all_asset_keys()]
        silent = [
            node.key.to_user_string()
            for node in nodes
            if not (node.owners and node.kinds and node.description and node.tags.get("stockpot/area"))
            or node.group_name in {None, "default"}
        ]
        assert silent == []

    def test_sources_and_marts_must_be_fresh(self, defs: dg.Definitions) -> None:
        graph = defs.resolve_asset_graph()
        fresh = {key.path[0] for key in graph.get_all_asset_keys() if graph.get(key).freshness_policy}
        assert fresh == {"raw", "marts", "published_marts"}
        assert all(graph.get(key).freshness_policy for key in graph.get_all_asset_keys() if key.path[0] in fresh)

    def test_every_job_retries_and_waits_for_its_turn_to_write(self, defs: dg.Definitions) -> None:
        for name in NAMES:
            job = defs.resolve_job_def(name)
            assert job.tags["stockpot/writes"] == "warehouse"
            for node in job.graph.node_dict.values():
                policy = job.get_retry_policy_for_handle(NodeHandle(node.name, None))
                assert policy is not None, node.name
                assert policy.backoff == dg.Backoff.EXPONENTIAL

    def test_what_exists_per_day_is_filled_for_many_days_in_one_run(self, defs: dg.Definitions) -> None:
        graph = defs.resolve_asset_graph()
        daily = [graph.get(key) for key in graph.get_all_asset_keys() if graph.get(key).partitions_def]
        assert {node.key.path[0] for node in daily} == {"depletions", "exports"}
        assert {node.backfill_policy for node in daily} == {dg.BackfillPolicy.single_run()}

    def test_no_heavy_library_is_imported_to_load_it(self, home: Path, defs: dg.Definitions) -> None:
        code = (
            "import sys; from orchestration.definitions import defs; defs.get_repository_def();"
            " print(*sorted({name.partition('.')[0] for name in sys.modules}))"
        )
        loaded = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code],
            cwd=ROOT,
            env={**os.environ, "STOCKPOT_HOME": str(home), "DAGSTER_HOME": ""},
            capture_output=True,
            text=True,
            check=True,
        )
        assert HEAVY & set(loaded.stdout.split()) == set()


class TestReadmes:
    def test_orchestration_lists_the_jobs_and_sensors(self, defs: dg.Definitions) -> None:
        assert listed("orchestration/README.md", "Jobs") == {*NAMES, REQUESTED}
        sensors = {sensor.name for sensor in defs.get_repository_def().sensor_defs}
        assert listed("orchestration/README.md", "Sensors") == sensors

    def test_ingestion_lists_the_operational_tables(self) -> None:
        assert listed("ingestion/README.md", "Operational tables") == {table.name for table in ALL}

    def test_orchestration_lists_the_steps(self, defs: dg.Definitions) -> None:
        nodes = {node.name for node in defs.resolve_job_def("nightly").graph.nodes}
        assert listed("orchestration/README.md", "Steps") == {
            name for name in nodes if not name.startswith("exports__")
        }

    def test_orchestration_lists_the_exports(self, defs: dg.Definitions) -> None:
        keys = defs.resolve_asset_graph().get_all_asset_keys()
        assert listed("orchestration/README.md", "Exports") == {
            key.path[-1] for key in keys if key.path[0] == "exports"
        }
