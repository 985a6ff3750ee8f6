"""What has to be remembered of a whole file, on disk: memory stays the same however long the file is."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from itertools import islice
from types import TracebackType
from typing import Any, Self

from ingestion.quarantine.rows import Problem, Rejected

SCHEMA = """
pragma journal_mode = off; pragma synchronous = off; pragma cache_size = -8000; pragma temp_store = file;
create table seen (key blob primary key, times integer not null) without rowid;
create table orders (key text primary key, lines integer not null, low integer, high integer) without rowid;
create table rejected (row text not null);
create table mended (id integer not null);
"""
COUNT_ORDER = """
insert into orders values (?, ?, ?, ?) on conflict (key) do update set lines = lines + excluded.lines,
    low = coalesce(min(low, excluded.low), low, excluded.low),
    high = coalesce(max(high, excluded.high), high, excluded.high)
"""
AT_ONCE = 10_000


class Spool:
    """A scratch database for one file, gone when the file is done."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="stockpot-pos-")
        self._database = sqlite3.connect(f"{self._folder.name}/spool.sqlite3", isolation_level=None)
        self._database.executescript(SCHEMA)
        self._database.execute("begin")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()
        self._folder.cleanup()

    def occurrences(self, texts: Sequence[str]) -> list[int]:
        """For each text which one of its equals it is in the whole file, from 1."""
        keys = [hashlib.blake2b(text.encode("utf-8", "backslashreplace"), digest_size=16).digest() for text in texts]
        counts: Counter[bytes] = Counter(self._seen(list(dict.fromkeys(keys))))
        found = []
        for key in keys:
            counts[key] += 1
            found.append(counts[key])
        self._database.executemany("insert or replace into seen values (?, ?)", counts.items())
        return found

    def count_orders(self, lines: Iterable[tuple[str, int | None]]) -> None:
        """Count lines by order, with the number of lines that each says its order has."""
        many = ((order, 1, stated, stated) for order, stated in lines)
        self._database.executemany(COUNT_ORDER, many)

    def orders(self) -> tuple[int, int]:
        """How many orders there are, and how many of them have other lines than they say."""
        wrong = "count(*) filter (where low is not null and (low <> lines or high <> lines))"
        total, differing = self._database.execute(f"select count(*), {wrong} from orders").fetchone()  # noqa: S608
        return total, differing

    def reject(self, rows: Iterable[Rejected]) -> None:
        """Remember rows for the quarantine until the load is done."""
        self._database.executemany("insert into rejected values (?)", ((json.dumps(asdict(row)),) for row in rows))

    def rejected(self) -> Iterator[Rejected]:
        """The rows for the quarantine, in the order in which they came."""
        for (text,) in self._database.execute("select row from rejected order by rowid"):
            row: dict[str, Any] = json.loads(text)
            yield Rejected(**{**row, "problem": Problem(**row["problem"])})

    def mend(self, row_ids: Iterable[int]) -> None:
        """Remember quarantined rows that can be read now."""
        self._database.executemany("insert into mended values (?)", ((row_id,) for row_id in row_ids))

    def mended(self) -> Iterator[list[int]]:
        """Their ids, some thousands at a time."""
        rows = self._database.execute("select id from mended")
        while batch := [row_id for (row_id,) in islice(rows, AT_ONCE)]:
            yield batch

    def _seen(self, keys: list[bytes]) -> dict[bytes, int]:
        holders = ", ".join("?" * len(keys))
        return dict(self._database.execute(f"select key, times from seen where key in ({holders})", keys))  # noqa: S608
