"""A file's identity and its text, told before anything of it is loaded."""

from __future__ import annotations

import codecs
import hashlib
from pathlib import Path

from ingestion.errors import UnreadableFile, WrongEncoding

BLOCK = 1 << 20
OTHER_KINDS = (
    (b"%PDF", "a PDF: ask for the figures as CSV"),
    (b"\x1f\x8b", "a gzip archive: unpack it"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls): save it as .xlsx or CSV"),
    (b"PK\x03\x04", "a workbook or a zip archive: save it as CSV"),
)
UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def refuse_other_kinds(name: str, start: bytes) -> None:
    """UnreadableFile for what should be text and begins as something that is none."""
    kind = next((words for mark, words in OTHER_KINDS if start.startswith(mark)), None)
    if kind:
        raise UnreadableFile(f"{name} is {kind}")


def encoding_hint(start: bytes) -> str:
    """What a file that is not the declared text seems to be, as the end of a sentence."""
    return "; it begins as UTF-16 does" if start.startswith(UTF_16) else ""


def identify(path: Path, encoding: str | None = None) -> str:
    """The SHA-256 of a file; read once as a stream.

    Raises UnreadableFile where it is missing or empty, WrongEncoding where it is not text in `encoding`.
    """
    sha, size = hashlib.sha256(), 0
    decoder = codecs.getincrementaldecoder(encoding)() if encoding else None
    try:
        with path.open("rb") as stream:
            while block := stream.read(BLOCK):
                sha.update(block)
                size += len(block)
                if decoder:
                    decoder.decode(block)
        if decoder:
            decoder.decode(b"", final=True)
    except OSError as error:
        raise UnreadableFile(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeError as error:
        raise WrongEncoding(
            f"{path.name} is not {(encoding or '').removesuffix('-sig')} text (near byte {size:,}: {error}); "
            f"say its encoding in the mapping (file.encoding){encoding_hint(_start(path))}"
        ) from error
    if size == 0:
        raise UnreadableFile(f"{path.name} is empty")
    return sha.hexdigest()


def _start(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(2)
