"""A session that is rolled back, a kitchen in it, and purchasing's routes for whoever a test says is asking."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

import api.schema  # noqa: F401
from api.core import problems
from api.core.access import Principal
from api.core.database import get_session
from api.purchasing.endpoints import router
from tests.api.purchasing.kitchen import Kitchen
from tests.conftest import Database


@dataclass(frozen=True)
class KnownPerson:
    """Stands where identity's authenticator stands."""

    principal: Principal

    def __call__(self, request: Request) -> Principal:
        return self.principal

    def remembered(self, request: Request) -> Principal:
        return self.principal


@pytest.fixture(scope="session")
def engine(database: Database) -> Iterator[Engine]:
    engine = create_engine(database.app_url.replace("postgresql://", "postgresql+psycopg://", 1))
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with Session(engine, expire_on_commit=False) as session:
        yield session
        session.rollback()


@pytest.fixture
def kitchen(session: Session) -> Kitchen:
    return Kitchen(session)


@pytest.fixture
def as_person(session: Session) -> Callable[[Principal], TestClient]:
    """The routes in the test's own transaction, asked by a principal."""

    def client(principal: Principal) -> TestClient:
        app = FastAPI()
        problems.install(app)
        app.include_router(router)
        app.state.authenticate = KnownPerson(principal)
        app.dependency_overrides[get_session] = lambda: session
        return TestClient(app)

    return client
