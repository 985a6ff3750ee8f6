"""What `stockpot import pos` and the pipeline's drop folder call."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingestion.errors import IngestionError, InvalidMapping
from ingestion.pos.load import Progress, find_place, load_file
from ingestion.pos.mapping import Mapping, load_mapping, mapping_beside
from ingestion.pos.reader import PosFile
from ingestion.warehouse import warehouse_url as default_warehouse_url


def import_file(
    path: Path | str,
    location: str | None = None,
    mapping: Mapping | Path | str | None = None,
    warehouse_url: str | None = None,
    *,
    progress: Progress | None = None,
    folder: Path | None = None,
) -> dict[str, Any]:
    """Import a till's CSV and give its figures (`Summary.as_dict` and location, file, currency).

    `progress` is called with the number of lines read. Importing the same lines again adds nothing. Raises an
    IngestionError, and changes nothing, when the file, its mapping or its location cannot be used.
    """
    path, url = Path(path), warehouse_url or default_warehouse_url()
    declared = _mapping(path, mapping)
    code = location or declared.location
    if code is None:
        raise InvalidMapping("say the location of the sales: --location CODE, or `location` in the mapping")
    file = PosFile(path, declared, find_place(url, code, declared))
    summary = load_file(file, url, progress=progress, folder=folder)
    return {
        "file": str(path),
        "location": file.place.code,
        "currency": file.place.currency,
        "bytes": file.size,
        **summary.as_dict(),
    }


@dataclass(frozen=True)
class Dropped:
    """A file of the drop folder: its figures, or why it could not be imported."""

    name: str
    figures: dict[str, Any] | None
    error: str | None


def import_dropped(folder: Path, warehouse_url: str, *, dlt_folder: Path | None = None) -> list[Dropped]:
    """Import every `*.csv` of the drop folder by its mapping; one unusable file never stops its neighbours."""
    return [_import_one(path, warehouse_url, dlt_folder) for path in sorted(folder.glob("*.csv"))]


def drop_folder() -> Path:
    """POS_DROP_PATH of the environment, by default `drop/pos` in STOCKPOT_HOME."""
    home = Path(os.environ.get("STOCKPOT_HOME", "var"))
    return Path(os.environ.get("POS_DROP_PATH") or home / "drop" / "pos")


def _import_one(path: Path, url: str, dlt_folder: Path | None) -> Dropped:
    try:
        return Dropped(path.name, import_file(path, warehouse_url=url, folder=dlt_folder), None)
    except IngestionError as error:
        return Dropped(path.name, None, str(error))


def _mapping(path: Path, given: Mapping | Path | str | None) -> Mapping:
    if isinstance(given, Mapping):
        return given
    found = Path(given) if given is not None else mapping_beside(path)
    if found is None:
        raise InvalidMapping(f"{path.name} has no mapping: put {path.name}.mapping.yaml beside it")
    return load_mapping(found)
