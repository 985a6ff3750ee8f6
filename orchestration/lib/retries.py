"""Which failures of a step pass by themselves, and how often it is tried again for them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
import httpx
import psycopg

from ingestion.errors import WarehouseUnreachable
from orchestration.lib.errors import ApiRefused, ApiUnreachable

RETRIES = dg.RetryPolicy(max_retries=3, delay=10, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)
"""After about 10, 20 and 40 seconds: a database that fails over is back by then."""

PASSING = (
    psycopg.OperationalError,
    WarehouseUnreachable,
    ApiUnreachable,
    httpx.TransportError,
    ConnectionError,
    TimeoutError,
)
DRIVERS = frozenset({"OperationalError", "EndpointConnectionError", "DestinationConnectionError"})
"""The same by name, from libraries that a step imports only when it needs them."""
WORDS = ("could not connect to server", "connection refused", "server closed the connection", "terminating connection")
"""The same in the words of dbt, which is another process."""


@contextmanager
def only_passing_trouble_is_retried() -> Iterator[None]:
    """Let trouble that passes reach the retry policy; end the step at once for whatever would only happen again."""
    try:
        yield
    except (dg.Failure, dg.RetryRequested):
        raise
    except Exception as error:  # the edge of the step
        if is_passing(error):
            raise
        raise dg.Failure(description=f"{type(error).__name__}: {error}", allow_retries=False) from error


def is_passing(error: BaseException) -> bool:
    """Whether the failure, or what caused it, is of the network or of a database that is away."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ApiRefused):
            return seen.status >= 500 or seen.status == 429
        if isinstance(seen, PASSING) or type(seen).__name__ in DRIVERS:
            return True
        if any(words in str(seen).lower() for words in WORDS):
            return True
        seen = seen.__cause__ or seen.__context__
    return False
