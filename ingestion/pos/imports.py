"""Imports one file, or what one endpoint has to tell, and gives the figures."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from ingestion.errors import InvalidMapping
from ingestion.pos.endpoint import Endpoint, fetch, is_endpoint, load_endpoint
from ingestion.pos.load import Progress, load_file
from ingestion.pos.mapping import Mapping, load_mapping, mapping_beside
from ingestion.pos.places import find_places
from ingestion.pos.reader import PosFile
from ingestion.warehouse import connect
from ingestion.warehouse import warehouse_url as default_warehouse_url

CREATE_CURSORS = """
create schema if not exists raw_pos;
create table if not exists raw_pos.endpoints (
    name text primary key, url text not null, cursor text, fetched_at timestamptz not null
)
"""
READ_CURSOR = "select cursor from raw_pos.endpoints where name = %s and url = %s"
KEEP_CURSOR = """
insert into raw_pos.endpoints values (%s, %s, %s, now())
on conflict (name) do update set url = excluded.url, cursor = excluded.cursor, fetched_at = excluded.fetched_at
"""


def import_file(
    path: Path | str,
    location: str | None = None,
    mapping: Mapping | Path | str | None = None,
    warehouse_url: str | None = None,
    *,
    progress: Progress | None = None,
    folder: Path | None = None,
) -> dict[str, Any]:
    """Import a till's export and give its figures (`Summary.as_dict` and location, file, currency).

    A file `*.endpoint.yaml` is the declaration of an endpoint, whose records are imported. `progress` is called with
    the number of lines read. Importing the same lines again adds nothing. Raises an IngestionError, and changes
    nothing, when the file, its mapping or its location cannot be used.
    """
    path, url = Path(path), warehouse_url or default_warehouse_url()
    if is_endpoint(path):
        return _import_endpoint(path, location, url, progress=progress, folder=folder)
    declared = _mapping(path, mapping)
    return _import(path, path.name, location, declared, url, progress=progress, folder=folder)


def _import(
    path: Path,
    name: str,
    location: str | None,
    declared: Mapping,
    url: str,
    *,
    progress: Progress | None,
    folder: Path | None,
) -> dict[str, Any]:
    places = find_places(url, declared, location)
    file = PosFile(path, declared, places, name=name)
    summary = load_file(file, url, progress=progress, folder=folder)
    place = places(None)
    return {
        "file": str(path) if path.name == name else name,
        "location": place.code if place else "as the rows say",
        "currency": place.currency if place else "each location's",
        "bytes": file.size,
        **summary.as_dict(),
    }


def _import_endpoint(
    path: Path, location: str | None, url: str, *, progress: Progress | None, folder: Path | None
) -> dict[str, Any]:
    """Fetch what is new into a file, load it, and only then remember how far it went."""
    endpoint = load_endpoint(path)
    declared = _of_fetched(endpoint)
    find_places(url, declared, location)
    since = _cursor(url, path.name, endpoint.url)
    with tempfile.TemporaryDirectory(prefix="stockpot-endpoint-") as scratch:
        fetched = Path(scratch) / "records.jsonl"
        count, newest = fetch(endpoint, since, fetched)
        if not count:
            fetched.write_text("\n")
        figures = _import(fetched, path.name, location, declared, url, progress=progress, folder=folder)
    with connect(url) as session:
        session.execute(KEEP_CURSOR, [path.name, endpoint.url, newest])
    return {**figures, "cursor": newest}


def _of_fetched(endpoint: Endpoint) -> Mapping:
    """The mapping as it reads the fetched file: one record per line."""
    form = endpoint.mapping.file.model_copy(update={"kind": "jsonl", "records": None, "encoding": "utf-8-sig"})
    return endpoint.mapping.model_copy(update={"file": form})


def _cursor(url: str, name: str, address: str) -> str | None:
    with connect(url) as session:
        session.execute(CREATE_CURSORS)
        row = session.execute(READ_CURSOR, [name, address]).fetchone()
    return row[0] if row else None


def _mapping(path: Path, given: Mapping | Path | str | None) -> Mapping:
    if isinstance(given, Mapping):
        return given
    found = Path(given) if given is not None else mapping_beside(path)
    if found is None:
        raise InvalidMapping(f"{path.name} has no mapping: put {path.name}.mapping.yaml beside it")
    return load_mapping(found)
