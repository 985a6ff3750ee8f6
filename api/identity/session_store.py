"""Who a session is and what it may do, at most a second old.

PostgreSQL is the truth: a session is let in only on its word, so losing Redis or restoring it empty revives nobody.
Redis carries the list of sessions revoked within the life of an access token: it denies at once, in every process,
even while PostgreSQL is slow. Where PostgreSQL does not answer, the question fails and the request is refused.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from uuid import UUID

from api.config import get_settings
from api.core.access import Principal
from api.core.cache import CacheAway, get_cache
from api.core.database import transaction
from api.identity import repository
from api.identity.errors import SessionEnded

MEMORY_SECONDS = 0.9
RENEWED_AFTER = 0.6  # from then on the first who asks reads anew, while the others go on with what is known
MEMORY_SIZE = 20_000
STRIPES = 64


@dataclass(slots=True)
class _Known:
    principal: Principal | None  # None: the session is over
    until: float  # time.monotonic()
    renewed_from: float = math.inf  # somebody reads it anew from then on; infinity: somebody does


class SessionStore:
    """This process's memory of sessions, good for less than a second."""

    def __init__(self, *, token_seconds: int) -> None:
        self._token_seconds = token_seconds
        self._known: dict[UUID, _Known] = {}
        self._stripes = [Lock() for _ in range(STRIPES)]

    def remembered(self, session_id: UUID) -> Principal | None:
        """The principal if it was read within the last second; touches nothing outside this process.

        None also for the one who is to read it anew, shortly before all would have to.

        Raises:
            SessionEnded: the session was over a moment ago, and so it is.
        """
        known, now = self._known.get(session_id), time.monotonic()
        if known is None or known.until < now:
            return None
        if known.principal is None:
            raise SessionEnded
        if known.renewed_from < now:
            known.renewed_from = math.inf
            return None
        return known.principal

    def principal(self, session_id: UUID) -> Principal:
        """The principal of a living session.

        Raises:
            SessionEnded: it was revoked, it expired, or its person was disabled.
            sqlalchemy.exc.OperationalError: PostgreSQL does not answer, so nobody comes in.
        """
        with self._stripes[hash(session_id) % STRIPES]:  # one reader per session; the others find what it read
            known = self._known.get(session_id)
            is_young = known is not None and time.monotonic() < known.until - MEMORY_SECONDS + RENEWED_AFTER
            principal = known.principal if known is not None and is_young else self._read(session_id)
        if principal is None:
            raise SessionEnded
        return principal

    def _read(self, session_id: UUID) -> Principal | None:
        asked_at = time.monotonic()
        principal = None if self._is_on_list(session_id) else _read(session_id)
        self._remember(session_id, principal, asked_at)
        return principal

    def _remember(self, session_id: UUID, principal: Principal | None, asked_at: float) -> None:
        if len(self._known) >= MEMORY_SIZE:
            self._known.clear()
        self._known[session_id] = _Known(principal, asked_at + MEMORY_SECONDS, asked_at + RENEWED_AFTER)

    def _is_on_list(self, session_id: UUID) -> bool:
        try:
            return bool(get_cache().run(lambda redis: redis.exists(_key(session_id))))
        except CacheAway:
            return False  # PostgreSQL is asked next, and its word is the one that counts

    def deny(self, session_ids: Iterable[UUID]) -> None:
        """Tell every process that these sessions are over; call it once the revocation has committed."""
        ids = list(session_ids)
        for session_id in ids:
            self._remember(session_id, None, time.monotonic())
        if not ids:
            return
        try:
            get_cache().run(lambda redis: _put_on_list(redis, ids, self._token_seconds + 60))
        except CacheAway:
            return  # the others learn it from PostgreSQL within the second

    def forget(self, user_id: UUID) -> None:
        """Read this person's rights anew at the next request; other processes do within the second."""
        for session_id, known in list(self._known.items()):
            if known.principal is not None and known.principal.id == user_id:
                self._known.pop(session_id, None)

    def forget_all(self) -> None:
        """Read everybody's rights anew: a role changed."""
        self._known.clear()


def _read(session_id: UUID) -> Principal | None:
    with transaction() as session:
        found = repository.session_rights(session, session_id)
    if found is None:
        return None
    user_id, rights = found
    return Principal(user_id, "user", session_id, merged(rights))


def merged(rights: Iterable[tuple[UUID | None, Iterable[str]]]) -> dict[str, frozenset[UUID] | None]:
    """Roles at locations, turned into locations by scope; None, everywhere, outweighs any list."""
    grants: dict[str, frozenset[UUID] | None] = {}
    for location_id, scopes in rights:
        for scope in scopes:
            held = grants.get(scope, frozenset())
            grants[scope] = None if location_id is None or held is None else held | {location_id}
    return grants


def _key(session_id: UUID) -> str:
    return f"stockpot:revoked:{session_id}"


def _put_on_list(redis: object, session_ids: list[UUID], seconds: int) -> None:
    with redis.pipeline(transaction=False) as pipe:  # type: ignore[attr-defined]
        for session_id in session_ids:
            pipe.set(_key(session_id), "1", ex=seconds)
        pipe.execute()


@lru_cache(maxsize=1)
def get_session_store() -> SessionStore:
    """The process-wide store; tests clear the cache."""
    return SessionStore(token_seconds=get_settings().access_token_seconds)
