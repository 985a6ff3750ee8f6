"""Imports what was dropped: each content once, whatever its file is called; one unusable file stops no other.

A file is noted after its rows are loaded. A kill between the two leaves it unnoted: it is read again, and every row of
it is known by its key.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from ingestion.drops.notes import Contents, Notes
from ingestion.drops.places import DroppedFile, DropPlace
from ingestion.drops.refused import OURS, set_aside, settle
from ingestion.errors import IngestionError, UnreadableFile, WarehouseUnreachable
from ingestion.quarantine.store import storable


@dataclass(frozen=True)
class Candidate:
    """A file that is to be read: `version` changes with it or its mapping; one that `is_fetched` is read each time."""

    file: DroppedFile
    version: str
    mapping: str | None = None
    is_fetched: bool = False

    @property
    def name(self) -> str:
        """The file's name as the database can hold it, whatever bytes it was made of."""
        return storable(self.file.name)


class Feed(Protocol):
    """A kind of files: which of a place's are read, with what, and how."""

    @property
    def source(self) -> str:
        """What the quarantine calls it."""

    @property
    def schema(self) -> str:
        """The raw schema that its rows go to."""

    def candidates(self, files: list[DroppedFile], /) -> Iterator[Candidate]:
        """The files that are read here."""

    def contents(self, path: Path, name: str, mapping: Path | None, /) -> Contents:
        """What a file is known by; an IngestionError where it cannot be used."""

    def load(self, path: Path, name: str, mapping: Path | None, url: str, folder: Path | None, /) -> dict[str, Any]:
        """Load a file and give its figures; an IngestionError where it cannot be used."""


@dataclass(frozen=True)
class Dropped:
    """A dropped file: its figures, why it could not be imported, or that its content was loaded before."""

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


def new_files(feed: Feed, url: str, place: DropPlace, *, settled_for: timedelta = timedelta(0)) -> list[Waiting]:
    """Files that were dropped, changed, or got another mapping since the last import; none of those that are fetched.

    Nothing is read but names, sizes and times. Files that changed within `settled_for` are left for later: they may
    still be written. The same files give the same list until they are imported, refused ones are listed once.
    """
    candidates = list(feed.candidates(place.files()))
    seen = {(name, version) for name, version, _ in Notes(url, feed.schema).versions()}
    latest = datetime.now(UTC) - settled_for
    return [
        Waiting(each.name, each.version, each.file.size, each.file.changed_at)
        for each in candidates
        if (each.name, each.version) not in seen and each.file.changed_at <= latest and not each.is_fetched
    ]


def import_dropped(feed: Feed, place: DropPlace, url: str, *, dlt_folder: Path | None = None) -> list[Dropped]:
    """Import every file; what was loaded, under this or another name, is left alone.

    A file that was refused is tried again each time, so that it is named until it is mended or taken away, and it
    waits in quarantine. WarehouseUnreachable ends the import: it is the fault of no file.
    """
    candidates = list(feed.candidates(place.files()))
    noted = Notes(url, feed.schema).versions()
    loaded = {(name, version) for name, version, state in noted if state != "refused"}
    return [
        Dropped(each.name, None, None, is_known=True)
        if (each.name, each.version) in loaded and not each.is_fetched
        else _import_one(feed, place, each, url, dlt_folder)
        for each in candidates
    ]


def _import_one(feed: Feed, place: DropPlace, one: Candidate, url: str, folder: Path | None) -> Dropped:
    name, notes, contents = one.name, Notes(url, feed.schema), Contents()
    try:
        if name != one.file.name:
            raise UnreadableFile(f"the name of {name!r} is not UTF-8: give the file another one")
        with ExitStack() as held:
            path = held.enter_context(place.local(name))
            mapping = held.enter_context(place.local(one.mapping)) if one.mapping else None
            if one.is_fetched:
                return Dropped(name, feed.load(path, name, mapping, url, folder), None)
            contents = feed.contents(path, name, mapping)
            if notes.has(contents):
                notes.known(name, one.version, contents)
                return Dropped(name, None, None, is_known=True)
            figures = feed.load(path, name, mapping, url, folder)
    except WarehouseUnreachable:
        raise
    except IngestionError as error:
        notes.refused(name, one.version, contents, str(error))
        if not one.is_fetched and not isinstance(error, OURS):
            set_aside(url, feed.source, feed.schema, name, contents.sha256, error)
        return Dropped(name, None, str(error))
    notes.loaded(name, one.version, contents, figures)
    settle(url, feed.source, name, contents.sha256)
    return Dropped(name, figures, None)
