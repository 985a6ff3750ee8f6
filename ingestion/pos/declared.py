"""The kinds of values that declarations hold, each checked when the declaration is read."""

from __future__ import annotations

import codecs
from datetime import time
from pathlib import PurePath
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from ingestion.pos.templates import parts_of

Kind = Literal["csv", "tsv", "parquet", "json", "jsonl"]

KINDS: dict[str, Kind] = {
    ".csv": "csv",
    ".txt": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".parquet": "parquet",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}


def _known_encoding(name: str) -> str:
    try:
        codec = codecs.lookup(name).name
        codecs.getincrementaldecoder(codec)().decode(b"")
    except (LookupError, TypeError, ValueError):
        raise ValueError(f"{name!r} is no encoding that is known here") from None
    return "utf-8-sig" if codec == "utf-8" else codec  # a byte order mark is no part of the first column's name


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        raise ValueError(f"{name!r} is no IANA time zone") from None
    return name


def _one_or_many(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _clock(value: object) -> object:
    """YAML reads an unquoted 04:00 as the number 240 (sixtieths): minutes of the day."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return time(value // 60, value % 60) if is_number and 0 <= value < 1440 else value  # type: ignore[operator]


def _template(text: str) -> str:
    parts_of(text)
    return text


Encoding = Annotated[str, AfterValidator(_known_encoding)]
Patterns = Annotated[tuple[str, ...], BeforeValidator(_one_or_many), Field(min_length=1)]
Zone = Annotated[str, AfterValidator(_known_zone)]
Clock = Annotated[time | None, BeforeValidator(_clock)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Template = Annotated[str, Field(min_length=1), AfterValidator(_template)]


class Strict(BaseModel):
    """An entry that is not known is an error: a misspelt one would be ignored in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


DELIMITERS = (";", "\t", "|", ",")


class FileFormat(Strict):
    """How the file is written."""

    kind: Kind | None = None  # by default the file name's ending says it
    delimiter: Annotated[str | None, Field(min_length=1, max_length=1)] = None
    quote: Annotated[str, Field(min_length=1, max_length=1)] = '"'
    encoding: Encoding = "utf-8-sig"
    has_header: bool = True  # without one, columns are called "1", "2", …
    header_line: Annotated[int, Field(ge=1)] = 1  # CSV and TSV: where titles stand above the header, or the first row
    records: str | None = None  # JSON: where the records lie, "data.orders"; by default the file is their list
    lines: str | None = None  # JSON: a record's list of which each element is a row, "items"

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        if self.kind in {"csv", "tsv", "parquet"} and (self.records or self.lines):
            raise ValueError("records and lines belong to JSON")
        return self

    def kind_of(self, name: str) -> Kind:
        """The declared kind, else what the name's ending says, else CSV."""
        return self.kind or KINDS.get(PurePath(name).suffix.lower(), "csv")

    def delimiter_of(self, kind: Kind) -> str:
        """The declared delimiter, else that of the kind."""
        return self.delimiter or ("\t" if kind == "tsv" else ",")


def header_hint(header: list[str], delimiter: str | None, header_line: int | None = None) -> str:
    """Why a header of one cell may look as it does, as the end of a sentence: another delimiter, or titles above it."""
    names = [name for name in header if name]
    other = next((each for each in DELIMITERS if each != delimiter and any(each in name for name in names)), None)
    if len(names) > 1:
        return ""
    if other:
        return f"; it looks delimited by {other!r}: say file.delimiter"
    return "; if titles stand above the header, say file.header_line" if header_line in {None, 1} else ""
