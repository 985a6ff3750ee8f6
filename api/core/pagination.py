"""Keyset pagination: `?limit=&cursor=` in, `{"items": […], "next_cursor": …}` out."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel

from api.core.errors import Invalid

T = TypeVar("T")
Limit = Annotated[int, Query(ge=1, le=200, description="Rows per page.")]
Cursor = Annotated[str | None, Query(max_length=1000, description="`next_cursor` of the page before.")]


class Page(BaseModel, Generic[T]):
    """One page of a list; `next_cursor` is null on the last."""

    items: list[T]
    next_cursor: str | None = None


def encode_cursor(*key: Any) -> str:
    """An opaque cursor from the sort key of the last row on the page."""
    return base64.urlsafe_b64encode(json.dumps(key, default=str).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, length: int) -> list[Any]:
    """The sort key inside a cursor.

    Raises:
        Invalid: the cursor was not made by this list.
    """
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise Invalid("The cursor is not one of this list's.", code="bad_cursor") from error
    if not isinstance(key, list) or len(key) != length:
        raise Invalid("The cursor is not one of this list's.", code="bad_cursor")
    return key


def read_cursor(cursor: str, *types: Callable[[str], Any]) -> list[Any]:
    """The sort key inside a cursor, each part read by its type (`str`, `int`, `UUID`, `datetime.fromisoformat` …).

    Raises:
        Invalid: the cursor was not made by this list.
    """
    key = decode_cursor(cursor, len(types))
    try:
        parts = [str(part) for part in key]
        if "\0" in "".join(parts):
            raise ValueError  # noqa: TRY301  # no text column holds it
        "".join(parts).encode()  # neither does it hold a lone surrogate
        return [read(part) for read, part in zip(types, parts, strict=True)]
    except (ValueError, TypeError, ArithmeticError) as error:
        raise Invalid("The cursor is not one of this list's.", code="bad_cursor") from error


def cut(rows: Sequence[T], limit: int, key: Any) -> tuple[list[T], str | None]:
    """Split `limit + 1` fetched rows into a page and the cursor of the next; `key(row)` gives the sort key tuple."""
    page = list(rows[:limit])
    return page, encode_cursor(*key(page[-1])) if len(rows) > limit else None


def name_cursor(cursor: str | None) -> tuple[str, UUID] | None:
    """The (text, id) sort key inside a cursor; None without one.

    Raises:
        Invalid: the cursor was not made by this list.
    """
    if cursor is None:
        return None
    name, row_id = decode_cursor(cursor, 2)
    try:
        if not isinstance(name, str) or "\0" in name:
            raise ValueError(name)  # noqa: TRY301
        return name, UUID(row_id)
    except (ValueError, AttributeError, TypeError) as error:
        raise Invalid("The cursor is not one of this list's.", code="bad_cursor") from error
