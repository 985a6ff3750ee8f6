"""A trail of a test's own: in a database that nobody else writes to."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

import api.schema  # noqa: F401
from api.audit.record import record
from api.audit.sealer import seal
from tests.conftest import Database


@pytest.fixture
def engine(fresh_database: Database) -> Iterator[Engine]:
    engine = create_engine(fresh_database.app_url.replace("postgresql://", "postgresql+psycopg://", 1))
    yield engine
    engine.dispose()


@pytest.fixture
def connection(fresh_database: Database) -> Iterator[psycopg.Connection]:
    """As the application role, for the verifier."""
    with psycopg.connect(fresh_database.app_url) as connection:
        yield connection


@pytest.fixture
def superuser(fresh_database: Database) -> Iterator[psycopg.Connection]:
    """Somebody whom no grant and no trigger stops."""
    with psycopg.connect(fresh_database.admin_url, autocommit=True) as connection:
        connection.execute("set session_replication_role = replica")
        yield connection


@pytest.fixture
def act(engine: Engine) -> Callable[[int], None]:
    """Record some acts, each in a transaction of its own."""

    def do(times: int) -> None:
        for number in range(times):
            with Session(engine) as session, session.begin():
                details = {"n": number, "note": "crème brûlée", "price": "1.10"}
                record(session, actor_id=None, action="test.acted", subject_type="test", details=details)

    return do


@pytest.fixture
def seal_all(engine: Engine) -> Callable[[], int]:
    """Seal until nothing waits."""

    def do() -> int:
        sealed = 0
        while True:
            with Session(engine) as session, session.begin():
                now = seal(session, 100)
            sealed += now
            if not now:
                return sealed

    return do
