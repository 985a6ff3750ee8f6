"""What an import found: every line read is loaded, already known or quarantined."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ingestion.pos.reader import Chunk, GoodRow
from ingestion.pos.spool import Spool
from ingestion.quarantine.rows import Rejected


@dataclass
class Summary:
    """Counts of one file; `units` and `total` are those of its good lines, new or known.

    Tills start their numbers again, so an order is a number on a day in a restaurant.
    """

    lines_read: int = 0
    lines_loaded: int = 0
    lines_known: int = 0
    lines_quarantined: int = 0
    quarantined_new: int = 0
    units: Decimal = Decimal(0)
    total: Decimal = Decimal(0)
    quarantined_units: Decimal = Decimal(0)
    quarantined_total: Decimal = Decimal(0)
    duplicate_lines: int = 0
    orders: int = 0
    wrong_line_counts: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, chunk: Chunk, known: set[str], spool: Spool) -> None:
        """Count some rows, of which those in `known` were there before."""
        self.lines_read += len(chunk)
        for good in chunk.good:
            self._add_good(good, is_known=good.row_id in known)
        for bad in chunk.bad:
            self._add_bad(bad)
        spool.count_orders(
            (f"{row.place.code}\t{row.line.business_day}\t{row.line.order_number}", row.line.stated_line_count)
            for row in chunk.good
        )
        spool.reject(chunk.bad)

    def close(self, spool: Spool) -> None:
        """Take the figures that need the whole file."""
        self.orders, self.wrong_line_counts = spool.orders()

    def _add_good(self, row: GoodRow, *, is_known: bool) -> None:
        self.lines_known += is_known
        self.lines_loaded += not is_known
        self.duplicate_lines += row.occurrence > 1
        self.units += row.line.quantity
        self.total += row.line.line_total

    def _add_bad(self, row: Rejected) -> None:
        self.lines_quarantined += 1
        self.quarantined_units += Decimal(row.figures.get("quantity", 0))
        self.quarantined_total += Decimal(row.figures.get("line_total", 0))
        self.reasons[f"{row.problem.column}: {row.problem.code}" if row.problem.column else row.problem.code] += 1

    def as_dict(self) -> dict[str, Any]:
        """The figures for people and programs; quantities and money as plain decimal strings."""
        return {
            "lines_read": self.lines_read,
            "lines_loaded": self.lines_loaded,
            "lines_already_known": self.lines_known,
            "lines_quarantined": self.lines_quarantined,
            "lines_newly_quarantined": self.quarantined_new,
            "orders": self.orders,
            "units": _plain(self.units),
            "total": _plain(self.total),
            "quarantined_units": _plain(self.quarantined_units),
            "quarantined_total": _plain(self.quarantined_total),
            "units_in_file": _plain(self.units + self.quarantined_units),
            "total_in_file": _plain(self.total + self.quarantined_total),
            "exact_duplicate_lines": self.duplicate_lines,
            "orders_with_wrong_line_count": self.wrong_line_counts,
            "quarantine_reasons": dict(self.reasons.most_common(20)),
        }


def _plain(value: Decimal) -> str:
    """At least cents, no zeros that say nothing: 353847.40, 73591."""
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    whole, point, decimals = text.partition(".")
    return f"{whole}.{decimals.ljust(2, '0')}" if point else whole
