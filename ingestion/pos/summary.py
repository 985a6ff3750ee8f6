"""What an import found: every line read is loaded, already known or quarantined."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from ingestion.pos.reader import BadRow, GoodRow

Order = tuple[str, date]  # tills start their numbers again, so an order is a number on a day


@dataclass
class Summary:
    """Counts of one file; `units` and `total` are those of its good lines, new or known."""

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
    lines_of: Counter[Order] = field(default_factory=Counter)
    stated: dict[Order, set[int]] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, rows: Iterable[GoodRow | BadRow], known: set[str]) -> None:
        """Count some rows, of which those in `known` were there before."""
        for row in rows:
            self.lines_read += 1
            if isinstance(row, GoodRow):
                self._add_good(row, is_known=row.row_id in known)
            else:
                self._add_bad(row)

    def _add_good(self, row: GoodRow, *, is_known: bool) -> None:
        line, order = row.line, (row.line.order_number, row.line.business_day)
        self.lines_known += is_known
        self.lines_loaded += not is_known
        self.duplicate_lines += row.occurrence > 1
        self.units += line.quantity
        self.total += line.line_total
        self.lines_of[order] += 1
        if line.stated_line_count is not None:
            self.stated.setdefault(order, set()).add(line.stated_line_count)

    def _add_bad(self, row: BadRow) -> None:
        self.lines_quarantined += 1
        self.quarantined_units += row.quantity or 0
        self.quarantined_total += row.line_total or 0
        self.reasons[f"{row.column}: {row.reason}" if row.column else row.reason] += 1

    @property
    def wrong_line_counts(self) -> int:
        """Orders whose stated number of lines differs from the lines that there are."""
        return sum(stated != {self.lines_of[order]} for order, stated in self.stated.items())

    def as_dict(self) -> dict[str, Any]:
        """The figures for people and programs; quantities and money as plain decimal strings."""
        return {
            "lines_read": self.lines_read,
            "lines_loaded": self.lines_loaded,
            "lines_already_known": self.lines_known,
            "lines_quarantined": self.lines_quarantined,
            "lines_newly_quarantined": self.quarantined_new,
            "orders": len(self.lines_of),
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
