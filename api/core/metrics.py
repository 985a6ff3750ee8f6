"""What Prometheus may ask this process."""

from __future__ import annotations

from functools import lru_cache

from prometheus_client import Counter, Histogram

REQUESTS = Counter("stockpot_http_requests_total", "Requests answered.", ("method", "route", "status"))
SECONDS = Histogram(
    "stockpot_http_request_seconds",
    "Time from the first byte of a request to the last of its answer.",
    ("method", "route"),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


@lru_cache(maxsize=4096)
def _counter(method: str, route: str, status: int) -> Counter:
    return REQUESTS.labels(method, route, str(status))


@lru_cache(maxsize=1024)
def _histogram(method: str, route: str) -> Histogram:
    return SECONDS.labels(method, route)


def observe(method: str, route: str, status: int, seconds: float) -> None:
    """Count one answer; `route` is the route's template, so that ids make no series of their own."""
    known = method if method in KNOWN_METHODS else "OTHER"
    _counter(known, route, status).inc()
    _histogram(known, route).observe(seconds)
