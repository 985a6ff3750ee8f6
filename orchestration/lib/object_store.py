"""Where exports lie: a bucket through boto3, or a folder. A key holds a whole object or none."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from orchestration.lib.settings import ObjectStoreSettings


class ObjectStore(Protocol):
    """Puts files under keys and reads small ones back."""

    def put(self, key: str, file: Path, content_type: str) -> None:
        """Put a file under its key, whole or not at all."""

    def get(self, key: str) -> bytes | None:
        """What lies under the key, None where nothing does."""

    def fetch(self, key: str, file: Path) -> bool:
        """Write what lies under the key to a file; False where nothing does."""

    def delete(self, key: str) -> None:
        """Take away what lies under the key; nothing happens where nothing does."""

    def keys(self, prefix: str) -> Iterator[str]:
        """The keys that begin with the prefix, in order; unfinished writes are no keys."""

    def sweep(self, prefix: str, older_than: timedelta) -> int:
        """Take away what killed writers left unfinished so long ago; how many pieces that were."""


class FolderStore:
    """A folder: written beside the final name, flushed to disk, then renamed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, key: str, file: Path, content_type: str) -> None:  # noqa: ARG002 - a folder keeps no types
        """Copy and rename; a reader never sees a part."""
        target = self._folder / key
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f".{target.name}.{secrets.token_hex(6)}.partial")
        try:
            with file.open("rb") as source, partial.open("xb") as sink:
                shutil.copyfileobj(source, sink, 1 << 20)
                sink.flush()
                os.fsync(sink.fileno())
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)

    def get(self, key: str) -> bytes | None:
        """The file's content."""
        target = self._folder / key
        return target.read_bytes() if target.is_file() else None

    def fetch(self, key: str, file: Path) -> bool:
        """Copy it."""
        target = self._folder / key
        if not target.is_file():
            return False
        shutil.copyfile(target, file)
        return True

    def delete(self, key: str) -> None:
        """Remove the file, and folders that hold nothing any more."""
        target = self._folder / key
        target.unlink(missing_ok=True)
        for folder in target.parents:
            if folder == self._folder or not folder.is_dir() or any(folder.iterdir()):
                return
            folder.rmdir()

    def keys(self, prefix: str) -> Iterator[str]:
        """Files whose names do not begin with a dot."""
        found = (path for path in (self._folder / prefix).rglob("*") if path.is_file() and path.name[0] != ".")
        yield from sorted(path.relative_to(self._folder).as_posix() for path in found)

    def sweep(self, prefix: str, older_than: timedelta) -> int:
        """Remove `.partial` files that nobody writes to any more."""
        before = time.time() - older_than.total_seconds()
        left = [path for path in (self._folder / prefix).rglob(".*.partial") if path.stat().st_mtime < before]
        for path in left:
            path.unlink(missing_ok=True)
        return len(left)


class BucketStore:
    """An S3 bucket: an upload becomes visible when it is complete."""

    def __init__(self, bucket: str, endpoint_url: str | None, region: str) -> None:
        import boto3

        self._bucket = bucket
        self._client: Any = boto3.client("s3", endpoint_url=endpoint_url, region_name=region)

    def put(self, key: str, file: Path, content_type: str) -> None:
        """Upload, in parts where the file is large."""
        self._client.upload_file(str(file), self._bucket, key, ExtraArgs={"ContentType": content_type})

    def get(self, key: str) -> bytes | None:
        """The object's content."""
        try:
            content: bytes = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except self._client.exceptions.NoSuchKey:
            return None
        return content

    def fetch(self, key: str, file: Path) -> bool:
        """Download it, in parts where it is large."""
        try:
            self._client.download_file(self._bucket, key, str(file))
        except self._client.exceptions.ClientError as error:
            if error.response.get("Error", {}).get("Code") in {"404", "NoSuchKey"}:
                return False
            raise
        return True

    def delete(self, key: str) -> None:
        """Delete the object."""
        self._client.delete_object(Bucket=self._bucket, Key=key)

    def keys(self, prefix: str) -> Iterator[str]:
        """As the bucket lists them."""
        for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix):
            yield from (each["Key"] for each in page.get("Contents", []))

    def sweep(self, prefix: str, older_than: timedelta) -> int:
        """Abort uploads in parts that a killed writer began; they are no objects, but they are paid for."""
        before = datetime.now(UTC) - older_than
        pages = self._client.get_paginator("list_multipart_uploads").paginate(Bucket=self._bucket, Prefix=prefix)
        left = [each for page in pages for each in page.get("Uploads", []) if each["Initiated"] < before]
        for each in left:
            self._client.abort_multipart_upload(Bucket=self._bucket, Key=each["Key"], UploadId=each["UploadId"])
        return len(left)


def open_store(settings: ObjectStoreSettings) -> ObjectStore:
    """The bucket where one is named, else the folder."""
    if settings.bucket:
        return BucketStore(settings.bucket, settings.endpoint_url, settings.region)
    return FolderStore(settings.folder)


def address(settings: ObjectStoreSettings, key: str) -> str:
    """Where a person finds the object: s3://bucket/key, or the file."""
    return f"s3://{settings.bucket}/{key}" if settings.bucket else (settings.folder / key).as_uri()
