"""Connections: a SQLAlchemy session per request for ordinary routes, a psycopg pool for the hot path."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Annotated

import orjson
from fastapi import Depends
from psycopg import AsyncConnection
from psycopg.types.json import set_json_loads
from psycopg_pool import AsyncConnectionPool
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.orm import Session, sessionmaker

from api.config import get_settings

CONNECT_ARGS = {"connect_timeout": 5, "options": "-c timezone=UTC -c lock_timeout=10s -c statement_timeout=60s"}


@lru_cache(maxsize=1)
def get_engine() -> Engine:
    """The process-wide engine as the role stockpot_app."""
    settings = get_settings()
    url = settings.database_url.replace("postgresql://", "postgresql+psycopg://", 1)
    return create_engine(
        url,
        pool_size=settings.database_pool_size,
        max_overflow=8,
        pool_timeout=10,
        pool_pre_ping=True,
        connect_args=CONNECT_ARGS,
    )


@lru_cache(maxsize=1)
def _maker() -> sessionmaker[Session]:
    return sessionmaker(get_engine(), expire_on_commit=False)


@contextmanager
def transaction() -> Iterator[Session]:
    """One transaction: committed when the block ends well, rolled back otherwise."""
    with _maker().begin() as session:
        yield session


def get_session() -> Iterator[Session]:
    """A request's session; its transaction is committed before the reply leaves."""
    with transaction() as session:
        yield session


# scope="function" makes FastAPI leave the generator, and so commit, before the response is sent.
DbSession = Annotated[Session, Depends(get_session, scope="function")]


def make_async_pool() -> AsyncConnectionPool:
    """A closed pool of about four connections for the posting path; the application's lifespan opens it.

    Its connections commit by themselves: a batch of scans is one statement, and so one transaction and one round trip.
    """
    return _pool("posting")


def make_reading_pool() -> AsyncConnectionPool:
    """Another such pool for the hottest lists: whoever reads never stands in line before a scan."""
    return _pool("reading")


def _pool(name: str) -> AsyncConnectionPool:
    settings = get_settings()
    return AsyncConnectionPool(
        settings.database_url,
        min_size=2,
        max_size=4,
        open=False,
        kwargs=CONNECT_ARGS | {"autocommit": True},
        configure=_read_json_fast,
        name=name,
    )


async def _read_json_fast(connection: AsyncConnection) -> None:
    set_json_loads(orjson.loads, connection)


def forget_engine() -> None:
    """Dispose of the engine and forget it: for tests and for a process that forks."""
    if get_engine.cache_info().currsize:
        get_engine().dispose()
    get_engine.cache_clear()
    _maker.cache_clear()


def after_commit(session: Session, action: Callable[[], None]) -> None:
    """Run `action` once this session's transaction has committed; for memory and caches alone, never for messages."""

    def run(_: Session) -> None:
        action()

    event.listen(session, "after_commit", run, once=True)
