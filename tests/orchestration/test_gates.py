"""Gates: what they find, what they stop, and what they only tell."""

from __future__ import annotations

import pytest

from ingestion.operational.source import load_ledger, load_reference
from orchestration.defs.quality import suites
from orchestration.lib.gates import Finding, Store, run_gate
from tests.ingestion.conftest import Kitchen
from tests.orchestration.conftest import Pipeline, execute

pytestmark = [pytest.mark.pipeline, pytest.mark.slow, pytest.mark.timeout(900)]


def failed(kitchen: Kitchen, stores: tuple[Store, ...]) -> list[Finding]:
    """The findings that are not as expected."""
    findings = run_gate("test", stores, warehouse_url=kitchen.pipeline_url, run_id="run")
    return [finding for finding in findings if not finding.success]


class TestLedgerGate:
    def test_a_movement_that_the_balance_does_not_know_is_found(self, kitchen: Kitchen) -> None:
        kitchen.write(10)
        load_reference(kitchen.pipeline_url, kitchen.pipeline_url)
        load_ledger(kitchen.pipeline_url, kitchen.pipeline_url)
        assert failed(kitchen, suites.LEDGER) == []

        execute(kitchen.pipeline_url, "update raw_operational.stock_movements set quantity = 9")
        (finding,) = failed(kitchen, suites.LEDGER)
        assert (finding.store, finding.expectation) == ("raw_operational.inventory_items", "Σ movements = on hand")
        assert finding.is_blocking
        assert finding.observed["examples"][0]["on_hand"] == "10.000000"
        kept = kitchen.read("select store, blocking from quality.gate_results where not success")
        assert kept == [("raw_operational.inventory_items", True)]

    def test_a_reference_that_leads_nowhere_a_double_key_and_a_foreign_kind_are_found(self, kitchen: Kitchen) -> None:
        kitchen.write(10)
        load_ledger(kitchen.pipeline_url, kitchen.pipeline_url)
        execute(kitchen.pipeline_url, "delete from raw_operational.products")
        execute(kitchen.pipeline_url, "insert into raw_operational.suppliers select * from raw_operational.suppliers")
        execute(kitchen.pipeline_url, "update raw_operational.stock_movements set kind = 'gift'")
        names = {
            (finding.store.removeprefix("raw_operational."), finding.expectation)
            for finding in failed(kitchen, suites.LEDGER)
        }
        assert names == {
            ("inventory_items", "every product is known"),
            ("suppliers", "unique(id)"),
            ("stock_movements", "one_of(kind)"),
        }


class TestBlocking:
    def test_one_bad_row_stops_everything_downstream(self, pipeline: Pipeline) -> None:
        pipeline.drop("1,2026-11-01 12:00,pie,2,12.50,1")
        from ingestion.pos.cli import drop_folder, import_dropped

        import_dropped(drop_folder(), pipeline.kitchen.pipeline_url)
        execute(pipeline.kitchen.pipeline_url, "update raw_pos.order_lines set quantity = -2")
        result = pipeline.run()
        assert not result.success
        ran = {event.step_key for event in result.all_events if event.is_step_success}
        assert ran == {"load_reference", "reference_gate", "raw__pos__order_lines"}
        assert [event.step_key for event in result.all_events if event.is_step_failure] == ["sales_gate"]
        assert pipeline.service.depletions == []
        assert (
            pipeline.kitchen.read("select 1 from pg_namespace where nspname in ('staging', 'marts_build', 'marts')")
            == []
        )
        found = pipeline.kitchen.read(
            "select store, expectation from quality.gate_results where not success and blocking"
        )
        assert found == [("raw_pos.order_lines", "between(quantity)")]

    def test_a_service_that_is_away_stops_the_run_with_a_sentence(
        self, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pipeline.drop("1,2026-11-01 12:00,pie,2,12.50,1")
        monkeypatch.setenv("STOCKPOT_API_URL", "http://127.0.0.1:9")
        result = pipeline.run()
        (failure,) = [event for event in result.all_events if event.is_step_failure]
        assert failure.step_key == "depletions__theoretical_usage"
        error = failure.step_failure_data.error
        assert error is not None
        assert error.cause is not None
        assert "the operational service at http://127.0.0.1:9 does not answer" in error.cause.message
        assert pipeline.kitchen.read("select 1 from pg_namespace where nspname = 'marts'") == []
