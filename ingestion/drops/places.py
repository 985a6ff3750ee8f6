"""Where files are dropped: a folder, or a bucket with the object store's settings."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from ingestion.errors import UnreadableFile

UNFINISHED = (".part", ".partial", ".tmp", ".crdownload", ".filepart")


@dataclass(frozen=True)
class DroppedFile:
    """A file as it lies there; `fingerprint` changes with its content without reading it."""

    name: str
    fingerprint: str
    size: int
    changed_at: datetime


class DropPlace(Protocol):
    """A place that files are dropped in."""

    def files(self) -> list[DroppedFile]:
        """What lies there, by name; hidden and unfinished files (`.part`, `.tmp`, …) aside."""

    @contextmanager
    def local(self, name: str) -> Iterator[Path]:
        """The file on this machine for the block, under its own name."""


class Folder:
    """A folder; one that does not exist holds nothing."""

    def __init__(self, path: Path, *, is_deep: bool = False) -> None:
        self._path, self._pattern = path, "**/*" if is_deep else "*"

    def files(self) -> list[DroppedFile]:
        """The files of the folder itself or, where it is deep, of those inside it too."""
        files = (self._described(path) for path in sorted(self._path.glob(self._pattern)))
        return [file for file in files if file is not None and is_finished(file.name)]

    @contextmanager
    def local(self, name: str) -> Iterator[Path]:
        """The file where it lies."""
        yield self._path / name

    def _described(self, path: Path) -> DroppedFile | None:
        """The file; None for what is none, or was taken away while the folder was read."""
        try:
            state = path.stat()
        except OSError:
            return None
        if not stat.S_ISREG(state.st_mode):
            return None
        changed_at = datetime.fromtimestamp(state.st_mtime, UTC)
        name = path.relative_to(self._path).as_posix()
        return DroppedFile(name, f"{state.st_size}:{state.st_mtime_ns}", state.st_size, changed_at)


class Bucket:
    """The objects of a bucket under a prefix; `S3_ENDPOINT_URL`, `S3_REGION` and boto3's own credentials apply."""

    def __init__(self, address: str, *, is_deep: bool = False) -> None:
        import boto3

        self._folders: dict[str, str] = {} if is_deep else {"Delimiter": "/"}
        bucket, _, prefix = address.removeprefix("s3://").partition("/")
        self._bucket = bucket
        self._prefix = f"{prefix.rstrip('/')}/" if prefix.strip("/") else ""
        self._client: Any = boto3.client(
            "s3",
            endpoint_url=os.environ.get("S3_ENDPOINT_URL") or None,
            region_name=os.environ.get("S3_REGION", "eu-west-1"),
        )

    def files(self) -> list[DroppedFile]:
        """The objects directly under the prefix or, where the place is deep, all of them."""
        pages = self._called(
            lambda: list(
                self._client.get_paginator("list_objects_v2").paginate(
                    Bucket=self._bucket, Prefix=self._prefix, **self._folders
                )
            )
        )
        entries = [entry for page in pages for entry in page.get("Contents", ())]
        found = [
            DroppedFile(
                entry["Key"].removeprefix(self._prefix),
                f"{entry['Size']}:{entry['ETag']}",
                entry["Size"],
                entry["LastModified"],
            )
            for entry in entries
        ]
        return sorted((file for file in found if is_finished(file.name)), key=lambda file: file.name)

    @contextmanager
    def local(self, name: str) -> Iterator[Path]:
        """A copy that is gone afterwards."""
        with tempfile.TemporaryDirectory(prefix="stockpot-drop-") as folder:
            path = Path(folder) / Path(name).name
            self._called(lambda: self._client.download_file(self._bucket, self._prefix + name, str(path)))
            yield path

    def _called(self, call: Any) -> Any:
        from boto3.exceptions import Boto3Error
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return call()
        except (Boto3Error, BotoCoreError, ClientError) as error:
            raise UnreadableFile(f"the bucket {self._bucket} cannot be read: {error}") from error


def drop_place(address: str | Path, *, is_deep: bool = False) -> DropPlace:
    """The place at an address, `s3://bucket/prefix` or a folder; a deep one has the files of the folders inside it."""
    text = str(address)
    if text.startswith("s3://"):
        return Bucket(text, is_deep=is_deep)
    return Folder(Path(text), is_deep=is_deep)


def drop_address(variable: str, kind: str) -> Path | str:
    """The address in a variable of the environment, by default `drop/<kind>` in STOCKPOT_HOME."""
    address = os.environ.get(variable)
    if address and address.startswith("s3://"):
        return address
    return Path(address) if address else Path(os.environ.get("STOCKPOT_HOME", "var")) / "drop" / kind


def is_finished(name: str) -> bool:
    """Whoever drops files writes under another name and renames: one that is still being written is left alone."""
    parts = name.split("/")
    is_shown = all(part and not part.startswith((".", "~")) for part in parts)
    return is_shown and not name.lower().endswith(UNFINISHED)
