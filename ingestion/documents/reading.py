"""A file of suppliers' documents, whichever standard it is in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ingestion.documents.model import Document
from ingestion.documents.problems import Place, Refusal, Refused
from ingestion.documents.ubl.documents import read_ubl
from ingestion.documents.x12.documents import read_x12
from ingestion.errors import UnreadableFile

XML_STARTS = (b"<", b"\xff\xfe<", b"\xfe\xff\0<")
MARK = b"\xef\xbb\xbf"


def read_documents(path: Path) -> Iterator[Document | Refusal]:
    """Every document of a file, or why it is refused; UnreadableFile where there is no file to read.

    An X12 file has as many as it has transaction sets, an XML file has one.
    """
    try:
        with path.open("rb") as stream:
            start = stream.read(4096)
    except OSError as error:
        raise UnreadableFile(f"{path} cannot be read: {error.strerror}") from error
    if not start:
        raise UnreadableFile(f"{path.name} is empty")
    kind = sniff(start)
    if kind == "x12":
        yield from read_x12(path)
    elif kind == "ubl":
        yield _ubl(path)
    else:
        yield Refusal("UNKNOWN_FORMAT", Place(1, "/"), f"{path.name} begins neither as X12 (ISA) nor as XML (<)")


def sniff(start: bytes) -> str | None:
    """`x12`, `ubl` or None by a file's first bytes."""
    text = start.removeprefix(MARK).lstrip()
    if text.startswith(b"ISA"):
        return "x12"
    return "ubl" if text.startswith(XML_STARTS) else None


def _ubl(path: Path) -> Document | Refusal:
    try:
        with path.open("rb") as stream:
            return read_ubl(stream)
    except Refused as error:
        return Refusal.of(error)
