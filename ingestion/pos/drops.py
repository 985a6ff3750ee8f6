"""Imports what was dropped: each content once, whatever its file is called; one unusable file stops no other."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from psycopg.types.json import Jsonb

from ingestion.errors import IngestionError, InvalidMapping
from ingestion.pos.declared import KINDS
from ingestion.pos.drop_places import DroppedFile, DropPlace, drop_place
from ingestion.pos.endpoint import SUFFIXES as ENDPOINT_SUFFIXES
from ingestion.pos.imports import import_file
from ingestion.pos.mapping import SUFFIXES as MAPPING_SUFFIXES
from ingestion.pos.mapping import mapping_names
from ingestion.pos.reader import check_content
from ingestion.warehouse import connect

CREATE = """
create schema if not exists raw_pos;
create table if not exists raw_pos.dropped_files (
    name text not null,
    version text not null,
    sha256 text,
    mapping_sha256 text,
    state text not null check (state in ('loaded', 'known', 'refused')),
    error text,
    figures jsonb,
    noted_at timestamptz not null default now(),
    primary key (name, version)
);
create index if not exists dropped_files_by_content on raw_pos.dropped_files (sha256, mapping_sha256);
"""
NOTE = """
insert into raw_pos.dropped_files (name, version, sha256, mapping_sha256, state, error, figures)
values (%s, %s, %s, %s, %s, %s, %s)
on conflict (name, version) do update set sha256 = excluded.sha256, mapping_sha256 = excluded.mapping_sha256,
    state = excluded.state, error = excluded.error, figures = excluded.figures, noted_at = now()
"""
SAME_CONTENT = """
select name from raw_pos.dropped_files where sha256 = %s and mapping_sha256 = %s and state = 'loaded'
order by noted_at limit 1
"""
VERSIONS = "select name, version, state from raw_pos.dropped_files"


@dataclass(frozen=True)
class Dropped:
    """A file of the drop folder: its figures, why it could not be imported, or that its content was loaded before."""

    name: str
    figures: dict[str, Any] | None
    error: str | None
    is_known: bool = False


@dataclass(frozen=True)
class Waiting:
    """A dropped file that no run has looked at, in its present content and with its present mapping."""

    name: str
    version: str
    size: int
    changed_at: datetime


def new_files(url: str, place: DropPlace | None = None, *, settled_for: timedelta = timedelta(0)) -> list[Waiting]:
    """Files that were dropped, changed, or got another mapping since the last import; endpoints are not among them.

    Nothing is read but names, sizes and times. Files that changed within `settled_for` are left for later: they may
    still be written. The same files give the same list until they are imported, refused ones are listed once.
    """
    place = place or drop_place()
    seen = {(name, version) for name, version, _ in _noted(url)}
    latest = datetime.now(UTC) - settled_for
    return [
        Waiting(file.name, version, file.size, file.changed_at)
        for file, version in _importable(place.files())
        if (file.name, version) not in seen and file.changed_at <= latest and not file.name.endswith(ENDPOINT_SUFFIXES)
    ]


def import_dropped(
    place: DropPlace | Path | str, warehouse_url: str, *, dlt_folder: Path | None = None
) -> list[Dropped]:
    """Import every file by the mapping beside it; what was loaded, under this or another name, is left alone.

    A file that was refused is tried again each time, so that it is named until it is mended or taken away.
    """
    found = drop_place(place) if isinstance(place, str | Path) else place
    files = found.files()
    loaded = {(name, version) for name, version, state in _noted(warehouse_url) if state != "refused"}
    return [
        Dropped(file.name, None, None, is_known=True)
        if (file.name, version) in loaded and not file.name.endswith(ENDPOINT_SUFFIXES)
        else _import_one(found, file, version, {each.name for each in files}, warehouse_url, dlt_folder)
        for file, version in _importable(files)
    ]


def _import_one(
    place: DropPlace, file: DroppedFile, version: str, names: set[str], url: str, dlt_folder: Path | None
) -> Dropped:
    contents: tuple[str | None, str | None] = (None, None)
    try:
        with ExitStack() as held:
            path = held.enter_context(place.local(file.name))
            if file.name.endswith(ENDPOINT_SUFFIXES):
                return Dropped(file.name, import_file(path, warehouse_url=url, folder=dlt_folder), None)
            mapping = held.enter_context(place.local(_mapping_name(file.name, names)))
            contents = (check_content(path, None)[1], hashlib.sha256(mapping.read_bytes()).hexdigest())
            if _same_content(url, *contents):
                _note(url, file.name, version, contents, "known")
                return Dropped(file.name, None, None, is_known=True)
            figures = import_file(path, mapping=mapping, warehouse_url=url, folder=dlt_folder)
    except IngestionError as error:
        _note(url, file.name, version, contents, "refused", error=str(error))
        return Dropped(file.name, None, str(error))
    _note(url, file.name, version, contents, "loaded", figures=figures)
    return Dropped(file.name, figures, None)


def _mapping_name(name: str, names: set[str]) -> str:
    found = next((each for each in mapping_names(name) if each in names), None)
    if found is None:
        raise InvalidMapping(f"{name} has no mapping: put {name}.mapping.yaml beside it")
    return found


def _importable(files: list[DroppedFile]) -> Iterator[tuple[DroppedFile, str]]:
    """The files of a kind that is read here, each with a version that its mapping is part of."""
    by_name = {file.name: file for file in files}
    for file in files:
        mapping = next((by_name[name] for name in mapping_names(file.name) if name in by_name), None)
        is_declared = mapping is not None and mapping.name.startswith(file.name)
        is_text = file.name.lower().endswith(".txt")
        is_data = os.path.splitext(file.name.lower())[1] in KINDS and (is_declared or not is_text)  # noqa: PTH122
        if file.name.endswith(MAPPING_SUFFIXES):
            continue
        if is_data or file.name.endswith(ENDPOINT_SUFFIXES):
            yield file, f"{file.fingerprint}|{mapping.fingerprint if mapping else ''}"


def _noted(url: str) -> list[tuple[str, str, str]]:
    with connect(url) as session:
        _ensure(session)
        return session.execute(VERSIONS).fetchall()


def _same_content(url: str, sha256: str | None, mapping_sha256: str | None) -> bool:
    with connect(url) as session:
        return session.execute(SAME_CONTENT, [sha256, mapping_sha256]).fetchone() is not None


def _note(
    url: str,
    name: str,
    version: str,
    contents: tuple[str | None, str | None],
    state: str,
    *,
    error: str | None = None,
    figures: dict[str, Any] | None = None,
) -> None:
    with connect(url) as session:
        session.execute(NOTE, [name, version, *contents, state, error, Jsonb(figures) if figures else None])


def _ensure(session: Any) -> None:
    if session.execute("select to_regclass('raw_pos.dropped_files_by_content')").fetchone()[0] is None:
        session.execute("select pg_advisory_xact_lock(hashtextextended('stockpot dropped files', 0))")
        session.execute(CREATE)
