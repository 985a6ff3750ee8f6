"""Where exports lie: a bucket through boto3, or a folder. A key holds a whole object or none."""

from __future__ import annotations

import os
import secrets
import shutil
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


def open_store(settings: ObjectStoreSettings) -> ObjectStore:
    """The bucket where one is named, else the folder."""
    if settings.bucket:
        return BucketStore(settings.bucket, settings.endpoint_url, settings.region)
    return FolderStore(settings.folder)
