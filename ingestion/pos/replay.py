"""Quarantined rows of tills' files, tried again: the mapping that was declared then, the cells as they are repaired."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ingestion.pos.cells import BadCell
from ingestion.pos.formats.record import Cells, from_text
from ingestion.pos.lines import OrderLine, Place, row_key
from ingestion.pos.load import DATASET, ensure_tables, known_rows, load_rows, record
from ingestion.pos.mapping import parse_mapping
from ingestion.pos.parsing import LineParser
from ingestion.pos.places import all_places, places_of
from ingestion.quarantine.rows import Outcome, Problem, Row
from ingestion.warehouse import connect, one_load_at_a_time

LOADED = "select quarantine_id from raw_pos.order_lines where quarantine_id = any(%s)"
SAME_FILE = "select row_id from raw_pos.order_lines where row_id = any(%s) and file_sha256 = %s"
EQUALS = 100
"""A file holds fewer identical lines of one order than this."""


@dataclass(frozen=True)
class Mended:
    """A row that is an order line now."""

    row: Row
    place: Place
    line: OrderLine


def replay(url: str, rows: Sequence[Row]) -> list[Outcome]:
    """Load the rows that are order lines now, each once: a loaded line knows which quarantined row it was."""
    ensure_tables(url)
    known = all_places(url)
    with one_load_at_a_time(url, DATASET):
        there = _loaded(url, [row.id for row in rows])
        outcomes = [Outcome(row_id) for row_id in there]
        mended: list[Mended] = []
        for row in rows:
            if row.id not in there:
                found = _read(row, known)
                if isinstance(found, Mended):
                    mended.append(found)
                else:
                    outcomes.append(Outcome(row.id, problem=found))
        return outcomes + _load(url, mended)


def _read(row: Row, known: dict[str, Place]) -> Mended | Problem:
    mapping = parse_mapping(row.context["mapping"], f"of row {row.id}")
    extra = [name for name, text in row.current.items() if name.startswith("extra ") and text]
    missing = [name for name, text in row.current.items() if text is None]
    if row.context.get("is_misshapen") and (extra or missing):
        return Problem("wrong_width", f"still without a column or a value: {', '.join((*extra, *missing))}")
    places = places_of(known, row.location_code, mapping.currency)
    try:
        read = LineParser(mapping, places).parse(_cells(row))
    except BadCell as error:
        return error.problem()
    return Mended(row, read.place, read.line)


def _cells(row: Row) -> Cells:
    """Repaired cells are text in the file's own way of writing; the others are what they were."""
    typed: dict[str, str] = row.context.get("typed", {})
    return {
        name: from_text(text, typed[name]) if text is not None and name in typed and name not in row.repaired else text
        for name, text in row.current.items()
    }


def _load(url: str, mended: list[Mended]) -> list[Outcome]:
    now = datetime.now(UTC)
    records: dict[int, dict[str, Any]] = {}
    taken: Counter[tuple[str, str]] = Counter()
    for each in mended:
        row, text = each.row, each.line.canonical(each.place.code)
        keys = [row_key(text, number) for number in range(1, EQUALS + 1)]
        occurrence = _same_file(url, keys, row.file_sha256) + taken[text, row.file_sha256] + 1
        taken[text, row.file_sha256] += 1
        key = row_key(text, occurrence)
        if not known_rows(url, [key]) and key not in {each["row_id"] for each in records.values()}:
            origin = {"name": row.file, "number": row.line or 0, "sha256": row.file_sha256}
            records[row.id] = {
                **record(key, occurrence, each.place, each.line, **origin, now=now),  # type: ignore[arg-type]
                "quarantine_id": row.id,
            }
    load_id = ", ".join(load_rows(url, records.values()).load_ids) if records else None
    return [Outcome(each.row.id, load_id if each.row.id in records else None) for each in mended]


def _same_file(url: str, keys: list[str], sha256: str) -> int:
    """How many equal lines of the same file are loaded: this one comes after them.

    An equal line of another file is the same sale, because exports overlap.
    """
    with connect(url) as session:
        return len(session.execute(SAME_FILE, [keys, sha256]).fetchall())


def _loaded(url: str, row_ids: list[int]) -> list[int]:
    with connect(url) as session:
        return [row_id for (row_id,) in session.execute(LOADED, [row_ids])]
