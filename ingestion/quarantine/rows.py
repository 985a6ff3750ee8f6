"""What is kept of a row that no load could take: where it stood, why, and all that a later try needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

State = Literal["pending", "repaired", "discarded", "loaded"]
STATES: tuple[State, ...] = ("pending", "repaired", "discarded", "loaded")

Values = Mapping[str, str | None]
"""A row's cells by the column's name in its file, as text; None where the row has no such cell."""


@dataclass(frozen=True)
class Problem:
    """Why a row cannot be loaded: a code for programs, a sentence for people, and the file's column."""

    code: str
    message: str
    column: str | None = None


@dataclass(frozen=True)
class Rejected:
    """A row as its source puts it aside.

    `row_key` is what the source recognises the row by: the same row of a file that comes again has the same key, and is
    kept once. `context` is what the source's replay needs beside the values (mapping, location, supplier); `figures`
    are quantities and money that could be read, so that a file's totals stay accounted for.
    """

    source: str
    row_key: str
    file: str
    file_sha256: str
    problem: Problem
    values: Values
    line: int | None = None
    raw_text: str = ""
    location_code: str | None = None
    context: Mapping[str, Any] = field(default_factory=dict)
    figures: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """A row in quarantine with what became of it; `values` never change, `repaired` stands in their place."""

    id: int
    source: str
    file: str
    file_sha256: str
    line: int | None
    column: str | None
    code: str
    message: str
    location_code: str | None
    values: dict[str, str | None]
    repaired: dict[str, str | None]
    raw_text: str
    context: dict[str, Any]
    figures: dict[str, str]
    state: State
    load_id: str | None
    quarantined_at: datetime
    changed_by: str | None
    changed_at: datetime | None
    discard_reason: str | None
    tries: int
    replayed_load: str | None
    replayed_at: datetime | None

    @property
    def current(self) -> dict[str, str | None]:
        """The values with their repairs."""
        return {**self.values, **self.repaired}


@dataclass(frozen=True)
class Outcome:
    """What a replay made of one row: the load that holds it now, or its new problem.

    `load_id` is None, too, where the row turned out to be loaded already.
    """

    row_id: int
    load_id: str | None = None
    problem: Problem | None = None
