"""The nightly job, whole: from a till's file and a scan to published marts, alerts and exports."""

from __future__ import annotations

import hashlib
import json
from datetime import date, timedelta
from decimal import Decimal

import psycopg
import pytest

from orchestration.lib.verifying import verify_path
from tests.orchestration.conftest import Pipeline, execute

pytestmark = [pytest.mark.pipeline, pytest.mark.slow, pytest.mark.timeout(1200)]


class TestNightly:
    def test_a_sale_and_a_scan_reach_marts_and_exports(self, pipeline: Pipeline) -> None:
        pipeline.kitchen.write(1000)
        pipeline.drop(
            "1,2026-11-01 12:00,pie,2,12.50,1", "2,2026-11-02 01:00,pie,1,12.50,2", "2,2026-11-02 01:00,pie,1,12.50,2"
        )
        result = pipeline.run()
        failed = [event.step_key for event in result.all_events if event.is_failure]
        assert result.success, failed
        read = pipeline.kitchen.read
        assert read("select sum(quantity), sum(net_sales), count(distinct load_id) from marts.fct_sales") == [
            (Decimal(4), Decimal(50), 1)
        ]
        assert read("select on_hand from marts.fct_stock_on_hand_daily order by business_day desc limit 1") == [
            (Decimal(1000),)
        ]
        assert read("select load_id from marts.loads") == [(result.run_id,)]
        assert pipeline.service.depletions == [
            {
                "location_id": str(pipeline.kitchen.location_id),
                "business_day": "2026-11-01",
                "sales": [{"menu_item_code": "pie", "quantity": "4"}],
            }
        ]
        warned = {name for (name,) in read("select expectation from raw_quality.results where not success")}
        assert warned - {"no till has gone quiet"} == {
            "no exact duplicate line",
            "every item on the menu has a recipe",
        }
        day = date.today() - timedelta(days=1)
        folder = pipeline.home / "objects" / "exports" / "stock_on_hand" / f"day={day}" / f"run={result.run_id}"
        stem = folder / f"stock_on_hand-{day}"
        manifest = json.loads(stem.with_suffix(".manifest.json").read_text())
        content = stem.with_suffix(".csv").read_bytes()
        (file,) = manifest["files"]
        assert file["sha256"] == hashlib.sha256(content).hexdigest()
        assert (file["bytes"], manifest["load_id"]) == (len(content), result.run_id)
        assert [each.differences for each in verify_path(pipeline.home / "objects" / "exports")] == [[], []]
        assert {run["status"] for run in pipeline.service.runs} == {"succeeded"}
        _every_mart_knows_its_load(pipeline, result.run_id)
        _a_bad_night_changes_nothing_that_readers_see(pipeline, result.run_id)


def _every_mart_knows_its_load(pipeline: Pipeline, run_id: str) -> None:
    """Whatever stands in `marts` has a load on every row: that of the run; results of gates have their own runs'."""
    from orchestration.defs.transformation.dbt import mart_keys

    read = pipeline.kitchen.read
    marts = read(
        "select table_name from information_schema.tables where table_schema = 'marts' and table_name <> 'loads'"
    )
    assert {name for (name,) in marts} >= {path.path[-1] for path in mart_keys()}
    for (name,) in marts:
        loads = read(f"select distinct load_id from marts.{name}")
        assert loads in ([], [(run_id,)]), name


def _a_bad_night_changes_nothing_that_readers_see(pipeline: Pipeline, run_id: str) -> None:
    """One bad row, then a retyped column of the source (row 25): nothing is published, each is stopped by name."""
    kitchen, url = pipeline.kitchen, pipeline.kitchen.pipeline_url
    before = kitchen.read("select order_number, quantity, load_id from marts.fct_sales order by 1, 2")
    execute(url, "update raw_pos.order_lines set quantity = -quantity where order_number = '1'")
    bad_row = pipeline.run()
    assert [event.step_key for event in bad_row.all_events if event.is_step_failure] == ["sales_gate"]
    ran = {event.step_key for event in bad_row.all_events if event.is_step_success}
    assert ran == {"load_reference", "reference_gate", "raw__pos__order_lines"}
    with psycopg.connect(pipeline.analyst_url) as analyst:
        found = analyst.execute(
            "select table_name, expectation, severity, unexpected_count, sample::jsonb->0->>'quantity', failing_runs, load_id"
            " from marts.fct_quality_results where not is_as_expected and severity = 'block'"
        ).fetchall()
        held = analyst.execute("select distinct load_id from marts.fct_quality_results where is_as_expected").fetchall()
    assert found == [("raw_pos.order_lines", "between(quantity)", "block", 1, "-2.000000", 1, bad_row.run_id)]
    assert {load for (load,) in held} == {run_id, bad_row.run_id}
    kitchen.execute("alter table menu_items alter column price type text")
    retyped = pipeline.run()
    (failure,) = [event for event in retyped.all_events if event.is_step_failure]
    assert failure.step_key == "load_reference"
    error = failure.step_failure_data.error
    assert error is not None
    assert error.cause is not None
    assert "price" in error.cause.message
    assert kitchen.read("select order_number, quantity, load_id from marts.fct_sales order by 1, 2") == before
    assert kitchen.read("select load_id from marts.loads") == [(run_id,)]
