"""Homes that PostgreSQL's own user can reach, and the assurance that nothing is left running in them."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from infra.local.environment import DATABASE_ROLES
from infra.local.home import Home
from infra.local.processes import free_port


def processes_of(home: Home) -> list[str]:
    """The command lines that name the home's folder, or carry its mark."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            marked = process.environ().get("STOCKPOT_STACK") == str(home.path)
            if marked or any(str(home.path) in part for part in process.cmdline()):
                found.append(" ".join(process.cmdline()))
    return found


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A new home under /tmp with ports of its own; the environment points at it and at nothing else."""
    for name in (*DATABASE_ROLES, "REDIS_URL", "STOCKPOT_POSTGRES_PORT", "STOCKPOT_REDIS_PORT"):
        monkeypatch.delenv(name, raising=False)
    path = Path(tempfile.mkdtemp(prefix="stockpot-home-", dir="/tmp"))
    path.chmod(0o755)
    monkeypatch.setenv("STOCKPOT_HOME", str(path))
    for part in ("API", "DASHBOARDS", "DAGSTER"):
        monkeypatch.setenv(f"STOCKPOT_{part}_PORT", str(free_port()))
    yield Home(path)
    left = processes_of(Home(path))
    shutil.rmtree(path, ignore_errors=True)
    assert left == []
