"""The graph as the server loads it, and the lists of the READMEs against the code."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from ingestion.operational.tables import ALL

ROOT = Path(__file__).parents[2]
SNAPSHOT = Path(__file__).parent / "asset_keys.txt"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def defs(tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    """The definitions, parsed with a home of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STOCKPOT_HOME", str(tmp_path_factory.mktemp("home")))
        from orchestration.definitions import defs

    return defs


def listed(readme: str, heading: str) -> set[str]:
    """The first column of the table under a heading, without its backticks."""
    text = (ROOT / readme).read_text()
    section = text.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return set(re.findall(r"^\| `([^`]+)`", section, re.MULTILINE))


class TestGraph:
    def test_the_server_loads_it(self, tmp_path: Path) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "dagster", "definitions", "validate", "-m", "orchestration.definitions"],
            cwd=ROOT,
            env={**os.environ, "STOCKPOT_HOME": str(tmp_path), "DAGSTER_HOME": ""},
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
            "depletions__theoretical_usage", "load_ledger", "ledger_gate", "build_marts", "forecasts__demand",
            "build_forecast_marts", "marts_gate", "published_marts",
        ]  # fmt: skip
        assert nodes[: len(expected)] == expected

    def test_the_schedule_asks_for_the_day_that_is_over(self, defs: dg.Definitions) -> None:
        from datetime import UTC, datetime

        schedule = defs.resolve_schedule_def("nightly_schedule")
        context = dg.build_schedule_context(
            repository_def=defs.get_repository_def(), scheduled_execution_time=datetime(2026, 11, 22, 10, tzinfo=UTC)
        )
        (request,) = schedule.evaluate_tick(context).run_requests or []
        assert (request.partition_key, request.run_key) == ("2026-11-21", "nightly 2026-11-21")


class TestReadmes:
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
