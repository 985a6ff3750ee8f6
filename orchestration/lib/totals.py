"""What passes on its way into a file, counted: rows, and the exact sum of every column of numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc


class Totals:
    """Rows and sums of the batches that `passing` let through; sums are exact, at the column's own scale."""

    def __init__(self, schema: pa.Schema) -> None:
        self.rows = 0
        self.sums = {field.name: _zero(field.type) for field in schema if is_number(field.type)}
        self.sizes = {name: Decimal(0) for name in self.sums}
        """Sums of absolute values: what a rounding error of a spreadsheet's numbers is measured against."""

    def passing(self, batches: Iterable[pa.Table]) -> Iterator[pa.Table]:
        """The same batches, counted."""
        for batch in batches:
            self.rows += batch.num_rows
            for name in self.sums:
                self._add(name, batch.column(name))
            yield batch

    def _add(self, name: str, column: pa.ChunkedArray) -> None:
        self.sums[name] += _decimal(pc.sum(column).as_py())
        self.sizes[name] += _decimal(pc.sum(pc.abs(column)).as_py())

    def described(self) -> dict[str, str]:
        """The sums as texts, for a manifest."""
        return {name: format(total, "f") for name, total in self.sums.items()}


def is_number(kind: pa.DataType) -> bool:
    """Whether a column of this type has a sum that is exact."""
    return bool(pa.types.is_decimal(kind) or pa.types.is_integer(kind))


def _zero(kind: pa.DataType) -> Decimal:
    return Decimal(0).scaleb(-kind.scale) if pa.types.is_decimal(kind) else Decimal(0)


def _decimal(value: Decimal | int | None) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(value or 0)
