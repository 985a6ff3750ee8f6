"""XLSX as a stream: one sheet, cell by cell, with limits that hold before and while it is parsed.

The readers that exist build a workbook, or a row of any width, before they say how large it is. A sheet is a list of
rows of cells: two parts of an archive, read by expat, which counts while it reads.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO
from xml.parsers import expat

from api.imports.errors import FileTooLarge, UnreadableFile
from api.imports.mapping import FileFormat
from api.imports.reading.table import MAX_CELL, MAX_COLUMNS, Row, Table, limited, split_header

MAX_UNPACKED = 64 * 1024 * 1024
MAX_ENTRIES = 2_000
MAX_DIRECTORY = 512 * 1024
MAX_STRINGS = 400_000
MAX_STRING_CHARACTERS = 12_000_000
MAX_ELEMENTS = 6_000_000
MAX_STRANGERS = 200_000
KNOWN = frozenset(
    {"row", "c", "v", "f", "is", "si", "t", "r", "rPr", "sz", "color", "rFont", "family", "scheme", "b", "i"}
)
MAX_DEPTH = 40
MAX_TOKEN = 1024 * 1024
SMALL = 4 * 1024 * 1024
MOST_PACKED = 100  # a sheet packs about twenty to one, a bomb a thousand to one
BLOCK = 1 << 16
END_OF_DIRECTORY = b"PK\x05\x06"
ZIP64 = b"PK\x06\x07"
REFERENCE = re.compile(r"([A-Z]{1,3})[0-9]{1,7}")
OnStart = Callable[[str, dict[str, str]], None]
OnEnd = Callable[[str], None]
OnText = Callable[[str], None]
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError)


def open_xlsx(file: BinaryIO, form: FileFormat) -> Table:
    """The workbook's first sheet, or the one that the mapping names.

    Raises:
        UnreadableFile: not a workbook, or one with document types, entities or names that climb.
        FileTooLarge: it unpacks to more than an import takes.
    """
    archive = _opened(file)
    sheet = _sheet_part(archive, form.sheet)
    strings = _shared_strings(archive)
    header, rows = split_header(limited(_rows(archive, sheet, strings)), has_header=form.has_header)
    return Table("xlsx", None, None, header, rows)


# ------------------------------------------------------------------ the archive


def _opened(file: BinaryIO) -> zipfile.ZipFile:
    """The archive, once its directory says that everything in it is small enough to be looked at."""
    _check_directory(file)
    try:
        archive = zipfile.ZipFile(file)
    except BROKEN as error:
        raise _broken() from error
    for entry in archive.infolist():
        parts = entry.filename.replace("\\", "/").split("/")
        if ".." in parts or entry.filename.startswith(("/", "\\")) or ":" in parts[0]:
            raise UnreadableFile("A part of the workbook has a name that leads out of it.", code="climbing_name")
    unpacked = sum(entry.file_size for entry in archive.infolist())
    packed = max(1, sum(entry.compress_size for entry in archive.infolist()))
    if unpacked > MAX_UNPACKED or (unpacked > SMALL and unpacked > MOST_PACKED * packed):
        raise FileTooLarge(f"The workbook unpacks to {unpacked:,} bytes; {MAX_UNPACKED:,} are the most.")
    return archive


def _check_directory(file: BinaryIO) -> None:
    """Look at the archive's last record: a directory of a million names would fill the memory by itself."""
    size = file.seek(0, 2)
    file.seek(max(0, size - 65_557))
    tail = file.read()
    at = tail.rfind(END_OF_DIRECTORY)
    if at < 0 or len(tail) - at < 22 or ZIP64 in tail[max(0, at - 20) : at]:
        raise _broken()
    entries, directory = struct.unpack_from("<HI", tail, at + 10)
    if entries > MAX_ENTRIES or directory > MAX_DIRECTORY:
        raise FileTooLarge(f"The workbook has {entries:,} parts; {MAX_ENTRIES:,} are the most.")


def _broken() -> UnreadableFile:
    return UnreadableFile(
        "The file is not a workbook that can be read: save it as .xlsx or CSV.", code="not_a_workbook"
    )


def _sheet_part(archive: zipfile.ZipFile, wanted: str | None) -> str:
    """The name of the sheet's part: as the workbook orders them, or the one called `wanted`."""
    targets: dict[str, str] = {}
    sheets: list[tuple[str, str]] = []

    def relation(name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship":
            targets[attributes.get("Id", "")] = attributes.get("Target", "")

    def sheet(name: str, attributes: dict[str, str]) -> None:
        if name == "sheet":
            key = next((value for each, value in attributes.items() if each.rpartition(":")[2] == "id"), "")
            sheets.append((attributes.get("name", ""), key))

    _parse(archive, "xl/_rels/workbook.xml.rels", relation)
    _parse(archive, "xl/workbook.xml", sheet)
    found = next((key for name, key in sheets if wanted in {None, name}), None)
    if found is None:
        names = ", ".join(repr(name[:60]) for name, _ in sheets[:20]) or "none"
        raise UnreadableFile(f"The workbook has no sheet {wanted!r}; its sheets are {names}.", code="unknown_sheet")
    target = targets.get(found, "")
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"


def _parse(archive: zipfile.ZipFile, part: str, start: OnStart, end: OnEnd | None = None) -> None:
    for _ in _feed(archive, part, _parser(start, end or _nothing)):
        pass


def _nothing(_: str) -> None:
    return


def _parser(start: OnStart, end: OnEnd, data: OnText | None = None) -> expat.XMLParserType:
    """A parser that counts, and refuses document types at their first word: entities begin there."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    depth = count = strangers = 0

    def counted(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, count, strangers
        local = name.rpartition(":")[2]
        depth, count, strangers = depth + 1, count + 1, strangers + (local not in KNOWN)
        if depth > MAX_DEPTH or count > MAX_ELEMENTS or strangers > MAX_STRANGERS:
            raise FileTooLarge("The workbook has more elements than an import takes: send it in parts.")
        start(local, attributes)

    def ended(name: str) -> None:
        nonlocal depth
        depth -= 1
        end(name.rpartition(":")[2])

    parser.StartElementHandler, parser.EndElementHandler = counted, ended
    if data is not None:
        parser.CharacterDataHandler = data
    return parser


def _refuse_doctype(*_: object) -> None:
    raise UnreadableFile("The workbook declares a document type, which none does: save it again.", code="doctype")


def _feed(archive: zipfile.ZipFile, part: str, parser: expat.XMLParserType) -> Iterator[None]:
    """Parse a part block by block; control comes back after each."""
    try:
        with archive.open(part) as stream:
            fed = 0
            while block := stream.read(BLOCK):
                parser.Parse(block, False)
                fed += len(block)
                if fed - parser.CurrentByteIndex > MAX_TOKEN:
                    raise FileTooLarge("The workbook has a name or a value that never ends.")
                yield
            parser.Parse(b"", True)
            yield
    except (KeyError, expat.ExpatError, *BROKEN) as error:
        raise _broken() from error


# ------------------------------------------------------------------ texts


class _TextReader:
    """Expat's handlers for the shared texts; phonetic readings are left out."""

    def __init__(self) -> None:
        self.strings: list[str] = []
        self.pieces: list[str] = []
        self.total = 0
        self.is_text = self.is_reading = False

    def start(self, name: str, _: dict[str, str]) -> None:
        """A text or a phonetic reading begins."""
        self.is_reading = self.is_reading or name == "rPh"
        self.is_text = name == "t" and not self.is_reading

    def data(self, text: str) -> None:
        """A piece of a text."""
        if self.is_text:
            self.total += len(text)
            if self.total > MAX_STRING_CHARACTERS:
                raise FileTooLarge("The workbook has more text than an import takes: send it in parts.")
            self.pieces.append(text)

    def end(self, name: str) -> None:
        """A text is complete."""
        self.is_text = False
        self.is_reading = self.is_reading and name != "rPh"
        if name == "si":
            self.strings.append("".join(self.pieces))
            self.pieces.clear()
            if len(self.strings) > MAX_STRINGS:
                raise FileTooLarge(f"The workbook has more than {MAX_STRINGS:,} texts: send it in parts.")


def _shared_strings(archive: zipfile.ZipFile) -> list[str]:
    """The texts that cells refer to by number."""
    reader = _TextReader()
    if "xl/sharedStrings.xml" in archive.namelist():
        for _ in _feed(archive, "xl/sharedStrings.xml", _parser(reader.start, reader.end, reader.data)):
            pass
    return reader.strings


# ------------------------------------------------------------------ cells


class _SheetReader:
    """Expat's handlers for a sheet: rows that are complete wait in `ready`."""

    def __init__(self, strings: list[str]) -> None:
        self.strings = strings
        self.ready: list[Row] = []
        self.line = 0
        self.cells: list[str] = []
        self.column = -1
        self.kind = ""
        self.pieces: list[str] = []
        self.length = 0
        self.is_value = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """A row, a cell or a value begins."""
        if name == "row":
            given = attributes.get("r", "")
            self.line = int(given) if given.isdecimal() and len(given) < 8 else self.line + 1
            self.cells, self.column = [], -1
        elif name == "c":
            self._cell(attributes)
        self.is_value = name in {"v", "t"}

    def _cell(self, attributes: dict[str, str]) -> None:
        match = REFERENCE.fullmatch(attributes.get("r", ""))
        self.column = _column(match[1]) if match else self.column + 1
        if self.column >= MAX_COLUMNS:
            raise FileTooLarge(f"Row {self.line} has more than {MAX_COLUMNS} columns.")
        self.cells.extend([""] * (self.column + 1 - len(self.cells)))
        self.kind = attributes.get("t", "n")
        self.pieces.clear()
        self.length = 0

    def data(self, text: str) -> None:
        """A piece of a value."""
        if self.is_value:
            self.length += len(text)
            if self.length > MAX_CELL:
                raise FileTooLarge(f"Row {self.line} has a cell of more than {MAX_CELL:,} characters.")
            self.pieces.append(text)

    def end(self, name: str) -> None:
        """A cell or a row is complete."""
        self.is_value = False
        if name == "c" and 0 <= self.column < len(self.cells):
            self.cells[self.column] = self._value("".join(self.pieces))
        elif name == "row":
            self.ready.append((self.line, self.cells))
            self.cells, self.column = [], -1

    def _value(self, text: str) -> str:
        if self.kind == "s":
            known = text.isdecimal() and len(text) < 8 and int(text) < len(self.strings)
            return self.strings[int(text)] if known else ""
        if self.kind == "b":
            return "true" if text == "1" else "false"
        return plain_number(text) if self.kind == "n" else text


def _rows(archive: zipfile.ZipFile, part: str, strings: list[str]) -> Iterator[Row]:
    reader = _SheetReader(strings)
    parser = _parser(reader.start, reader.end, reader.data)
    width = 0
    for _ in _feed(archive, part, parser):
        for line, cells in reader.ready:
            width = width or len(cells)
            yield line, cells + [""] * (width - len(cells))  # a sheet leaves out the empty cells at a row's end
        reader.ready.clear()


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def plain_number(text: str) -> str:
    """A number as the spreadsheet shows it: it keeps 15 digits, and writes 17 of them into the file."""
    try:
        value = float(text)
    except ValueError:
        return text
    if not -1e15 < value < 1e15:
        return text
    if value.is_integer():
        return str(int(value))
    return f"{value:.15f}".rstrip("0") if abs(value) < 1e-4 else f"{value:.15g}"
