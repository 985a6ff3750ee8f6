"""Loads price lists: offers into `raw_supplier_catalogs.prices` through dlt, the rest into the quarantine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from ingestion.documents.seen import Seen
from ingestion.documents.values import digest
from ingestion.errors import RetypedColumn
from ingestion.quarantine.rows import Problem, Rejected
from ingestion.quarantine.store import put
from ingestion.quarantine.table import ensure_table
from ingestion.supplier_catalogs.lists import ListRow, PriceList
from ingestion.supplier_catalogs.offers import BadOffer, OfferParser
from ingestion.supplier_catalogs.rows import (
    DATASET,
    SCHEMA,
    Origin,
    Placed,
    is_made,
    known_rows,
    placed_at,
    price_rows,
    record,
)
from ingestion.warehouse import connect, one_load_at_a_time, run_dlt

SOURCE = "supplier_catalogs"
CHUNK_ROWS = 5_000
ENOUGH_ROWS = 20

Progress = Callable[[int], None]

MENDED_FILE = """
update raw_quarantine.rows as waiting set state = 'loaded', replayed_load = %(load)s, replayed_at = now()
from raw_supplier_catalogs.prices as loaded
where waiting.source = 'supplier_catalogs' and waiting.state in ('pending', 'repaired') and waiting.file = %(file)s
  and waiting.context ->> 'supplier' = %(supplier)s and waiting.file_sha256 <> loaded.file_sha256
  and loaded.file_sha256 = %(sha256)s and loaded.supplier_code = %(supplier)s and loaded.source_line = waiting.line
  and loaded.supplier_sku = trim(waiting.values ->> (waiting.context #>> '{mapping,columns,supplier_sku}'))
"""
"""A mended file of the same name: the line is the same, and so is its article."""


@dataclass
class Figures:
    """Counts of one list: every row read is loaded, known, repeated or quarantined."""

    rows_read: int = 0
    rows_loaded: int = 0
    rows_known: int = 0
    rows_quarantined: int = 0
    rows_newly_quarantined: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    def as_dict(self) -> dict[str, Any]:
        """The figures for people and programs."""
        return {
            "rows_read": self.rows_read,
            "rows_loaded": self.rows_loaded,
            "rows_already_known": self.rows_known,
            "rows_quarantined": self.rows_quarantined,
            "rows_newly_quarantined": self.rows_newly_quarantined,
            "quarantine_reasons": dict(self.reasons.most_common(30)),
        }


def load_list(
    prices: PriceList, origin: Origin, url: str, *, progress: Progress | None = None, folder: Path | None = None
) -> Figures:
    """Load every offer of a list that is not there yet, quarantine what is none; give what was found."""
    figures = Figures()
    with one_load_at_a_time(url, DATASET), Seen() as seen:
        chunks = _new_chunks(prices, origin, url, seen, figures, progress)
        first = next(chunks, None)
        if first is not None or not is_made(url):  # a list that is known costs no load
            load = run_dlt(price_rows(chain([first] if first else [], chunks)), dataset=DATASET, url=url, folder=folder)
            _settle(url, origin, ", ".join(load.load_ids))
    return figures


def _settle(url: str, origin: Origin, load_id: str) -> None:
    """Rows that waited and stand mended in a file of the same name, on their line, are loaded now."""
    values = {"load": load_id, "file": origin.file, "sha256": origin.sha256, "supplier": origin.supplier.code}
    with connect(url) as session:
        ensure_table(session)
        session.execute(MENDED_FILE, values)


def _new_chunks(
    prices: PriceList, origin: Origin, url: str, seen: Seen, figures: Figures, progress: Progress | None
) -> Iterator[pa.Table]:
    """Arrow tables of the offers that the warehouse does not have; what is none goes to quarantine on the way."""
    parser, now, rows = OfferParser(origin.mapping, origin.supplier), datetime.now(UTC), prices.rows()
    while batch := list(islice(rows, CHUNK_ROWS)):
        good, bad = _sorted_out(batch, parser, origin, seen, figures)
        if not figures.rows_read:
            _check_first(origin.file, len(good) + figures.rows_known, bad)
        known = known_rows(url, origin, good)
        new = [each for each in good if each.row_id not in known]
        figures.rows_read += len(batch)
        figures.rows_known += len(good) - len(new)
        figures.rows_loaded += len(new)
        figures.rows_quarantined += len(bad)
        figures.rows_newly_quarantined += put(url, bad) if bad else 0
        if progress:
            progress(figures.rows_read)
        if new:
            yield pa.Table.from_pylist([record(each, origin, now) for each in new], SCHEMA)


def _check_first(file: str, good: int, bad: list[Rejected]) -> None:
    """Stop where not single rows but the list's form has changed: a column that fails for one reason in every row."""
    kinds = {(row.problem.column, row.problem.code) for row in bad}
    if good or len(bad) < ENOUGH_ROWS or len(kinds) > 1:
        return
    problem = bad[0].problem
    raise RetypedColumn(
        f"{file}: the first {len(bad):,} rows all fail in {problem.column or 'their form'!r} ({problem.message}); "
        "the list or its mapping has changed, and nothing was loaded"
    )


def _sorted_out(
    batch: list[ListRow], parser: OfferParser, origin: Origin, seen: Seen, figures: Figures
) -> tuple[list[Placed], list[Rejected]]:
    good: list[Placed] = []
    bad: list[Rejected] = []
    for row in batch:
        placed = _taken(row, parser, origin, seen)
        if isinstance(placed, Problem):
            figures.reasons[placed.code] += 1
            bad.append(_rejected(row, placed, origin, seen))
        elif placed is None:
            figures.rows_known += 1
        else:
            good.append(placed)
    return good, bad


def _taken(row: ListRow, parser: OfferParser, origin: Origin, seen: Seen) -> Placed | Problem | None:
    """The row's offer, why it is none, or None for a line that stands in the list twice, word for word."""
    if row.problem:
        return row.problem
    try:
        placed = placed_at(parser.parse(row.values), row.line, origin)
    except BadOffer as error:
        return _at(row, error.problem)
    times, _ = seen.count(f"row {placed.row_id}", row.line)
    if times > 1:
        return None
    offer = placed.offer
    times, first = seen.count(f"article {offer.supplier_sku} {offer.valid_from}", row.line)
    if times > 1:
        assert origin.mapping.columns is not None
        message = f"the article {offer.supplier_sku!r} stands on line {first} too, with other terms for the same days"
        return _at(row, Problem("article_twice", message, origin.mapping.columns.supplier_sku))
    return placed


def _at(row: ListRow, problem: Problem) -> Problem:
    """The problem with its path, where the row is a line of a document."""
    path = row.paths.get("")
    return Problem(problem.code, problem.message, f"{path}:{problem.column}") if path else problem


def _rejected(row: ListRow, problem: Problem, origin: Origin, seen: Seen) -> Rejected:
    values = {name: row.values[name] for name in sorted(row.values)}
    content = digest(origin.supplier.code, values or [origin.sha256, row.line, problem.code], row.raw_text)
    times, _ = seen.count(f"bad {content}", row.line)
    return Rejected(
        source=SOURCE,
        row_key=digest(content, times),
        file=origin.file,
        file_sha256=origin.sha256,
        problem=problem,
        values=row.values,
        line=row.line,
        raw_text=row.raw_text,
        context=origin.context,
    )
