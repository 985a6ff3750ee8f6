"""A file's identity and its text, told before anything of it is loaded."""

from __future__ import annotations

import codecs
import hashlib
from pathlib import Path

from ingestion.errors import UnreadableFile, WrongEncoding

BLOCK = 1 << 20


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
            f"{path.name} is not {encoding} text (near byte {size:,}: {error}); say its encoding in the mapping"
        ) from error
    if size == 0:
        raise UnreadableFile(f"{path.name} is empty")
    return sha.hexdigest()
