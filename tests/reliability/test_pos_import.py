"""Tills' files under kills and at length: each row once however often the import is killed, memory the same for any length.

Each import runs in a process of its own, forked from one that has the libraries loaded. Kills fall at random moments of
the time that an uninterrupted import takes. Under `make soak`: 30 kills of 20,000 lines, and 400,000 lines at length.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import resource
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from ingestion.pos.cli import import_file
from ingestion.pos.mapping import parse_mapping
from tests.ingestion.conftest import Kitchen, make_kitchen
from tests.reliability.sizes import size

pytestmark = [pytest.mark.reliability, pytest.mark.pipeline]

KILLS = size(3, 30)
LINES = size(1_000, 20_000)
LONG = size(20_000, 200_000)
GROWTH_KB = size(18, 25) * 1024
BAD_EVERY = 20
MAPPING = {
    "location": "RIV",
    "columns": {
        "order_number": "bill",
        "ordered_at": "when",
        "item_name": "item",
        "quantity": "qty",
        "unit_price": "price",
    },
}
LOADED = """
select row_id, source_line, order_number, item_name, quantity, line_total from raw_pos.order_lines
where source_file = %s order by row_id
"""
WAITING = "select row_key, line, code, state from raw_quarantine.rows where file = %s order by row_key"
PROCESSES: Any = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["dlt", "dlt.destinations", "ingestion.pos.cli", __name__])


def run_import(path: str, url: str, home: str, report: Connection) -> None:
    """What the child does: import, and say what it cost."""
    os.environ["STOCKPOT_HOME"] = home
    started_at = time.monotonic()
    figures = import_file(path, mapping=parse_mapping(MAPPING), warehouse_url=url)
    report.send((figures, time.monotonic() - started_at, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))


@pytest.fixture(scope="module")
def till(
    clone_database: Callable[[str], Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Kitchen, Path]]:
    """A restaurant of these tests' own, and the home that its imports work in."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        yield make_kitchen(clone_database("pos_import"), home, patch), home


def sales(folder: Path, name: str, lines: int) -> Path:
    """A file of orders of ten lines each; every twentieth line has no quantity that is one."""
    path = folder / name
    with path.open("w") as stream:
        stream.write("bill,when,item,qty,price\n")
        for number in range(lines):
            quantity = "two" if number % BAD_EVERY == 7 else number % 3 + 1
            moment = f"2026-{1 + number // 10 % 12:02}-{1 + number // 120 % 28:02} 12:{number // 10 % 60:02}"
            stream.write(f"{name}-{number // 10},{moment},Item {number % 10},{quantity},{number % 1000}.50\n")
    return path


def start(path: Path, till: tuple[Kitchen, Path]) -> tuple[Any, Connection]:
    mine, theirs = PROCESSES.Pipe(duplex=False)
    process = PROCESSES.Process(target=run_import, args=(str(path), till[0].pipeline_url, str(till[1]), theirs))
    process.start()
    theirs.close()
    return process, mine


def finish(path: Path, till: tuple[Kitchen, Path]) -> tuple[dict[str, Any], float, int]:
    process, mine = start(path, till)
    with mine:
        answer: tuple[dict[str, Any], float, int] = mine.recv()
    process.join()
    assert process.exitcode == 0
    return answer


class TestKill:
    def test_rows_are_those_of_an_import_that_was_left_alone(self, till: tuple[Kitchen, Path], tmp_path: Path) -> None:
        """Killed at random moments, then run to its end: loaded and quarantined rows as they should be, none twice."""
        seed = random.randrange(1 << 30)
        chance = random.Random(seed)
        _, usual, _ = finish(sales(tmp_path, "first.csv", LINES // 2), till)
        path = sales(tmp_path, "killed.csv", LINES)
        killed = 0
        for round_ in range(KILLS):
            process, mine = start(path, till)
            process.join(chance.uniform(0.05, 0.5 if round_ == 0 else 1.2) * usual)
            killed += process.is_alive()
            process.kill()
            process.join()
            mine.close()
        figures, _, _ = finish(path, till)
        bad = len(range(7, LINES, BAD_EVERY))
        assert killed, f"no import was killed: seed {seed}"
        assert (figures["lines_read"], figures["lines_quarantined"]) == (LINES, bad), seed

        kitchen = till[0]
        rows = kitchen.read(LOADED, "killed.csv")
        assert (len(rows), len({row[0] for row in rows})) == (LINES - bad, LINES - bad), seed
        lines = {line for _, line, *_ in rows} | {line for _, line, *_ in kitchen.read(WAITING, "killed.csv")}
        assert lines == set(range(2, LINES + 2)), seed
        total = sum((number % 3 + 1) * (number % 1000 + 0.5) for number in range(LINES) if number % BAD_EVERY != 7)
        assert float(sum(row[5] for row in rows)) == total, seed
        again, _, _ = finish(path, till)
        assert (again["lines_loaded"], again["lines_newly_quarantined"]) == (0, 0), seed
        assert kitchen.read(LOADED, "killed.csv") == rows


class TestMemory:
    def test_a_file_of_twice_the_length_takes_no_more_memory(self, till: tuple[Kitchen, Path], tmp_path: Path) -> None:
        """One row held in memory costs about a kilobyte: keeping the rows of the second half would be 40 MB and more."""
        _, _, short = finish(sales(tmp_path, "short.csv", LONG), till)
        figures, _, long = finish(sales(tmp_path, "long.csv", 2 * LONG), till)
        assert figures["lines_read"] == 2 * LONG
        assert long - short < GROWTH_KB, f"{short:,} kB for {LONG:,} lines, {long:,} kB for twice as many"
