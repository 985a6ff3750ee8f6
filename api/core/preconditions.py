"""`If-Match`: an edit says which version of the row it was made from."""

from __future__ import annotations

import re
from typing import Annotated, Protocol

from fastapi import Depends, Header

from api.core.errors import Malformed, PreconditionMissing, VersionConflict

ENTITY_TAG = re.compile(r'"([0-9]{1,18})"|([0-9]{1,18})', re.ASCII)


class HasVersion(Protocol):
    """A row with optimistic locking (`api.core.models.Versioned`)."""

    version: int


def expected_version(if_match: Annotated[str | None, Header(description='The version read, `"3"`.')] = None) -> int:
    """The version that the client read.

    Raises:
        PreconditionMissing: there is no `If-Match`.
        Malformed: it is not a version.
    """
    if if_match is None:
        message = 'Say which version you edit: If-Match: "<version>".'
        raise PreconditionMissing(message)
    match = ENTITY_TAG.fullmatch(if_match.strip())
    if match is None:
        message = 'If-Match must be one version in quotes, such as "3".'
        raise Malformed(message, code="bad_if_match")
    return int(match[1] or match[2])


ExpectedVersion = Annotated[int, Depends(expected_version)]


def bump(row: HasVersion, expected: int) -> None:
    """Move the row to its next version; the row must be locked (`with_for_update`) by this transaction.

    Raises:
        VersionConflict: somebody edited it since the client read it.
    """
    if row.version != expected:
        message = f"It was edited meanwhile: version {row.version} now, {expected} when you read it."
        raise VersionConflict(message, version=row.version)
    row.version = expected + 1
