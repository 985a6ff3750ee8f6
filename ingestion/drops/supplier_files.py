"""What suppliers drop: price lists and invoices, in a folder per supplier's code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

from ingestion.documents.files import identify
from ingestion.documents.values import digest
from ingestion.drops import importing
from ingestion.drops.importing import Candidate, Dropped, Waiting
from ingestion.drops.notes import Contents
from ingestion.drops.places import DroppedFile, DropPlace, drop_address, drop_place
from ingestion.pos.mapping import SUFFIXES, mapping_names

READING = 1
"""Counted up where a file that is known would be read otherwise than before: every file is then read once more."""


class Load(Protocol):
    """Loads one file and gives its figures."""

    def __call__(
        self, path: Path, name: str, supplier: str | None, mapping: Path | None, url: str, folder: Path | None, /
    ) -> dict[str, Any]:
        """Load the file; `name` is what it is called at the place."""


@dataclass(frozen=True)
class SupplierFiles:
    """Every file of the place that `variable` names; its first folder is the supplier's code."""

    source: str
    schema: str
    variable: str
    run: Load
    is_mapped: bool = False

    def address(self) -> Path | str:
        """A folder or `s3://bucket/prefix`: what the variable says; else `drop/<source>` in STOCKPOT_HOME."""
        return drop_address(self.variable, self.source)

    def new_files(
        self, url: str, place: DropPlace | None = None, *, settled_for: timedelta = timedelta(0)
    ) -> list[Waiting]:
        """Files at the place, by default the one of the address, that no import has looked at."""
        return importing.new_files(self, url, place or _deep(self.address()), settled_for=settled_for)

    def import_dropped(
        self, place: DropPlace | Path | str, url: str, *, dlt_folder: Path | None = None
    ) -> list[Dropped]:
        """Import every file of the place that was not read yet; its first folder is its supplier's code."""
        found = _deep(place) if isinstance(place, str | Path) else place
        return importing.import_dropped(self, found, url, dlt_folder=dlt_folder)

    def candidates(self, files: list[DroppedFile]) -> Iterator[Candidate]:
        """All but mappings, each with the version of the mapping beside it, where this kind of file has any."""
        by_name = {file.name: file for file in files}
        for file in files:
            if not file.name.endswith(SUFFIXES):
                mapping = _beside(file.name, by_name) if self.is_mapped else None
                version = f"{file.fingerprint}|{mapping.fingerprint if mapping else ''}"
                yield Candidate(file, version, mapping.name if mapping else None)

    def contents(self, path: Path, name: str, mapping: Path | None) -> Contents:
        """The file's digest; and the supplier's code, the mapping and the way of reading in one."""
        declared = digest(READING, supplier_of(name), mapping and identify(mapping))
        return Contents(identify(path), declared)

    def load(self, path: Path, name: str, mapping: Path | None, url: str, folder: Path | None) -> dict[str, Any]:
        """Load the file for the supplier whose folder it lies in."""
        return self.run(path, name, supplier_of(name), mapping, url, folder)


def supplier_of(name: str) -> str | None:
    """The first folder of a name: MILL of MILL/2026/prices.csv."""
    parts = PurePosixPath(name).parts
    return parts[0] if len(parts) > 1 else None


def _deep(address: Path | str) -> DropPlace:
    return drop_place(address, is_deep=True)


def _beside(name: str, by_name: dict[str, DroppedFile]) -> DroppedFile | None:
    path = PurePosixPath(name)
    names = (str(path.with_name(each)) for each in mapping_names(path.name))
    return next((by_name[each] for each in names if each in by_name), None)
