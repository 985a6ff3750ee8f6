"""A database of these tests' own, its kitchens, and the whole application with people signed in on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from api.config import Settings
from api.main import create_app
from tests.api.conftest import api, app, people
from tests.api.ledger.conftest import kitchen, strict_kitchen
from tests.api.ledger.support import make_engine
from tests.conftest import Database
from tests.reliability.senders import Process
from tests.reliability.stage import Stage

__all__ = ["api", "app", "kitchen", "people", "strict_kitchen"]


@pytest.fixture(scope="session")
def database(clone_database: Callable[[str], Database]) -> Database:
    """These tests verify the whole audit chain: nobody else writes here."""
    return clone_database("reliability")


@pytest.fixture(scope="module")
def engine(database) -> Iterator[Engine]:
    engine = make_engine(database.app_url, 32)
    yield engine
    engine.dispose()


@pytest.fixture
def first(app: FastAPI, api: TestClient) -> Process:
    """The application of this test."""
    return Process(app, api)


@pytest.fixture
def second(settings: Settings, first: Process) -> Iterator[Process]:
    """Another one on the same database, with a posting pool and an event loop of its own."""
    app = create_app()
    with TestClient(app, raise_server_exceptions=False) as runner:
        yield Process(app, runner)


@pytest.fixture
def connection(database: Database) -> Iterator[psycopg.Connection]:
    """As the application role, each statement on its own."""
    with psycopg.connect(database.app_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def stage(database: Database) -> Stage:
    """Two restaurants and two products of this test's own."""
    return Stage.build(database.app_url)
