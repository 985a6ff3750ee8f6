"""The page's static files, addressed by the hash of the whole tree.

`/static/<version>/js/queue.js` imports `./api.js`, and the decoder's worker loads the wasm beside it: so the version
stands in the path and not in a query. Relative addresses inherit it, and a browser may keep every file for ever.
"""

from __future__ import annotations

import hashlib
import mimetypes
from functools import lru_cache
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from api.web.headers import static_headers

FOLDER = Path(__file__).parent / "static"
FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
DECODER = ("vendor/zxing-reader.js", "vendor/zxing_reader.wasm")

mimetypes.add_type("text/javascript", ".js")  # a machine's registry may say otherwise, and nosniff then blocks modules
mimetypes.add_type("application/wasm", ".wasm")
mimetypes.add_type("application/manifest+json", ".webmanifest")


@lru_cache(maxsize=1)
def version() -> str:
    """Twelve hex digits that change whenever any static file does; read once per process."""
    digest = hashlib.sha256()
    for path in sorted(FOLDER.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(FOLDER).as_posix().encode() + b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]


def url(path: str) -> str:
    """The address of a static file in this version of the tree."""
    return f"/static/{version()}/{path}"


def has_decoder() -> bool:
    """Whether the browser's barcode decoder was fetched when the project was set up; else the server decodes."""
    return all((FOLDER / path).is_file() for path in DECODER)


class VersionedFiles(StaticFiles):
    """Serves `<version>/<path>`: the current version may be kept for ever, any other is asked for again."""

    def __init__(self) -> None:
        super().__init__(directory=FOLDER)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file without its version.

        Raises:
            HTTPException: 404, there is no such file, or the path carries no version.
        """
        asked_version, _, rest = path.partition("/")
        if not rest:
            raise HTTPException(404)
        response = await super().get_response(rest, scope)
        response.headers["cache-control"] = FOR_EVER if asked_version == version() else ASK_AGAIN
        response.headers.update(static_headers())
        return response
