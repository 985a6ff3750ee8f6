"""Counting tries in a moving window, shared through Redis; where Redis is away, each process counts for itself."""

from __future__ import annotations

import math
import time
from functools import lru_cache
from typing import Any

import structlog
from limits import RateLimitItem
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis.exceptions import RedisError

from api.config import get_settings
from api.core.cache import PATIENCE_SECONDS, PAUSE_SECONDS
from api.core.errors import TooMany

log = structlog.get_logger(__name__)


class RateLimits:
    """`spend` counts a try and refuses beyond the limit."""

    def __init__(self, redis_url: str) -> None:
        options: dict[str, Any] = {"socket_connect_timeout": PATIENCE_SECONDS, "socket_timeout": PATIENCE_SECONDS}
        self._own = MovingWindowRateLimiter(MemoryStorage())
        self._redis_url, self._options = redis_url, options
        self._common: MovingWindowRateLimiter | None = None
        self._away_until = 0.0

    def spend(self, item: RateLimitItem, *who: str) -> None:
        """Count one try by `who` (an account, an address).

        Raises:
            TooMany: the window is full; `Retry-After` says for how long.
        """
        for limiter in self._limiters():
            try:
                if limiter.hit(item, *who):
                    return
                resets_at = limiter.get_window_stats(item, *who).reset_time
            except (RedisError, OSError) as error:
                self._note_absence(error)
                continue
            wait = max(1, math.ceil(resets_at - time.time()))
            message = f"Too many tries; come back in {wait} s."
            raise TooMany(message, headers={"Retry-After": str(wait)})

    def forgive(self, item: RateLimitItem, *who: str) -> None:
        """Forget the tries of whoever proved to be honest."""
        for limiter in self._limiters():
            try:
                limiter.clear(item, *who)
            except (RedisError, OSError) as error:
                self._note_absence(error)

    def _limiters(self) -> list[MovingWindowRateLimiter]:
        if time.monotonic() < self._away_until:
            return [self._own]
        try:
            self._common = self._common or MovingWindowRateLimiter(RedisStorage(self._redis_url, **self._options))
        except (RedisError, OSError) as error:
            self._note_absence(error)
            return [self._own]
        return [self._common, self._own]

    def _note_absence(self, error: Exception) -> None:
        self._away_until = time.monotonic() + PAUSE_SECONDS
        log.warning("rate_limits_without_redis", cause=type(error).__name__)


@lru_cache(maxsize=1)
def get_rate_limits() -> RateLimits:
    """The process-wide limits; tests clear the cache."""
    return RateLimits(get_settings().redis_url)
