"""Price lists as rows of cells, whatever they are written in: CSV, XLSX, X12 832 or a UBL catalogue."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from math import isfinite
from pathlib import Path
from typing import Any

from ingestion.documents.files import identify, refuse_other_kinds
from ingestion.documents.model import Document, Kind, Line
from ingestion.documents.problems import Place, Refusal
from ingestion.documents.reading import read_documents, sniff
from ingestion.documents.totals import plain
from ingestion.errors import UnreadableFile
from ingestion.quarantine.rows import Problem
from ingestion.supplier_catalogs.mapping import CatalogMapping, ListColumns, ListFormats

MAX_UNPACKED = 512 * 1024 * 1024
MAX_PARTS = 2_000
SHARED_TEXTS, MAX_TEXTS = "xl/sharedStrings.xml", 64 * 1024 * 1024  # they are in memory while the sheet is a stream
MOST_PACKED = 200  # a sheet packs about twenty to one, a bomb a thousand to one
LONGEST_RAW = 4_000

OWN = CatalogMapping(columns=ListColumns(**{name: name for name in ListColumns.model_fields}))
"""Documents come with our own names for columns."""


@dataclass(frozen=True)
class ListRow:
    """One row: its line in the file, its cells by column, and what is wrong with it as a row, if anything."""

    line: int
    values: Mapping[str, str | None]
    raw_text: str
    problem: Problem | None = None
    paths: Mapping[str, str] = field(default_factory=dict)


class PriceList:
    """An opened list: `mapping` has its columns; `rows` reads it as a stream."""

    def __init__(self, path: Path, mapping: CatalogMapping) -> None:
        self.path = path
        self.kind = _kind(path)
        self.sha256 = identify(path, mapping.file.encoding if self.kind == "csv" else None)
        self.mapping = OWN if self.kind == "document" else mapping.for_header(self._header(mapping), path.name)

    def _header(self, mapping: CatalogMapping) -> list[str]:
        return next(_from_header(self.path, self.kind, mapping), (1, []))[1]

    def rows(self) -> Iterator[ListRow]:
        """Every row in the file's order, blank ones aside."""
        if self.kind == "document":
            yield from _document_rows(self.path)
            return
        table = _from_header(self.path, self.kind, self.mapping)
        _, header = next(table, (1, []))
        for line, cells in table:
            missing = len(header) - len(cells) if self.kind == "xlsx" else 0  # a sheet's rows end at their last cell
            if any(cells):
                yield _row(line, header, cells + [None] * missing, self.mapping.file.delimiter)


def _kind(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            start = stream.read(4096)
    except OSError as error:
        raise UnreadableFile(f"{path} cannot be read: {error.strerror}") from error
    if start.startswith(b"PK\x03\x04"):
        return "xlsx"
    if sniff(start):
        return "document"
    refuse_other_kinds(path.name, start)
    return "csv"


def _from_header(path: Path, kind: str, mapping: CatalogMapping) -> Iterator[tuple[int, list[Any]]]:
    """The header's names, then the cells of every line after it."""
    at = mapping.file.header_line
    table = _sheet(path, mapping) if kind == "xlsx" else _csv(path, mapping)
    for line, cells in table:
        if any(cells) if at is None else line >= at:
            yield line, [(cell or "").strip() for cell in cells]
            break
    yield from table


def _row(line: int, header: list[str], cells: list[str | None], delimiter: str) -> ListRow:
    raw = delimiter.join(cell or "" for cell in cells)[:LONGEST_RAW]
    values = dict(zip(header, cells, strict=False))
    problem = None
    if len(cells) != len(header):
        values = {name: values.get(name) for name in header}
        problem = Problem("width", f"{len(cells)} cells where the header has {len(header)}")
    return ListRow(line, values, raw, problem)


# ------------------------------------------------------------------ CSV


def _csv(path: Path, mapping: CatalogMapping) -> Iterator[tuple[int, list[str | None]]]:
    form = mapping.file
    with path.open(encoding=form.encoding, newline="") as stream:
        reader = csv.reader(stream, delimiter=form.delimiter, quotechar=form.quote)
        line = 1
        try:
            for cells in reader:
                yield line, list(cells)
                line = reader.line_num + 1
        except csv.Error as error:
            raise UnreadableFile(
                f"{path.name}, line {line}: {error}; is a quotation mark opened there and never closed?"
            ) from error


# ------------------------------------------------------------------ XLSX


def _sheet(path: Path, mapping: CatalogMapping) -> Iterator[tuple[int, list[str | None]]]:
    """The cells of a sheet as text, as a stream, each row until its last cell."""
    import openpyxl

    _check_archive(path)
    with path.open("rb") as stream:  # openpyxl would look at the ending of a name
        try:
            book = openpyxl.load_workbook(stream, read_only=True, data_only=True, keep_links=False)
        except Exception as error:  # openpyxl lets whatever it stumbles on through
            raise UnreadableFile(f"{path.name} is no workbook that can be read: {error}") from error
        try:
            sheet = _chosen_sheet(book, mapping.file.sheet, path.name)
            sheet.reset_dimensions()  # what a program wrote of them need not be true
            yield from _cells(sheet, mapping.formats)
        finally:
            book.close()


def _chosen_sheet(book: Any, name: str | None, file: str) -> Any:
    if name is not None and name not in book.sheetnames:
        raise UnreadableFile(f"{file} has no sheet {name!r}; it has {', '.join(map(repr, book.sheetnames))}")
    return book[name] if name else book[book.sheetnames[0]]


def _cells(sheet: Any, formats: ListFormats) -> Iterator[tuple[int, list[str | None]]]:
    for line, row in enumerate(sheet.iter_rows(values_only=True), 1):
        cells = [_text(value, formats) for value in row]
        while cells and cells[-1] is None:
            cells.pop()
        yield line, cells


def _text(value: object, formats: ListFormats) -> str | None:
    """A cell in the list's declared way of writing, so that what is typed is read, shown and repaired as text is.

    A number's shortest text gives back what was typed, 12.1 and not 12.0999…
    """
    if value is None:
        return None
    if isinstance(value, date):
        return value.strftime(formats.days[0])
    if isinstance(value, float):
        plain = str(int(value)) if value.is_integer() and abs(value) < 1e15 else _plainly(value)
        return plain.replace(".", ",") if formats.decimal_comma else plain
    return str(value)


def _plainly(value: float) -> str:
    return format(Decimal(repr(value)), "f") if isfinite(value) else repr(value)


def _check_archive(path: Path) -> None:
    """What an archive says of itself, before any part of it is opened."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise UnreadableFile(f"{path.name} is no workbook that can be read: {error}") from error
    unpacked = sum(entry.file_size for entry in entries)
    texts = sum(entry.file_size for entry in entries if entry.filename == SHARED_TEXTS)
    if texts > MAX_TEXTS:
        raise UnreadableFile(
            f"{path.name} has {texts:,} bytes of texts, which a workbook holds at once: send it as CSV"
        )
    packed = max(1, path.stat().st_size)
    if len(entries) > MAX_PARTS or unpacked > MAX_UNPACKED or unpacked > (1 << 22) + MOST_PACKED * packed:
        raise UnreadableFile(f"{path.name} unpacks to {unpacked:,} bytes in {len(entries):,} parts: send it as CSV")


# ------------------------------------------------------------------ documents


def _document_rows(path: Path) -> Iterator[ListRow]:
    for document in read_documents(path):
        if isinstance(document, Refusal):
            yield _whole(document.place, document.code, document.message)
        elif document.kind is not Kind.CATALOGUE:
            yield _whole(document.place, "NOT_A_CATALOGUE", f"this is {document.kind.value} {document.number!r}")
        elif differences := [each for each in document.findings if each.is_difference]:
            yield _whole(differences[0].place, differences[0].code, differences[0].message)
        else:
            yield from (_line_row(document, line) for line in document.lines)


def _whole(place: Place, code: str, message: str) -> ListRow:
    return ListRow(place.line, {}, "", Problem(code, message, place.path))


def _line_row(document: Document, line: Line) -> ListRow:
    """A catalogue's line under our own names; a GTIN that is none is handed on, so that its check names it."""
    price, pack, item = line.price, line.pack, line.item
    content = pack.content
    values: dict[str, str | None] = {
        "supplier_sku": item.supplier_sku or item.standard_id,
        "name": item.name,
        "gtin": item.gtin or (item.standard_id if document.standard == "ubl" else None),
        "price": plain(price.amount) if price else None,
        "price_quantity": plain(price.base_quantity) if price else None,
        "currency": line.currency or document.currency,
        "valid_from": line.validity.start.isoformat() if line.validity.start else None,
        "valid_until": line.validity.end.isoformat() if line.validity.end else None,
        "pack_quantity": plain(content.value) if content else None,
        "pack_unit": (content.unit or content.code) if content else None,
        "pack_units": plain(pack.units) if pack.units else None,
        "is_offered": "false" if line.is_removed else "true",
    }
    return ListRow(line.place.line, values, "", paths={"": line.place.path})
