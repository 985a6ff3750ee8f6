"""A till's file of any format, chunk by chunk: order lines, and rows for quarantine with line, column and reason."""

from __future__ import annotations

import codecs
import difflib
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from ingestion.documents.files import encoding_hint, refuse_other_kinds
from ingestion.errors import MissingColumns, RetypedColumn, UnreadableFile, WrongEncoding
from ingestion.pos.cells import BadCell
from ingestion.pos.declared import header_hint
from ingestion.pos.formats.delimited import Delimited
from ingestion.pos.formats.json_records import JsonRecords
from ingestion.pos.formats.parquet import Parquet
from ingestion.pos.formats.record import Record, Source, as_text, kind_of
from ingestion.pos.formats.wide import Narrowed
from ingestion.pos.lines import OrderLine, Place, canonical, row_key
from ingestion.pos.mapping import Mapping
from ingestion.pos.parsing import LineParser, Places, Read, readable_figures
from ingestion.pos.spool import Spool
from ingestion.quarantine.rows import Problem, Rejected

CHUNK_ROWS = 5_000
ENOUGH_ROWS = 20
"""From so many rows on, a file of which every first row fails in one column for one reason is another file than was
declared, not a file with bad rows."""
LONGEST_RAW = 4_000


@dataclass(frozen=True)
class GoodRow:
    """A row that is an order line."""

    row_id: str
    raw_key: str | None  # the key that it would have in quarantine, where rows of its file wait there
    occurrence: int
    line_number: int
    place: Place
    line: OrderLine


@dataclass
class Chunk:
    """Some rows of a file."""

    good: list[GoodRow]
    bad: list[Rejected]

    def __len__(self) -> int:
        return len(self.good) + len(self.bad)


class PosFile:
    """One file with its mapping; opening it checks encoding and columns before anything is loaded.

    `name` is what the file is called where it came from; `path` is where it lies now.
    """

    def __init__(self, path: Path, mapping: Mapping, places: Places, *, name: str | None = None) -> None:
        self.path, self.mapping, self.places = path, mapping, places
        self.name = name or path.name
        kind = mapping.file.kind_of(path.name)
        self.size, self.sha256 = check_content(path, None if kind == "parquet" else mapping.file.encoding)
        self.source = open_source(path, mapping)
        self._check_columns()
        self._declared: dict[str, Any] = mapping.model_dump(mode="json", exclude_defaults=True)
        whole = places(None)
        self._owner = whole.code if whole else ""

    def chunks(self, spool: Spool, *, has_waiting: bool = False) -> Iterator[Chunk]:
        """Every row of the file in order, some thousands at a time; good ones have a raw key where rows wait."""
        parser = LineParser(self.mapping, self.places)
        records = self.source.records()
        is_first = True
        while batch := list(islice(records, CHUNK_ROWS)):
            chunk = self._chunk(parser, batch, spool, has_waiting=has_waiting)
            if is_first:
                self._check_first(chunk)
            is_first = False
            yield chunk

    def _chunk(self, parser: LineParser, batch: list[Record], spool: Spool, *, has_waiting: bool) -> Chunk:
        read: list[tuple[Record, Read]] = []
        bad: list[tuple[Record, Problem]] = []
        for record in batch:
            try:
                if record.problem is None:
                    read.append((record, parser.parse(record.cells)))
                else:
                    bad.append((record, record.problem))
            except BadCell as error:
                bad.append((record, error.problem()))
        texts = [found.line.canonical(found.place.code) for _, found in read]
        occurrences = spool.occurrences(texts)
        raw_keys: Sequence[str | None] = [None] * len(read)
        if has_waiting:
            raw_keys = self._raw_keys([record for record, _ in read], spool)
        good = [
            GoodRow(row_key(text, occurrence), raw_key, occurrence, record.line, found.place, found.line)
            for (record, found), text, occurrence, raw_key in zip(read, texts, occurrences, raw_keys, strict=True)
        ]
        keys = self._raw_keys([record for record, _ in bad], spool)
        return Chunk(good, [self._rejected(*each, key) for each, key in zip(bad, keys, strict=True)])

    def _raw_keys(self, records: list[Record], spool: Spool) -> list[str]:
        """Keys of rows as they stand. Equal rows are all good or all bad, so either kind is counted by itself."""
        texts = [canonical(self._owner, record.raw_text) for record in records]
        return [row_key(*each) for each in zip(texts, spool.occurrences(texts), strict=True)]

    def _rejected(self, record: Record, problem: Problem, raw_key: str) -> Rejected:
        typed = {name: kind for name, cell in record.cells.items() if (kind := kind_of(cell))}
        return Rejected(
            source="pos",
            row_key=raw_key,
            file=self.name,
            file_sha256=self.sha256,
            problem=problem,
            values={name: None if cell is None else as_text(cell) for name, cell in record.cells.items()},
            line=record.line,
            raw_text=record.raw_text[:LONGEST_RAW],
            location_code=self._owner or None,
            context={"mapping": self._declared, "typed": typed, "is_misshapen": record.problem is not None},
            figures=readable_figures(self.mapping, record.cells),
        )

    def _check_columns(self) -> None:
        columns, needed = self.source.columns, self.mapping.needed()
        if columns is None:
            return
        missing = [name for name in needed if name not in columns]
        if missing:
            raise MissingColumns(
                f"{self.name} has no column {', '.join(_named(name, columns) for name in missing)}; "
                f"its columns are {', '.join(map(repr, columns)) or 'none'}{self._header_hint(columns)}"
            )
        twice = [name for name in needed if columns.count(name) > 1]
        if twice:
            raise MissingColumns(f"{self.name} has the column {twice[0]!r} more than once; which one is meant?")

    def _header_hint(self, columns: list[str]) -> str:
        form = self.mapping.file
        kind = form.kind_of(self.path.name)
        return header_hint(columns, form.delimiter_of(kind), form.header_line) if kind in {"csv", "tsv"} else ""

    def _check_first(self, chunk: Chunk) -> None:
        """Stop where not single rows but the export's form has changed."""
        kinds = {(row.problem.column, row.problem.code) for row in chunk.bad}
        if chunk.good or len(chunk.bad) < ENOUGH_ROWS or len(kinds) > 1:
            return
        problem = chunk.bad[0].problem
        column = problem.column or "the rows"
        if self.source.columns is None and all(row.values.get(column) is None for row in chunk.bad):
            have = ", ".join(chunk.bad[0].values)
            raise MissingColumns(f"{self.name}: no record has {column!r}; the first has {have}")
        raise RetypedColumn(
            f"{self.name}: the first {len(chunk.bad):,} rows all fail in {column!r} ({problem.message}); "
            "the export or the mapping has changed, and nothing was loaded"
        )


def open_source(path: Path, mapping: Mapping) -> Source:
    """The file's reader by its declared kind."""
    form, kind = mapping.file, mapping.file.kind_of(path.name)
    source: Source
    if kind == "parquet":
        source = Parquet(path, mapping.needed())
    elif kind in {"json", "jsonl"}:
        source = JsonRecords(path, form)
    else:
        source = Delimited(path, form)
    return Narrowed(source, mapping.wide) if mapping.wide else source


def check_content(path: Path, encoding: str | None) -> tuple[int, str]:
    """Read the whole file once: its size in bytes and SHA-256, or why it is not the text that was declared."""
    decoder = codecs.getincrementaldecoder(encoding)() if encoding else None
    sha, size, start = hashlib.sha256(), 0, b""
    try:
        with path.open("rb") as stream:
            while block := stream.read(1 << 20):
                start = start or block[:8]
                if encoding and not size:
                    refuse_other_kinds(path.name, start)
                sha.update(block)
                if decoder:
                    decoder.decode(block)
                size += len(block)
        if decoder:
            decoder.decode(b"", final=True)
    except OSError as error:
        raise UnreadableFile(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeError as error:
        raise WrongEncoding(
            f"{path.name} is not {(encoding or '').removesuffix('-sig')} text (near byte {size:,}: {error}); "
            f"declare its encoding in the mapping (file.encoding){encoding_hint(start)}"
        ) from error
    if size == 0:
        raise UnreadableFile(f"{path.name} is empty")
    return size, sha.hexdigest()


def _named(name: str, columns: list[str]) -> str:
    """A missing column, with the one that it may be called now."""
    close = difflib.get_close_matches(name.lower().strip(), [column.lower().strip() for column in columns], n=1)
    likely = next((column for column in columns if close and column.lower().strip() == close[0]), None)
    return f"{name!r} (renamed to {likely!r}?)" if likely else repr(name)
