"""`stockpot bench scans` measures what it says; the ratio itself is judged on a quiet machine, not here."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.bench.load import percentiles
from infra.bench.scans import run
from infra.bench.scratch import gtins
from infra.local.home import Home
from infra.local.stack import databases_running
from tests.conftest import UNSET


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    for name in (*UNSET, "DATABASE_URL", "REDIS_URL", "STOCKPOT_HOME"):
        monkeypatch.delenv(name, raising=False)
    path = Path(tempfile.mkdtemp(prefix="stockpot-bench-", dir="/tmp"))
    path.chmod(0o755)
    yield Home(path)
    shutil.rmtree(path, ignore_errors=True)


@pytest.mark.slow
class TestRun:
    def test_every_scan_is_posted_and_set_beside_its_floor(self, home: Home):
        said: list[str] = []
        with databases_running(home, said.append) as environment:
            result = run(environment=environment, seconds=4, clients=8, progress=said.append)
        assert result["scans_per_second"] > 0
        assert result["ratio"] == pytest.approx(result["scans_per_second"] / result["floor_per_second"], rel=0.01)
        assert result["p50_ms"] <= result["p95_ms"]
        assert (result["required_ratio"], result["clients"], result["scans_per_request"]) == (0.2, 8, 1)


class TestPieces:
    def test_percentiles_of_what_was_measured(self):
        assert percentiles([n / 1000 for n in range(1, 101)]) == {"p50_ms": 51.0, "p95_ms": 96.0}
        assert percentiles([]) == {"p50_ms": None, "p95_ms": None}

    def test_the_codes_carry_their_check_digits(self):
        from api.domain.gtin import normalise_gtin

        assert len({normalise_gtin(code) for code in gtins(1000)}) == 1000
