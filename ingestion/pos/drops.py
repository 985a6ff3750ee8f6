"""Tills' files as they are dropped: which are read, by the mapping beside each."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from ingestion.documents.files import identify
from ingestion.drops import importing
from ingestion.drops.importing import Candidate, Dropped, Waiting
from ingestion.drops.notes import Contents
from ingestion.drops.places import DroppedFile, DropPlace, drop_address, drop_place
from ingestion.errors import InvalidMapping
from ingestion.pos.declared import KINDS
from ingestion.pos.endpoint import SUFFIXES as ENDPOINT_SUFFIXES
from ingestion.pos.imports import import_file
from ingestion.pos.mapping import SUFFIXES as MAPPING_SUFFIXES
from ingestion.pos.mapping import mapping_names
from ingestion.pos.reader import check_content


class TillFiles:
    """Exports of a kind that is read here, and endpoints; each export needs a mapping."""

    source, schema = "pos", "raw_pos"

    def candidates(self, files: list[DroppedFile]) -> Iterator[Candidate]:
        """The files of a kind that is read here, each with a version that its mapping is part of."""
        by_name = {file.name: file for file in files}
        for file in files:
            mapping = next((by_name[name] for name in mapping_names(file.name) if name in by_name), None)
            version = f"{file.fingerprint}|{mapping.fingerprint if mapping else ''}"
            if file.name.endswith(ENDPOINT_SUFFIXES):
                yield Candidate(file, version, is_fetched=True)
            elif _is_data(file.name, mapping):
                yield Candidate(file, version, mapping.name if mapping else None)

    def contents(self, path: Path, name: str, mapping: Path | None) -> Contents:
        """Both files' digests; a file without a mapping is refused."""
        sha256 = check_content(path, None)[1]
        if mapping is None:
            raise InvalidMapping(f"{name} has no mapping: put {name}.mapping.yaml beside it")
        return Contents(sha256, identify(mapping))

    def load(self, path: Path, _name: str, mapping: Path | None, url: str, folder: Path | None) -> dict[str, Any]:
        """Load an export by its mapping, or what an endpoint has to tell."""
        return import_file(path, mapping=mapping, warehouse_url=url, folder=folder)


def new_files(url: str, place: DropPlace | None = None, *, settled_for: timedelta = timedelta(0)) -> list[Waiting]:
    """Files at the place, by default POS_DROP_PATH, that no import has looked at (`importing.new_files`)."""
    return importing.new_files(TillFiles(), url, place or till_place(), settled_for=settled_for)


def import_dropped(
    place: DropPlace | Path | str, warehouse_url: str, *, dlt_folder: Path | None = None
) -> list[Dropped]:
    """Import every file of the place by the mapping beside it (`importing.import_dropped`)."""
    found = drop_place(place) if isinstance(place, str | Path) else place
    return importing.import_dropped(TillFiles(), found, warehouse_url, dlt_folder=dlt_folder)


def drop_folder() -> Path | str:
    """POS_DROP_PATH of the environment (a folder or `s3://bucket/prefix`), by default `drop/pos` in STOCKPOT_HOME."""
    return drop_address("POS_DROP_PATH", "pos")


def till_place() -> DropPlace:
    """The place at that address."""
    return drop_place(drop_folder())


def _is_data(name: str, mapping: DroppedFile | None) -> bool:
    is_declared = mapping is not None and mapping.name.startswith(name)
    is_text = name.lower().endswith(".txt")
    is_known = os.path.splitext(name.lower())[1] in KINDS  # noqa: PTH122
    return is_known and (is_declared or not is_text) and not name.endswith(MAPPING_SUFFIXES)
