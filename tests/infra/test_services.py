"""The service as it is started: alone, or as several processes of which one may die."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from infra.local.errors import CannotRunError
from infra.local.processes import free_port, wait_until
from infra.local.services import serving
from infra.local.supervisor import answers_http
from infra.local.variables import api_workers
from tests.conftest import ROOT, UNSET, Database, environment_for

pytestmark = pytest.mark.slow


@pytest.fixture
def served(
    database: Database, redis_url: str, key_folder: Path, tmp_path: Path
) -> Iterator[tuple[str, psutil.Process]]:
    """The address of a service of two processes, and the one that forked them."""
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if name not in UNSET}
    environment |= environment_for(database, redis_url, tmp_path, key_folder)
    with (tmp_path / "api.log").open("wb") as log:
        process = subprocess.Popen(serving(port, 2), env=environment, cwd=ROOT, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        assert wait_until(answers_http(f"{address}/readyz"), 120), (tmp_path / "api.log").read_text()
        yield address, psutil.Process(process.pid)
    finally:
        process.kill()
        process.wait(20)


class TestHowMany:
    def test_one_where_nothing_is_said(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("STOCKPOT_API_WORKERS", "")
        assert api_workers() == 1

    @pytest.mark.parametrize("value", ["two", "0"])
    def test_what_serves_nobody_is_refused_by_name(self, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
        monkeypatch.setenv("STOCKPOT_API_WORKERS", value)
        with pytest.raises(CannotRunError, match=f"STOCKPOT_API_WORKERS is '{value}': it wants a whole number from 1"):
            api_workers()


class TestSeveral:
    def test_one_that_is_killed_is_replaced_and_somebody_answers_meanwhile(
        self, served: tuple[str, psutil.Process]
    ) -> None:
        address, parent = served
        killed, other = parent.children()
        killed.kill()
        with httpx.Client(base_url=address, trust_env=False, timeout=30) as client:
            assert client.get("/readyz").json()["status"] == "ok"
        assert wait_until(lambda: len({each.pid for each in parent.children()} - {killed.pid}) == 2, 30)
        assert other in parent.children()

    def test_none_stays_behind_when_the_first_is_killed(self, served: tuple[str, psutil.Process]) -> None:
        _, parent = served
        children = parent.children()
        parent.kill()
        assert len(children) == 2
        assert psutil.wait_procs(children, 10)[1] == []

    def test_all_of_them_end_when_asked(self, served: tuple[str, psutil.Process]) -> None:
        address, parent = served
        children = parent.children()
        parent.terminate()
        assert psutil.wait_procs(children, 15)[1] == []
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{address}/healthz", trust_env=False)
