"""Files of the folder store, for whoever holds a link that this service signed; S3 serves its own."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from api.files.store import KEY, FolderStore, ObjectNotFound, get_store

router = APIRouter(prefix="/api/files", tags=["files"])

LATEST = 2**40


@router.get("/{key:path}", response_class=StreamingResponse)
def download(
    key: str,
    expires: Annotated[int, Query(ge=0, le=LATEST, description="Unix time.")],
    signature: Annotated[str, Query(max_length=128)],
) -> StreamingResponse:
    """The file, as a download: a browser never shows it as a page of ours. A bad link and a missing file look alike."""
    store = get_store()
    if not isinstance(store, FolderStore) or not KEY.fullmatch(key) or not store.is_good(key, expires, signature):
        raise ObjectNotFound("The link is not valid, or no longer.")
    if not store.exists(key):
        raise ObjectNotFound("The link is not valid, or no longer.")
    name = key.rpartition("/")[2]
    return StreamingResponse(
        _pieces(store, key),
        media_type=mimetypes.guess_type(name)[0] or "application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _pieces(store: FolderStore, key: str) -> Iterator[bytes]:
    with store.open(key) as pieces:
        yield from pieces
