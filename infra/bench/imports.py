"""`stockpot bench import`: a catalog through the whole import, beside a COPY of the same rows into plain tables."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

from infra.bench.scans import machine
from infra.bench.scratch import ean13, scratch_database
from infra.local.environment import Environment
from infra.local.errors import CannotRunError
from infra.local.services import ROOT

CALL = "from infra.cli import main; main()"
LIMIT_SECONDS, LIMIT_MB = 60, 300
COLUMNS = ("sku", "name", "category", "stock_unit", "barcode", "pack_quantity", "pack_unit", "shelf_life_days")
CATEGORIES = ("Dry goods", "Dairy", "Produce", "Meat", "Fish", "Drinks", "Frozen", "Packaging")
FLOOR = """
create schema plain;
create table plain.products (sku text primary key, name text, category text, stock_unit text, shelf_life_days integer);
create table plain.barcodes (code text primary key, sku text, pack_quantity numeric, pack_unit text);
"""


def run(
    *, environment: Environment, rows: int = 100_000, progress: Callable[[str], None] = lambda _: None
) -> dict[str, Any]:
    """Import `rows` generated products, then the same file again, and give seconds, memory and the ratio to COPY.

    Raises:
        CannotRunError: the server is not an embedded one, or the import did not load every row.
    """
    with scratch_database(environment, progress) as (admin_url, here), tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "catalog.csv"
        _write(file, rows)
        progress(f"floor: COPY of {rows:,} rows into plain tables")
        floor = _floor(admin_url, file)
        progress(f"import of {rows:,} products")
        seconds, peak, figures = _import(here, file)
        if figures["rows"]["loaded"] != rows:
            raise CannotRunError(f"of {rows} rows {figures['rows']['loaded']} were loaded")
        progress("the same file again")
        again_seconds, again_peak, again = _import(here, file)
        if again["rows"]["unchanged"] != rows:
            raise CannotRunError(f"of {rows} known rows {again['rows']['unchanged']} were unchanged")
        size = file.stat().st_size
    return {
        "rows": rows,
        "file_mb": round(size / 1e6, 1),
        "seconds": round(seconds, 1),
        "rows_per_second": round(rows / seconds),
        "peak_mb": round(peak),
        "again_seconds": round(again_seconds, 1),
        "again_peak_mb": round(again_peak),
        "floor_seconds": round(floor, 2),
        "floor_rows_per_second": round(rows / floor),
        "ratio": round(floor / seconds, 3),
        "limit_seconds": LIMIT_SECONDS,
        "limit_mb": LIMIT_MB,
        "machine": machine(),
    }


def _write(file: Path, rows: int) -> None:
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        for number in range(rows):
            category = CATEGORIES[number % len(CATEGORIES)]
            name = f"Product {number} of the kitchen, {category.lower()}"
            writer.writerow(
                (f"BENCH-{number:06d}", name, category, "g", ean13(f"21{number:010d}"), number % 24 + 1, "kg", 30)
            )


def _floor(admin_url: str, file: Path) -> float:
    """Seconds for reading the file and copying it into two plain tables with one key each, committed."""
    with psycopg.connect(admin_url) as connection, file.open(encoding="utf-8", newline="") as stream:
        connection.execute(FLOOR)
        connection.commit()
        started_at = time.perf_counter()
        lines = list(csv.reader(stream))[1:]
        with connection.cursor() as cursor:
            with cursor.copy("copy plain.products from stdin") as copy:
                for line in lines:
                    copy.write_row((*line[:4], line[7]))
            with cursor.copy("copy plain.barcodes from stdin") as copy:
                for line in lines:
                    copy.write_row((line[4], line[0], line[5], line[6]))
        connection.commit()
        return time.perf_counter() - started_at


def _import(environment: Environment, file: Path) -> tuple[float, float, dict[str, Any]]:
    """Seconds and peak megabytes of `stockpot import products` as people run it, and what it answered."""
    command = [sys.executable, "-c", CALL, "import", "products", str(file), "--json"]
    started_at = time.perf_counter()
    with tempfile.TemporaryFile() as answer, tempfile.TemporaryFile() as said:
        child = subprocess.Popen(command, stdout=answer, stderr=said, cwd=ROOT, env=environment.for_child())
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - started_at
        answer.seek(0)
        said.seek(0)
        if child.returncode:
            raise CannotRunError(f"the import failed: {said.read().decode().strip().splitlines()[-1:]}")
        figures: dict[str, Any] = json.loads(answer.read())
    return seconds, usage.ru_maxrss / 1024, figures
