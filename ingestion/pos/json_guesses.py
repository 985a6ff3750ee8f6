"""Where the records of a JSON file lie, as far as its beginning shows."""

from __future__ import annotations

import json
import re
from pathlib import Path

from ingestion.pos.declared import FileFormat
from ingestion.pos.formats.json_records import JsonRecords

MARK = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}:,]|[^\s\[\]{}:,"]+')


def records_path(text: str) -> str | None:
    """The members that lead to the first list of objects: `data.orders`; None where there is none in the sample."""
    entered: list[str] = []
    name = before = ""
    marks = [found[0] for found in MARK.finditer(text)]
    for mark, following in zip(marks, [*marks[1:], ""], strict=True):
        if mark == ":":
            name = str(json.loads(before))
        elif mark == "[" and following == "{" and "[" not in entered:
            return ".".join(each for each in (*entered, name) if each)
        elif mark in {"{", "["}:
            entered.append(name if mark == "{" else "[")
            name = ""
        elif mark in {"}", "]"} and entered:
            entered.pop()
        before = mark
    return None


def lines_name(path: Path, form: FileFormat) -> str | None:
    """The first record's list of objects, each of which is a row where orders hold their lines."""
    first = next(JsonRecords(path, form).records(), None)
    cells = first.cells if first else {}
    return next((name for name, cell in cells.items() if isinstance(cell, str) and re.match(r"\[\s*\{", cell)), None)
