"""What a file has said so far, in a file of its own: memory stays the same however long the file is."""

from __future__ import annotations

import sqlite3
from types import TracebackType
from typing import Self

COUNT = "insert into seen values (?, 1, ?) on conflict (key) do update set times = times + 1 returning times, line"


class Seen:
    """Counts keys and remembers the line of each one's first time; gone when it is closed."""

    def __enter__(self) -> Self:
        self._file = sqlite3.connect("")  # a temporary database, on disk once it outgrows its cache
        self._file.execute("create table seen (key text primary key, times integer, line integer) without rowid")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def count(self, key: str, line: int) -> tuple[int, int]:
        """How often the key was seen, this time included, and where first."""
        times, first = self._file.execute(COUNT, (key, line)).fetchone()
        return int(times), int(first)
