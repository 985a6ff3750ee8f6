"""`stockpot bench scans`: scans per second through the whole service, beside a plain floor on the same server."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from infra.bench import floor
from infra.bench.scratch import Bench, scratch
from infra.local.environment import Environment
from infra.local.errors import CannotRunError
from infra.local.processes import LOOPBACK
from infra.local.services import ROOT
from infra.local.variables import api_workers

WARM_UP_SECONDS = 3
REQUIRED = {1: 0.20}
TARGETS = {1: 0.30, 50: 0.60}


def run(
    *,
    environment: Environment,
    seconds: int = 20,
    clients: int = 32,
    batch: int = 1,
    progress: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Measure floor, service, floor, so that a drifting machine favours neither, and give figures and their ratio.

    `batch` scans travel in each request; the floor takes as many per transaction.

    Raises:
        CannotRunError: something did not start, or an answer was not `posted`.
    """
    half = max(2, seconds // 2)
    with scratch(environment, progress) as bench, tempfile.TemporaryDirectory() as folder:
        floor.make_tables(bench.admin_url)

        def plain(protocol: str = "simple") -> float:
            return floor.measure(
                bench.admin_url, Path(folder), seconds=half, clients=clients, batch=batch, protocol=protocol
            )

        progress(f"floor: pgbench, {clients} clients, {half} s")
        before = plain()
        progress(f"service: {clients} clients, {batch} per request, {seconds} s")
        service = load(bench, seconds=seconds, clients=clients, batch=batch)
        progress(f"floor again: {half} s")
        floors = [before, plain()]
        progress(f"floor with prepared statements: {half} s")
        prepared = plain("prepared")
    rate = service["requests"] * batch / service["seconds"]
    ratio = rate / (sum(floors) / 2)
    return {
        "scans_per_second": round(rate, 1),
        "p50_ms": service["p50_ms"],
        "p95_ms": service["p95_ms"],
        "floor_per_second": round(sum(floors) / 2, 1),
        "floors": [round(each, 1) for each in floors],
        "prepared_floor_per_second": round(prepared, 1),
        "ratio": round(ratio, 3),
        "ratio_to_prepared": round(rate / prepared, 3),
        "required_ratio": REQUIRED.get(batch),
        "target_ratio": TARGETS.get(batch),
        "clients": clients,
        "scans_per_request": batch,
        "seconds": seconds,
        "api_workers": api_workers(),
        "machine": machine(),
    }


def machine() -> str:
    """What was measured on."""
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"


def load(bench: Bench, *, seconds: int, clients: int, batch: int, page: str = "", rate: float = 0) -> dict[str, Any]:
    """Run the load generator in a process of its own.

    Raises:
        CannotRunError: it failed, or an answer was not what it should be.
    """
    order = {
        "host": LOOPBACK,
        "port": bench.port,
        "token": bench.token,
        "location_id": bench.location_id,
        "codes": bench.codes,
        "clients": clients,
        "batch": batch,
        "seconds": seconds,
        "warm_up": WARM_UP_SECONDS,
        "page": page,
        "rate": rate,
    }
    done = subprocess.run(
        [sys.executable, "-m", "infra.bench.load"],
        input=json.dumps(order),
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    if done.returncode:
        raise CannotRunError(f"the load generator failed: {(done.stderr.strip() or 'no message').splitlines()[-1]}")
    result: dict[str, Any] = json.loads(done.stdout)
    if result["failed"] or not result["requests"]:
        raise CannotRunError(
            f"{result['failed']} requests were not answered well, the first: {result['first_failure']}"
        )
    return result
