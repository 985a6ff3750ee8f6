"""Parquet: rows batch by batch, values as they are typed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.errors import RetypedColumn, UnreadableFile
from ingestion.pos.formats.record import Cell, Cells, Record, as_text

BATCH_ROWS = 2_000
FLOAT_STEP = Decimal("0.000001")
"""Binary fractions have no exact decimals: they are rounded to the six that the warehouse keeps."""


class Parquet:
    """A Parquet file; a column of lists, maps or bytes that the mapping needs is refused by name."""

    def __init__(self, path: Path, needed: tuple[str, ...]) -> None:
        self._path = path
        try:
            with pq.ParquetFile(path) as file:
                schema: Any = file.schema_arrow
        except (OSError, pa.ArrowException) as error:
            raise UnreadableFile(f"{path.name} is no readable Parquet file: {error}") from error
        self.columns: list[str] = list(schema.names)
        nested = {field.name: field.type for field in schema if not _is_plain(field.type)}
        for name in needed:
            if name in nested:
                raise RetypedColumn(f"{path.name}: the column {name!r} is of the type {nested[name]}: no value")
        self._plain = [name for name in self.columns if name not in nested]

    def records(self) -> Iterator[Record]:
        """Rows are numbered from 1."""
        line = 0
        with pq.ParquetFile(self._path) as file:
            for batch in file.iter_batches(batch_size=BATCH_ROWS, columns=self._plain):
                for row in batch.to_pylist():
                    line += 1
                    cells: Cells = {name: _cell(value) for name, value in row.items()}
                    yield Record(line, cells, "\t".join(as_text(cell) for cell in cells.values()))


def _is_plain(kind: Any) -> bool:
    return not (pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _cell(value: Any) -> Cell:
    if value is None or isinstance(value, str | Decimal | datetime | date | time):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        decimal = Decimal(repr(value))
        return decimal.quantize(FLOAT_STEP) if decimal.is_finite() and abs(decimal) < 10**15 else decimal
    return Decimal(value) if isinstance(value, int) else str(value)
