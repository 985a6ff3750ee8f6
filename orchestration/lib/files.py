"""Rows as CSV, Parquet or XLSX files that a spreadsheet may open without running anything."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from orchestration.lib.errors import ExportFailed

DANGEROUS = r"^[=+\-@\t\r\n]"
"""What a spreadsheet may take for a formula when a text begins with it; numbers are never texts here."""
XLSX_ROWS = 1_048_575
CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

Batches = Iterable[pa.Table]


def write_csv(batches: Batches, schema: pa.Schema, path: Path) -> int:
    """Comma-separated UTF-8 with a header; a text that looks like a formula gets an apostrophe before it."""
    options = pa_csv.WriteOptions(include_header=True, quoting_style="needed")
    rows = 0
    with pa_csv.CSVWriter(str(path), _as_text(schema.empty_table()).schema, write_options=options) as writer:
        for batch in batches:
            writer.write_table(_as_text(batch))
            rows += batch.num_rows
    return rows


def write_parquet(batches: Batches, schema: pa.Schema, path: Path) -> int:
    """Parquet with the columns' own types."""
    rows = 0
    with pq.ParquetWriter(str(path), schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_table(batch)
            rows += batch.num_rows
    return rows


def write_xlsx(batches: Batches, schema: pa.Schema, path: Path) -> int:
    """One sheet; texts are written as texts and numbers as numbers, so nothing is taken for a formula or a link."""
    import xlsxwriter

    rows = 0
    with xlsxwriter.Workbook(str(path), {"constant_memory": True, "remove_timezone": True}) as book:
        book.set_properties({"created": datetime(2000, 1, 1)})  # noqa: DTZ001 - equal rows give equal bytes
        sheet = book.add_worksheet("report")
        formats = {"date": book.add_format({"num_format": "yyyy-mm-dd"})}
        formats["moment"] = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        sheet.freeze_panes(1, 0)
        for position, name in enumerate(schema.names):
            sheet.write_string(0, position, name)
        for batch in batches:
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                rows += 1
                if rows > XLSX_ROWS:
                    raise ExportFailed("a sheet holds 1,048,575 rows; export this report as csv or parquet")
                for position, value in enumerate(row):
                    _write_cell(sheet, rows, position, value, formats)
    return rows


WRITERS: dict[str, Callable[[Batches, pa.Schema, Path], int]] = {
    "csv": write_csv,
    "parquet": write_parquet,
    "xlsx": write_xlsx,
}


def sha256_of(path: Path) -> str:
    """The file's SHA-256 in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _as_text(table: pa.Table) -> pa.Table:
    """Texts made harmless, moments in ISO 8601; everything else as it is."""
    columns = [_harmless(column) for column in table.columns]
    return pa.table(dict(zip(table.column_names, columns, strict=True)))


def _harmless(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_timestamp(column.type):
        return pc.strftime(column, format="%Y-%m-%dT%H:%M:%SZ")
    if not pa.types.is_string(column.type):
        return column
    guarded = pc.binary_join_element_wise("'", column, "")
    return pc.if_else(pc.match_substring_regex(column, DANGEROUS), guarded, column)


def _write_cell(sheet: Any, row: int, position: int, value: object, formats: dict[str, Any]) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, position, value)
    elif isinstance(value, int | float | Decimal):
        sheet.write_number(row, position, value)
    elif isinstance(value, datetime):
        sheet.write_datetime(row, position, value, formats["moment"])
    elif hasattr(value, "isoformat") and hasattr(value, "year"):
        sheet.write_datetime(row, position, value, formats["date"])
    else:
        sheet.write_string(row, position, str(value))
