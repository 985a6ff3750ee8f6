"""The nightly job, whole: from a till's file and a scan to published marts, alerts and exports."""

from __future__ import annotations

import hashlib
import json
from datetime import date, timedelta
from decimal import Decimal

import pytest

from orchestration.lib.verifying import verify_path
from tests.orchestration.conftest import Pipeline

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
        warned = read("select expectation from quality.gate_results where not success order by 1")
        assert warned == [("no exact duplicate line",)]
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
