"""Rows as CSV and Parquet files that a spreadsheet may open without running anything."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

DANGEROUS = r"^[=+\-@\t\r\n＝＋－＠]"
"""What a spreadsheet may take for a formula when a text begins with it; numbers are never texts here."""
ROW_GROUP = 128 * 1024
CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
}

Batches = Iterable[pa.Table]


@dataclass(frozen=True)
class Heading:
    """What a file says of itself: its title, facts about its figures, and why they are not to be trusted, if so."""

    title: str
    facts: dict[str, str] = field(default_factory=dict)
    stamp: tuple[str, ...] = ()


def write_csv(batches: Batches, schema: pa.Schema, path: Path, heading: Heading) -> None:
    """Comma-separated UTF-8 with a header; a text that looks like a formula gets an apostrophe before it.

    A stamp stands before the header, a line of `# …` for each sentence; the manifest says how many lines those are.
    """
    options = pa_csv.WriteOptions(include_header=True, quoting_style="needed")
    with path.open("wb") as file:
        for sentence in heading.stamp:
            file.write(f'"# {_one_line(sentence)}"\n'.encode())
        with pa_csv.CSVWriter(file, _as_text(schema.empty_table()).schema, write_options=options) as writer:
            for batch in batches:
                writer.write_table(_as_text(batch))


def write_parquet(batches: Batches, schema: pa.Schema, path: Path, heading: Heading) -> None:
    """Parquet with the columns' own types: decimals, dates, moments in UTC. Title, facts and stamp are its metadata."""
    about = {"title": heading.title, "facts": heading.facts, "stamp": list(heading.stamp)}
    described = schema.with_metadata({"stockpot": json.dumps(about, ensure_ascii=False)})
    with pq.ParquetWriter(str(path), described, compression="zstd") as writer:
        for group in _groups(batches):
            writer.write_table(group.replace_schema_metadata(described.metadata))


def _groups(batches: Batches) -> Iterator[pa.Table]:
    """Batches put together until they make a row group."""
    waiting: list[pa.Table] = []
    for batch in batches:
        waiting.append(batch)
        if sum(each.num_rows for each in waiting) >= ROW_GROUP:
            yield pa.concat_tables(waiting)
            waiting = []
    if waiting:
        yield pa.concat_tables(waiting)


def sha256_of(path: Path) -> str:
    """The file's SHA-256 in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _one_line(text: str) -> str:
    return " ".join(text.split()).replace('"', '""')


def _as_text(table: pa.Table) -> pa.Table:
    """Texts made harmless, moments in ISO 8601; everything else as it is."""
    columns = [_harmless(column) for column in table.columns]
    return pa.table(dict(zip(table.column_names, columns, strict=True)))


def _harmless(column: Any) -> Any:
    if pa.types.is_timestamp(column.type):
        # A moment of a zone is formatted through the zone's rules, ten times slower; ours are all of UTC.
        text = column.cast(pa.timestamp("us")).cast(pa.string())
        return pc.binary_join_element_wise(pc.binary_replace_slice(text, start=10, stop=11, replacement="T"), "Z", "")
    if not pa.types.is_string(column.type):
        return column
    is_dangerous = pc.match_substring_regex(column, DANGEROUS)
    if not pc.any(is_dangerous).as_py():
        return column
    return pc.if_else(is_dangerous, pc.binary_join_element_wise("'", column, ""), column)
