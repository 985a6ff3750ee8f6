"""Loads quarantined rows again: each source's own parser and load take them, as they took the file."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from ingestion.errors import UnknownRow, UnrepairableRow
from ingestion.quarantine.rows import Outcome, Row
from ingestion.quarantine.store import Filter, list_rows, make_quarantine, settle, show
from ingestion.quarantine.table import DATASET
from ingestion.warehouse import connect, one_load_at_a_time

CHUNK_ROWS = 1_000

Replayer = Callable[[str, Sequence[Row]], list[Outcome]]
"""Loads rows by their `current` values and gives one outcome for each.

It must load a row once: it may be called again with rows whose load ended without being noted here.
"""

REPLAYERS: dict[str, str] = {
    "pos": "ingestion.pos.replay:replay",
    "invoices": "ingestion.invoices.replay:replay",
    "supplier_catalogs": "ingestion.supplier_catalogs.replay:replay",
}
"""Source → its replayer, named so that a source is imported only when its rows are replayed."""

WHOLE_FILES = "ingestion.drops.refused:replay"
"""Files that were refused as a whole, of every source."""


@dataclass(frozen=True)
class Replayed:
    """How many rows were tried, are loaded now, were found loaded already, and failed again."""

    tried: int = 0
    loaded: int = 0
    known: int = 0
    failed: int = 0

    def plus(self, outcomes: Sequence[Outcome]) -> Replayed:
        """These figures and those of more outcomes."""
        failed = sum(outcome.problem is not None for outcome in outcomes)
        loaded = sum(outcome.load_id is not None for outcome in outcomes)
        return Replayed(
            self.tried + len(outcomes),
            self.loaded + loaded,
            self.known + len(outcomes) - failed - loaded,
            self.failed + failed,
        )


def replay(url: str, row_ids: Sequence[int] = (), chosen: Filter | None = None) -> Replayed:
    """Load the named rows again, or every repaired row of `chosen`; what fails again stays with its new reason.

    Named rows may be pending: they are tried as they stand, which helps where not the row but its surroundings were
    wrong. Raises UnknownRow, and UnrepairableRow for a named row that is loaded or discarded.
    """
    make_quarantine(url)
    figures = Replayed()
    with one_load_at_a_time(url, DATASET):
        for batch in _named(url, row_ids) if row_ids else _repaired(url, chosen or Filter()):
            for source, is_whole_file in dict.fromkeys(_way(row) for row in batch):
                rows = [row for row in batch if _way(row) == (source, is_whole_file)]
                outcomes = replayer_of(source, is_whole_file=is_whole_file)(url, rows)
                _check(rows, outcomes)
                with connect(url) as session:
                    settle(session, outcomes)
                figures = figures.plus(outcomes)
    return figures


def _way(row: Row) -> tuple[str, bool]:
    return row.source, "whole_file" in row.context


def replayer_of(source: str, *, is_whole_file: bool = False) -> Replayer:
    """The function that loads a source's rows again, or tells of its whole files."""
    if source not in REPLAYERS and not is_whole_file:
        raise UnrepairableRow(f"rows of {source!r} cannot be replayed; send their file again, mended")
    module, _, name = (WHOLE_FILES if is_whole_file else REPLAYERS[source]).partition(":")
    found: Replayer = getattr(importlib.import_module(module), name)
    return found


def _named(url: str, row_ids: Sequence[int]) -> Iterator[list[Row]]:
    rows = [show(url, row_id) for row_id in dict.fromkeys(row_ids)]
    settled = [row for row in rows if row.state in {"loaded", "discarded"}]
    if settled:
        raise UnrepairableRow("; ".join(f"row {row.id} is {row.state} already" for row in settled))
    yield from (rows[start : start + CHUNK_ROWS] for start in range(0, len(rows), CHUNK_ROWS))


def _repaired(url: str, chosen: Filter) -> Iterator[list[Row]]:
    page = replace(chosen, states=("repaired",), limit=CHUNK_ROWS)
    while rows := list_rows(url, page):
        yield rows
        page = replace(page, after=rows[-1].id)


def _check(rows: Sequence[Row], outcomes: Sequence[Outcome]) -> None:
    """A replayer that forgot a row would leave it repaired for ever without a word."""
    if sorted(row.id for row in rows) != sorted(outcome.row_id for outcome in outcomes):
        raise UnknownRow(f"the replay of {rows[0].source!r} did not say what became of every row")
