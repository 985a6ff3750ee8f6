"""The object store: finished files under keys, in S3 or in a folder, and links that expire.

A key appears with its whole content or not at all; nothing is ever seen half-written.
"""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
import time
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, Protocol
from urllib.parse import quote, urlencode

from api.config import Settings, get_settings
from api.core.digests import keyed_digest, same
from api.core.errors import Invalid, NotFound, Unavailable

KEY = re.compile(r"[A-Za-z0-9=_-][A-Za-z0-9=._-]*(/[A-Za-z0-9=_-][A-Za-z0-9=._-]*)*", re.ASCII)
CHUNK = 256 * 1024
MISSING = frozenset({"404", "NoSuchKey", "NotFound"})


class BadKey(Invalid):
    """Not a key of this store: it must not start with a dot, climb, or leave plain ASCII."""

    code = "bad_object_key"


class ObjectNotFound(NotFound):
    """Nothing lies under this key."""

    code = "object_not_found"


class StoreAway(Unavailable):
    """The object store does not answer."""

    code = "object_store_unavailable"


class ObjectStore(Protocol):
    """What the service needs of an object store."""

    def put(self, key: str, content: BinaryIO, *, media_type: str) -> None:
        """Store the whole content under the key, replacing what was there."""

    def open(self, key: str) -> contextlib.AbstractContextManager[Iterator[bytes]]:
        """The content in pieces. Raises `ObjectNotFound`."""

    def exists(self, key: str) -> bool:
        """Whether something lies under the key."""

    def delete(self, key: str) -> None:
        """Take away what lies under the key; nothing happens where nothing does."""

    def link(self, key: str, *, seconds: int) -> str:
        """An address anybody may fetch the object from until it expires."""

    def probe(self) -> None:
        """Raises when the store cannot be reached."""


def checked_key(key: str) -> str:
    """The key, if it is one.

    Raises:
        BadKey: it could name something outside the store.
    """
    if len(key) > 500 or not KEY.fullmatch(key):
        raise BadKey("An object key is made of plain names with slashes between them.")
    return key


class FolderStore:
    """Objects as files of one folder; a link is an address of this service with a signature."""

    def __init__(self, folder: Path, *, public_url: str, secret: str) -> None:
        self._folder = folder
        self._public_url = public_url.rstrip("/")
        self._secret = secret

    def put(self, key: str, content: BinaryIO, *, media_type: str) -> None:
        """Write beside the target, flush to the disk, then rename: readers see the old or the new, never a part."""
        del media_type
        target = self.path(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=".upload-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                while piece := content.read(CHUNK):
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    @contextlib.contextmanager
    def open(self, key: str) -> Iterator[Iterator[bytes]]:
        """The content in pieces."""
        path = self.path(key)
        if not path.is_file():
            raise ObjectNotFound("There is no such file.")
        with path.open("rb") as file:
            yield iter(lambda: file.read(CHUNK), b"")

    def exists(self, key: str) -> bool:
        """Whether something lies under the key."""
        return self.path(key).is_file()

    def delete(self, key: str) -> None:
        """Remove the file."""
        self.path(key).unlink(missing_ok=True)

    def link(self, key: str, *, seconds: int) -> str:
        """`/api/files/<key>?expires=<Unix time>&signature=<HMAC>` at this service's public address."""
        expires = int(time.time()) + seconds
        query = urlencode({"expires": expires, "signature": self.signature(checked_key(key), expires)})
        return f"{self._public_url}/api/files/{quote(key)}?{query}"

    def signature(self, key: str, expires: int) -> str:
        """Proof that this service gave out a link to this key until that moment."""
        return keyed_digest(self._secret, "file-link", key, str(expires)).hex()

    def is_good(self, key: str, expires: int, signature: str) -> bool:
        """Whether a link was given out by this service and has not expired."""
        return same(signature, self.signature(key, expires)) and time.time() < expires

    def probe(self) -> None:
        """Raises when the folder cannot be written."""
        self._folder.mkdir(parents=True, exist_ok=True)
        if not os.access(self._folder, os.W_OK):
            raise PermissionError(self._folder)

    def path(self, key: str) -> Path:
        """Where the object lies; a symbolic link that leads out of the folder leads to nothing."""
        path = (self._folder / checked_key(key)).resolve()
        if not path.is_relative_to(self._folder.resolve()):
            raise BadKey("An object key stays inside the store.")
        return path


class BucketStore:
    """Objects in an S3 bucket; a link is pre-signed by S3."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, key: str, content: BinaryIO, *, media_type: str) -> None:
        """Upload in parts where it is large; S3 shows an object only when it is whole."""
        with _answering():
            self._client.upload_fileobj(content, self._bucket, checked_key(key), ExtraArgs={"ContentType": media_type})

    @contextlib.contextmanager
    def open(self, key: str) -> Iterator[Iterator[bytes]]:
        """The content in pieces."""
        with _answering():
            answer = self._client.get_object(Bucket=self._bucket, Key=checked_key(key))
        with contextlib.closing(answer["Body"]) as body:
            yield body.iter_chunks(CHUNK)

    def exists(self, key: str) -> bool:
        """Whether something lies under the key."""
        try:
            with _answering():
                self._client.head_object(Bucket=self._bucket, Key=checked_key(key))
        except ObjectNotFound:
            return False
        return True

    def delete(self, key: str) -> None:
        """S3 answers the same whether something lay there or not."""
        with _answering():
            self._client.delete_object(Bucket=self._bucket, Key=checked_key(key))

    def link(self, key: str, *, seconds: int) -> str:
        """A GET that S3 itself verifies; signing asks nobody."""
        parameters = {"Bucket": self._bucket, "Key": checked_key(key)}
        return str(self._client.generate_presigned_url("get_object", Params=parameters, ExpiresIn=seconds))

    def probe(self) -> None:
        """Raises when the bucket cannot be reached."""
        self._client.head_bucket(Bucket=self._bucket)


@contextlib.contextmanager
def _answering() -> Iterator[None]:
    """S3's errors as ours: nothing under the key, or a store that does not answer."""
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] in MISSING:
            raise ObjectNotFound("There is no such file.") from error
        raise StoreAway("The object store refused.") from error
    except (BotoCoreError, Boto3Error) as error:
        raise StoreAway("The object store does not answer.") from error


def make_store(settings: Settings) -> ObjectStore:
    """The store that the settings name: the bucket, else the folder."""
    if settings.s3_bucket is None:
        return FolderStore(
            settings.objects_folder,
            public_url=settings.stockpot_public_url,
            secret=settings.link_secret.get_secret_value(),
        )
    import boto3
    from botocore.config import Config

    config = Config(
        signature_version="s3v4",
        connect_timeout=2,
        read_timeout=10,
        retries={"mode": "standard", "max_attempts": 3},
        s3={"addressing_style": "path" if settings.s3_endpoint_url else "auto"},
    )
    client = boto3.client("s3", endpoint_url=settings.s3_endpoint_url, region_name=settings.s3_region, config=config)
    return BucketStore(client, settings.s3_bucket)


@lru_cache(maxsize=1)
def get_store() -> ObjectStore:
    """The process-wide store; tests clear the cache."""
    return make_store(get_settings())
