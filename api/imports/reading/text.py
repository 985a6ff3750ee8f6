"""CSV: which encoding, which delimiter, and the rows with the lines that an editor shows."""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO

from api.imports.errors import UnreadableFile
from api.imports.mapping import FileFormat
from api.imports.reading.table import MAX_CELL, Row, Table, limited, split_header

DELIMITERS = ",;\t|"
BLOCK = 1 << 18
SAMPLE_LINES = 30
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Control characters that no text of people has; cp1252 leaves five bytes undefined besides.
NEVER_TEXT = frozenset(range(32)) - {9, 10, 13, 12, 11, 26}


def open_text(file: BinaryIO, form: FileFormat) -> Table:
    """The file as CSV; its encoding and delimiter are told from the content where the mapping does not say them.

    Raises:
        UnreadableFile: not text in the declared or any known encoding.
    """
    encoding = _declared(file, form.encoding) if form.encoding else find_encoding(file)
    delimiter = form.delimiter or _find_delimiter(file, encoding, form.quote)
    header, rows = split_header(limited(_rows(file, encoding, delimiter, form.quote)), has_header=form.has_header)
    return Table("csv", encoding.removesuffix("-sig"), delimiter, header, rows)


def find_encoding(file: BinaryIO) -> str:
    """UTF-8 (with or without mark), UTF-16 or cp1252, the first that the whole file is.

    Raises:
        UnreadableFile: it is none of them.
    """
    file.seek(0)
    start = file.read(4096)
    marked = next((name for mark, name in MARKS if start.startswith(mark)), None)
    if marked == "utf-32":
        raise UnreadableFile("The file is UTF-32 text: save it as UTF-8.", code="unknown_encoding")
    if marked is None and b"\0" in start:
        marked = "utf-16-le" if start[1:2] == b"\0" else "utf-16-be" if start[:1] == b"\0" else None
        if marked is None:
            raise UnreadableFile("The file is not text (it has NUL bytes): save it as CSV or XLSX.", code="not_text")
    for candidate in (marked,) if marked else ("utf-8", "cp1252"):
        if _first_wrong(file, candidate) is None:
            return candidate
    raise UnreadableFile(
        "The file is neither UTF-8, UTF-16 nor cp1252 text: save it as UTF-8, or declare file.encoding in the mapping.",
        code="unknown_encoding",
    )


def _declared(file: BinaryIO, encoding: str) -> str:
    wrong = _first_wrong(file, encoding)
    if wrong is not None:
        message = f"The file is not {encoding.removesuffix('-sig')} text (near byte {wrong:,}): correct file.encoding."
        raise UnreadableFile(message, code="wrong_encoding")
    return encoding


def _first_wrong(file: BinaryIO, encoding: str) -> int | None:
    """About where the file stops being text in this encoding; None when all of it is."""
    decoder, position = codecs.getincrementaldecoder(encoding)(), 0
    file.seek(0)
    try:
        while block := file.read(BLOCK):
            text = decoder.decode(block)
            if encoding == "cp1252" and not NEVER_TEXT.isdisjoint(map(ord, set(text))):
                return position
            position += len(block)
        decoder.decode(b"", final=True)
    except UnicodeError:
        return position
    return None


def _find_delimiter(file: BinaryIO, encoding: str, quote: str) -> str:
    """The delimiter that splits the first lines into the same number of cells most often, and into most cells."""
    with _decoded(file, encoding) as stream:
        sample = [line[:4000] for line, _ in zip(stream, range(SAMPLE_LINES), strict=False)]
    best, best_score = ",", (0, 0)
    for delimiter in DELIMITERS:
        try:
            widths = Counter(len(cells) for cells in csv.reader(sample, delimiter=delimiter, quotechar=quote) if cells)
        except csv.Error:
            continue
        width, often = max(widths.items(), key=lambda each: (each[1], each[0]), default=(1, 0))
        score = (often if width > 1 else 0, width)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _rows(file: BinaryIO, encoding: str, delimiter: str, quote: str) -> Iterator[Row]:
    """Line numbers are those of an editor: the first line of the file is 1."""
    with _decoded(file, encoding) as stream:
        reader = csv.reader(stream, delimiter=delimiter, quotechar=quote)
        csv.field_size_limit(max(csv.field_size_limit(), 4 * MAX_CELL))
        line = 1
        try:
            for cells in reader:
                yield line, cells
                line = reader.line_num + 1
        except csv.Error as error:
            message = f"Line {line} cannot be read as CSV ({error}): is a quote left open?"
            raise UnreadableFile(message, code="unreadable_csv") from error


class _decoded:  # noqa: N801  # reads as a verb where it is used
    """The file as text, without closing it."""

    def __init__(self, file: BinaryIO, encoding: str) -> None:
        file.seek(0)
        self._text = io.TextIOWrapper(file, encoding=encoding, newline="")

    def __enter__(self) -> io.TextIOWrapper:
        return self._text

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(ValueError):  # a file that its owner closed meanwhile
            self._text.detach()
