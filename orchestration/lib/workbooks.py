"""Rows as an XLSX workbook: typed cells under a frozen header, and a sheet that says what they are.

Cells are written as what they are, so nothing is taken for a formula or a link; one row is in memory at a time.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from orchestration.lib.errors import ExportFailed
from orchestration.lib.files import Batches, Heading

MOST_ROWS = 1_048_575
MOST_CHARACTERS = 32_767
FIRST_YEAR = 1900
MEASURED_ROWS = 200
NARROWEST, WIDEST = 8, 48
MONEY = ("value", "cost", "price", "sales", "margin", "variance")
RATES = ("rate", "share", "adherence")
LOOKS: dict[str, dict[str, Any]] = {
    "text": {},
    "whole": {"num_format": "#,##0"},
    "quantity": {"num_format": "#,##0.000"},
    "money": {"num_format": "#,##0.00"},
    "rate": {"num_format": "0.0%"},
    "date": {"num_format": "yyyy-mm-dd"},
    "moment": {"num_format": "yyyy-mm-dd hh:mm:ss"},
    "header": {"bold": True, "font_color": "#ffffff", "bg_color": "#1f6f43", "valign": "vcenter", "text_wrap": True},
    "stamp": {"bold": True, "font_color": "#a31f34"},
    "label": {"bold": True},
}


def write_xlsx(batches: Batches, schema: pa.Schema, path: Path, heading: Heading) -> None:
    """A sheet of rows, a stamp above the header where there is one, and a sheet about them.

    Raises ExportFailed where the rows, or a text, do not fit into a sheet.
    """
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), {"constant_memory": True, "remove_timezone": True}) as book:
        book.set_properties({"title": heading.title, "created": datetime(2000, 1, 1)})  # noqa: DTZ001 - equal rows give equal bytes
        looks = {name: book.add_format(look) for name, look in LOOKS.items()}
        _Sheet(book.add_worksheet("report"), schema, looks).write(batches, heading)
        _write_about(book.add_worksheet("about"), heading, looks)


class _Sheet:
    """The sheet of rows while it is being written."""

    def __init__(self, sheet: Any, schema: pa.Schema, looks: dict[str, Any]) -> None:
        self._sheet, self._schema, self._looks = sheet, schema, looks
        self._kinds = [look_of(field) for field in schema]
        self._widths = [len(name) + 3 for name in schema.names]

    def write(self, batches: Batches, heading: Heading) -> None:
        """Stamp, header, rows, then what the rows have taught: widths and the filter's range."""
        header = len(heading.stamp)
        for position, sentence in enumerate(heading.stamp):
            self._sheet.write_string(position, 0, sentence, self._looks["stamp"])
        for position, name in enumerate(self._schema.names):
            self._sheet.write_string(header, position, name, self._looks["header"])
        self._sheet.freeze_panes(header + 1, 0)
        last = self._rows(batches, header)
        self._sheet.autofilter(header, 0, max(last, header + 1), max(0, len(self._widths) - 1))
        for position, width in enumerate(self._widths):
            self._sheet.set_column(position, position, min(max(width, NARROWEST), WIDEST))

    def _rows(self, batches: Batches, header: int) -> int:
        row = header
        for batch in batches:
            if row - header + batch.num_rows > MOST_ROWS - header:
                raise ExportFailed(f"a sheet holds {MOST_ROWS:,} rows; export this report as csv or parquet")
            self._measure(batch, row - header)
            for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                row += 1
                for position, value in enumerate(values):
                    self._cell(row, position, value)
        return row

    def _measure(self, batch: pa.Table, seen: int) -> None:
        for position, column in enumerate(batch.columns):
            for value in column.slice(0, max(0, MEASURED_ROWS - seen)).to_pylist():
                shown = f"{value:,.2f}" if isinstance(value, Decimal) else str(value if value is not None else "")
                self._widths[position] = max(self._widths[position], min(len(shown) + 2, WIDEST))

    def _cell(self, row: int, position: int, value: object) -> None:
        look = self._looks[self._kinds[position]]
        if value is None:
            if position == 0:  # a row that is empty throughout is a row all the same
                self._sheet.write_blank(row, position, None, look)
        elif isinstance(value, bool):
            self._sheet.write_boolean(row, position, value)
        elif isinstance(value, int | float | Decimal):
            self._sheet.write_number(row, position, value, look)
        elif isinstance(value, date) and value.year >= FIRST_YEAR:
            self._sheet.write_datetime(row, position, value, look)
        elif len(text := str(value)) > MOST_CHARACTERS:
            name = self._schema.names[position]
            raise ExportFailed(
                f"row {row}, {name}: a cell holds {MOST_CHARACTERS:,} characters and this text has {len(text):,}; "
                "export this report as csv or parquet"
            )
        else:
            self._sheet.write_string(row, position, text)


def look_of(field: pa.Field) -> str:
    """How a column's values look: its type, and for decimals what its name says they are."""
    kind, name = field.type, field.name
    if pa.types.is_timestamp(kind):
        return "moment"
    if pa.types.is_date(kind):
        return "date"
    if pa.types.is_integer(kind):
        return "whole"
    if not pa.types.is_decimal(kind):
        return "text"
    if any(name.endswith(word) for word in RATES):
        return "rate"
    return "money" if any(word in name for word in MONEY) else "quantity"


def _write_about(sheet: Any, heading: Heading, looks: dict[str, Any]) -> None:
    stamps = {f"Warning {position}": sentence for position, sentence in enumerate(heading.stamp, 1)}
    for row, (label, fact) in enumerate({"Report": heading.title, **heading.facts, **stamps}.items()):
        sheet.write_string(row, 0, label, looks["label"])
        sheet.write_string(row, 1, fact, looks["stamp" if label in stamps else "text"])
    sheet.set_column(0, 0, 20)
    sheet.set_column(1, 1, 80)
