"""Great Expectations' data docs beside the exports: a folder per run and gate, the last few runs kept."""

from __future__ import annotations

import json
import mimetypes
import tempfile
from pathlib import Path

from orchestration.lib.object_store import ObjectStore

PREFIX = "quality/docs"
INDEX = f"{PREFIX}/runs.json"
KEPT_RUNS = 7
LEFT_OUT = {".gif", ".otf", ".ico"}
"""What the pages do without: pictures of how to begin with the library, and its own typeface."""


def store_docs(folder: Path, store: ObjectStore, run_id: str, gate: str) -> str:
    """Put a gate's pages under `quality/docs/run=<run>/<gate>/` and give the key of the first one.

    The runs are remembered in `quality/docs/runs.json`; what is older than the newest seven is removed.
    """
    prefix = f"{PREFIX}/run={run_id}/{gate}"
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix not in LEFT_OUT)
    keys = [f"{prefix}/{path.relative_to(folder).as_posix()}" for path in files]
    _remember(store, run_id, keys)
    for key, path in zip(keys, files, strict=True):
        store.put(key, path, mimetypes.guess_type(path.name)[0] or "application/octet-stream")
    return f"{prefix}/index.html"


def _remember(store: ObjectStore, run_id: str, keys: list[str]) -> None:
    """Note the keys before they are written, so that a killed gate leaves nothing that is never removed."""
    runs: dict[str, list[str]] = json.loads(store.get(INDEX) or b"{}")
    runs[run_id] = sorted({*runs.pop(run_id, []), *keys})
    for old in list(runs)[:-KEPT_RUNS]:
        for key in runs.pop(old):
            store.delete(key)
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(runs, file, indent=1)
        file.flush()
        store.put(INDEX, Path(file.name), "application/json")
