"""`stockpot bench as-of` on a small ledger: every balance is the sum of its rows; the time is judged on a large one."""

from __future__ import annotations

import pytest

from infra.bench import as_of
from infra.local.home import Home
from infra.local.stack import databases_running
from tests.performance.test_bench_scans import home

__all__ = ["home"]


@pytest.mark.slow
class TestRun:
    def test_reads_of_the_past_agree_with_the_plain_sum(self, home: Home, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(as_of, "DAYS", 40)
        said: list[str] = []
        with databases_running(home, said.append) as environment:
            result = as_of.run(environment=environment, items=40, movements=4_000, reads=2, progress=said.append)
        assert (result["differences"], result["items"], result["movements"]) == (0, 40, 4000)
        assert result["snapshot_rows"] > 500
        assert 0 < result["as_of_ms"] <= result["slowest_ms"]
        assert (result["target_ms"], result["reads"]) == (1000, 2)
