"""`stockpot bench inventory` measures what it says; the ratio itself is judged on a quiet machine, not here."""

from __future__ import annotations

import pytest

from infra.bench.inventory import run
from infra.local.home import Home
from infra.local.stack import databases_running
from tests.performance.test_bench_scans import home

__all__ = ["home"]


@pytest.mark.slow
class TestRun:
    def test_every_answer_is_a_page_and_is_set_beside_its_floor(self, home: Home):
        said: list[str] = []
        with databases_running(home, said.append) as environment:
            result = run(environment=environment, seconds=2, clients=4, rate=20, progress=said.append)
        assert result["pages_per_second"] > 0
        assert result["ratio"] == pytest.approx(result["pages_per_second"] / result["floor_per_second"], abs=0.001)
        assert 0 < result["rate_reached"] <= 25
        assert result["p50_ms_at_rate"] <= result["p95_ms_at_rate"]
        assert (result["target_ratio"], result["target_p95_ms"], result["rows"]) == (0.25, 50, 50)
