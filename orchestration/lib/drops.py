"""Files that tills have put into the drop folder: which are there, whole, and not the same as before."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from pathlib import Path

SETTLED_SECONDS = 60
"""A file that was written to less long ago may still be on its way."""
NOT_SALES = (".mapping.json", ".mapping.yaml", ".mapping.yml", ".tmp", ".part")


def settled_files(folder: Path, now: float | None = None) -> dict[str, str]:
    """Name → size and time of each whole file of the folder; mappings and hidden files are none."""
    latest = (time.time() if now is None else now) - SETTLED_SECONDS
    found: dict[str, str] = {}
    for path in sorted(folder.glob("*")) if folder.is_dir() else []:
        if path.name.startswith(".") or path.name.endswith(NOT_SALES) or not path.is_file():
            continue
        stat = path.stat()
        if stat.st_mtime <= latest:
            found[path.name] = f"{stat.st_size} {stat.st_mtime_ns}"
    return found


def changed(files: Mapping[str, str], known: Mapping[str, str]) -> list[str]:
    """Names that are new, or not the same as before."""
    return [name for name, state in files.items() if known.get(name) != state]


def run_key(files: Mapping[str, str], names: list[str]) -> str:
    """The same for the same files: a run for them is never asked for twice."""
    return "drop " + hashlib.sha256(repr([(name, files[name]) for name in names]).encode()).hexdigest()[:24]
