"""`stockpot bench inventory`: pages of stock per second through the service, beside a plain select of such rows."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from infra.bench import floor
from infra.bench.scans import load, machine
from infra.bench.scratch import scratch
from infra.local.environment import Environment
from infra.local.variables import api_workers

ROWS = 50
RATE = 200
TARGET_RATIO = 0.25
TARGET_P95_MS = 50


def run(
    *,
    environment: Environment,
    seconds: int = 20,
    clients: int = 32,
    rate: int = RATE,
    progress: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Measure floor, service, floor, and then the time of an answer at `rate` requests a second.

    Raises:
        CannotRunError: something did not start, or an answer was not a page of 50 rows.
    """
    half = max(2, seconds // 2)
    with scratch(environment, progress) as bench, tempfile.TemporaryDirectory() as folder:
        floor.make_tables(bench.admin_url)
        page = f"/api/inventory?limit={ROWS}&location_id={bench.location_id}"

        def plain(protocol: str = "simple") -> float:
            return floor.measure_pages(
                bench.admin_url, Path(folder), seconds=half, clients=clients, rows=ROWS, protocol=protocol
            )

        progress(f"floor: pgbench, {clients} clients, {half} s")
        before = plain()
        progress(f"service: {clients} clients, {seconds} s")
        most = load(bench, seconds=seconds, clients=clients, batch=ROWS, page=page)
        progress(f"floor again: {half} s")
        floors = [before, plain()]
        progress(f"floor with prepared statements: {half} s")
        prepared = plain("prepared")
        progress(f"service: {rate} requests a second, {seconds} s")
        calm = load(bench, seconds=seconds, clients=clients, batch=ROWS, page=page, rate=rate)
    pages, plainly = most["requests"] / most["seconds"], sum(floors) / 2
    return {
        "pages_per_second": round(pages, 1),
        "floor_per_second": round(plainly, 1),
        "floors": [round(each, 1) for each in floors],
        "prepared_floor_per_second": round(prepared, 1),
        "ratio": round(pages / plainly, 3),
        "ratio_to_prepared": round(pages / prepared, 3),
        "target_ratio": TARGET_RATIO,
        "rate": rate,
        "rate_reached": round(calm["requests"] / calm["seconds"], 1),
        "p50_ms_at_rate": calm["p50_ms"],
        "p95_ms_at_rate": calm["p95_ms"],
        "target_p95_ms": TARGET_P95_MS,
        "rows": ROWS,
        "clients": clients,
        "seconds": seconds,
        "api_workers": api_workers(),
        "machine": machine(),
    }
