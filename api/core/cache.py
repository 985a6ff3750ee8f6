"""Redis as something that may be away: every use is quick or refused, and its loss loses nothing that matters."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

import structlog
from redis import Redis
from redis.exceptions import RedisError

from api.config import get_settings

T = TypeVar("T")
PATIENCE_SECONDS = 0.25
PAUSE_SECONDS = 2.0

log = structlog.get_logger(__name__)


class CacheAway(Exception):  # a noun, like every other error here
    """Redis did not answer in time, or was away a moment ago."""


class Cache:
    """One Redis with a short patience: after a failure nobody waits for it again for a while."""

    def __init__(self, url: str) -> None:
        self._redis = Redis.from_url(
            url, socket_connect_timeout=PATIENCE_SECONDS, socket_timeout=PATIENCE_SECONDS, decode_responses=True
        )
        self._away_until = 0.0

    def run(self, action: Callable[[Redis], T]) -> T:
        """The action's answer.

        Raises:
            CacheAway: Redis is away; decide without it.
        """
        if time.monotonic() < self._away_until:
            raise CacheAway
        try:
            return action(self._redis)
        except (RedisError, OSError) as error:
            self._away_until = time.monotonic() + PAUSE_SECONDS
            log.warning("redis_away", cause=type(error).__name__)
            raise CacheAway from error

    def close(self) -> None:
        """Give the connections back."""
        self._redis.close()


@lru_cache(maxsize=1)
def get_cache() -> Cache:
    """The process-wide cache."""
    return Cache(get_settings().redis_url)


def forget_cache() -> None:
    """Close and forget it: for tests and for a process that forks."""
    if get_cache.cache_info().currsize:
        get_cache().close()
    get_cache.cache_clear()
