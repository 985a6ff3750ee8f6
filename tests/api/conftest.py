"""Fixtures of every API test: the whole application on this worker's database, and people signed in on it.

What tests write here is committed, as in life: use people and places of your own (`people.create`, `place`) and compare
with what was there before. `api` runs the application's lifespan; every other client shares its event loop.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import psycopg
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.config import Settings
from api.core.cache import forget_cache
from api.core.database import forget_engine, transaction
from api.core.rate_limits import get_rate_limits
from api.files.store import get_store
from api.identity.authentication import SessionAuthenticator
from api.identity.bootstrap import ensure_builtin_roles
from api.identity.session_store import get_session_store
from tests.api.people import People, Person, Place, make_place
from tests.conftest import Database


def forget_everything() -> None:
    """Drop what a process keeps for its life: connections, sessions, counters."""
    forget_engine()
    forget_cache()
    get_session_store.cache_clear()
    get_rate_limits.cache_clear()
    get_store.cache_clear()


@lru_cache(maxsize=1)
def built_app() -> FastAPI:
    """Built once: its routes, keys and secrets are the same for every test of this worker."""
    from api.main import create_app

    return create_app()


@pytest.fixture
def app(settings: Settings) -> Iterator[FastAPI]:
    """The application as the server runs it, knowing nothing of the test before."""
    forget_everything()
    with transaction() as session:
        ensure_builtin_roles(session)
    app = built_app()
    app.state.authenticate = SessionAuthenticator.from_settings(settings)
    yield app
    app.dependency_overrides.clear()
    forget_everything()


@pytest.fixture
def api(app: FastAPI) -> Iterator[TestClient]:
    """A client nobody is signed in on; it keeps the application running."""
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def people(app: FastAPI, api: TestClient) -> People:
    """Makes people and clients for them."""
    return People(app, api)


@pytest.fixture
def place(database: Database) -> Place:
    """A location of this test's own."""
    return make_place(database.owner_url)


@pytest.fixture
def other_place(database: Database) -> Place:
    """A second one, where the people of `place` have no say."""
    return make_place(database.owner_url)


@pytest.fixture
def sql(database: Database) -> Iterator[psycopg.Connection]:
    """The database as its owner sees it, each statement on its own."""
    with psycopg.connect(database.owner_url, autocommit=True) as connection:
        yield connection


# ------------------------------------------------------------------ people, one of each role


@pytest.fixture
def admin_person(people: People) -> Person:
    return people.create("admin")


@pytest.fixture
def manager_person(people: People) -> Person:
    return people.create("manager")


@pytest.fixture
def operator_person(people: People, place: Place) -> Person:
    return people.create("operator", place.id)


@pytest.fixture
def analyst_person(people: People) -> Person:
    return people.create("analyst")


@pytest.fixture
def admin(people: People, admin_person: Person) -> TestClient:
    """A bearer client of an administrator."""
    return people.bearer(admin_person)


@pytest.fixture
def manager(people: People, manager_person: Person) -> TestClient:
    """A bearer client of a manager of every location."""
    return people.bearer(manager_person)


@pytest.fixture
def operator(people: People, operator_person: Person) -> TestClient:
    """A bearer client of an operator at `place` alone."""
    return people.bearer(operator_person)


@pytest.fixture
def analyst(people: People, analyst_person: Person) -> TestClient:
    """A bearer client of an analyst of every location."""
    return people.bearer(analyst_person)


@pytest.fixture
def admin_browser(people: People, admin_person: Person) -> TestClient:
    """The same administrator in a browser: cookies and CSRF token."""
    return people.browser(admin_person)


@pytest.fixture
def manager_browser(people: People, manager_person: Person) -> TestClient:
    return people.browser(manager_person)


@pytest.fixture
def operator_browser(people: People, operator_person: Person) -> TestClient:
    return people.browser(operator_person)


@pytest.fixture
def analyst_browser(people: People, analyst_person: Person) -> TestClient:
    return people.browser(analyst_person)
