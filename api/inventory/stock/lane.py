"""`GET /api/inventory` from bytes to bytes: the list as screens ask for it, without the framework's way.

Only what is asked in the plainest form is served here. Everything else (the past, what expires, an unknown or repeated
parameter, a value that is not plainly right) goes the ordinary route, so that there is one place which says what is
wrong and how.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

import orjson
import psycopg
from fastapi import Request
from psycopg_pool import AsyncConnectionPool
from starlette.types import Receive, Scope, Send

from api.core.access import Requires
from api.core.errors import Invalid
from api.core.express import send_json
from api.core.pagination import encode_cursor, name_cursor
from api.ledger.pages import Connection, page_of_items
from api.ledger.queries import ItemFilter

READ = "inventory.read"
READER = Requires(READ)
UUID_TEXT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
LIMIT_TEXT = re.compile(r"[1-9][0-9]{0,2}", re.ASCII)
MOST = 200
LONGEST_QUERY = 2000  # bytes; what is longer is rare, and this process remembers what it has read
TRUTH = {"true": True, "false": False}
PATIENCE_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Asked:
    """What a plain request wants; whose locations it may show is not in it."""

    wanted: ItemFilter
    limit: int
    after: tuple[str, UUID] | None


def takes(scope: Scope) -> bool:
    """Whether this request is asked plainly enough for the shorter way."""
    return _read(scope["query_string"]) is not None


async def serve(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one page to whoever may read stock there.

    Raises:
        Unauthenticated, Forbidden: as on every route.
        NotFound: the person may not see that location.
    """
    request = Request(scope, receive, send)
    assert READER.dependency is not None
    principal = await READER.dependency(request)
    asked = _read(scope["query_string"])
    assert asked is not None
    if asked.wanted.location_id is not None:
        principal.must(READ, asked.wanted.location_id)
    seen = replace(asked, wanted=replace(asked.wanted, locations=principal.locations(READ)))
    rows = await _rows(request.app.state.reading_pool, seen)
    await send_json(send, _page(rows, asked.limit))


async def _rows(pool: AsyncConnectionPool[Connection], asked: Asked) -> list[bytes]:
    """The rows; asked again, once, where the connection had died unnoticed, as after a restart of the database."""
    async with pool.connection(timeout=PATIENCE_SECONDS) as connection:
        try:
            return await page_of_items(connection, asked.wanted, limit=asked.limit, after=asked.after)
        except psycopg.OperationalError:
            if not connection.closed:
                raise
    await pool.check()
    async with pool.connection(timeout=PATIENCE_SECONDS) as connection:
        return await page_of_items(connection, asked.wanted, limit=asked.limit, after=asked.after)


def _page(rows: list[bytes], limit: int) -> bytes:
    """The rows of a page in its frame; one row more than the limit tells that another page follows."""
    following = b"null"
    if len(rows) > limit:
        del rows[limit:]
        last = orjson.loads(rows[-1])
        following = orjson.dumps(encode_cursor(last["product"]["name"], last["id"]))
    return b'{"items":[' + b",".join(rows) + b'],"next_cursor":' + following + b"}"


def _read(query: bytes) -> Asked | None:
    return _remembered(query) if len(query) <= LONGEST_QUERY else None


@lru_cache(maxsize=1024)
def _remembered(query: bytes) -> Asked | None:
    """The request in a query string, or None where the ordinary route has to look at it."""
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    given = dict(pairs)
    if len(given) < len(pairs) or not given.keys() <= READERS.keys():
        return None
    try:
        read: dict[str, Any] = {name: READERS[name](value) for name, value in given.items()}
    except (ValueError, Invalid):
        return None
    limit, after = read.pop("limit", 50), read.pop("cursor", None)
    return Asked(ItemFilter(locations=None, **read), limit, after)


def _uuid(value: str) -> UUID:
    if not UUID_TEXT.fullmatch(value):
        raise ValueError(value)
    return UUID(value)


def _truth(value: str) -> bool:
    if value not in TRUTH:
        raise ValueError(value)
    return TRUTH[value]


def _limit(value: str) -> int:
    if not LIMIT_TEXT.fullmatch(value) or int(value) > MOST:
        raise ValueError(value)
    return int(value)


def _search(value: str) -> str:
    if not value or len(value) > 200 or not value.isprintable():
        raise ValueError(value)
    return value


def _cursor(value: str) -> tuple[str, UUID]:
    after = name_cursor(value) if 0 < len(value) <= 1000 else None
    if after is None:
        raise ValueError(value)
    after[0].encode()  # a lone surrogate is for the ordinary route to refuse
    return after


READERS = {
    "location_id": _uuid,
    "area_id": _uuid,
    "product_id": _uuid,
    "q": _search,
    "below_reorder": _truth,
    "negative": _truth,
    "limit": _limit,
    "cursor": _cursor,
}
