"""People for tests: made in the database, signed in without paying for a password check each time."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

import psycopg
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.core.database import transaction
from api.identity import repository, sessions
from api.identity.cookies import ACCESS_COOKIE, CSRF_COOKIE, REFRESH_COOKIE, REFRESH_PATH
from api.identity.models import Role, RoleGrant, User
from api.identity.passwords import hash_password

PASSWORD = "correct horse battery staple"


@lru_cache(maxsize=1)
def password_hash() -> str:
    return hash_password(PASSWORD)


@dataclass(frozen=True)
class Person:
    """Somebody who is signed in: every way a client may prove it."""

    id: UUID
    email: str
    name: str
    session_id: UUID
    access_token: str
    refresh_token: str
    csrf_token: str


class People:
    """Makes people and clients that act for them; all clients share the running application's event loop."""

    def __init__(self, app: FastAPI, runner: TestClient) -> None:
        self.app = app
        self.runner = runner

    def create(self, role: str | None, location_id: UUID | None = None, *, name: str = "") -> Person:
        """Somebody with one built-in role, at one location or (None) everywhere, signed in on one device."""
        mark = secrets.token_hex(6)
        with transaction() as session:
            person = User(
                email=f"{role or 'nobody'}-{mark}@example.com",
                name=name or f"{(role or 'nobody').title()} {mark}",
                password_hash=password_hash(),
            )
            session.add(person)
            session.flush()
            if role is not None:
                found = repository.role_named(session, role)
                assert found is not None, f"there is no role {role}"
                session.add(RoleGrant(user_id=person.id, role_id=found.id, location_id=location_id))
        return self.sign_in(person.id)

    def create_with_scopes(self, *scopes: str, location_id: UUID | None = None) -> Person:
        """Somebody whose own role holds exactly these scopes."""
        name = f"role-{secrets.token_hex(6)}"
        with transaction() as session:
            session.add(Role(name=name, scopes=sorted(scopes)))
        return self.create(name, location_id)

    def sign_in(self, user_id: UUID) -> Person:
        """A further session of somebody."""
        authenticator = self.app.state.authenticate
        with transaction() as session:
            opened = sessions.open_session(session, user_id, device="tests")
            person = repository.user(session, user_id)
            assert person is not None
        return Person(
            id=user_id,
            email=person.email,
            name=person.name,
            session_id=opened.session_id,
            access_token=authenticator.keys.issue(user_id, opened.session_id, seconds=900),
            refresh_token=opened.refresh_token,
            csrf_token=authenticator.csrf.token(opened.session_id),
        )

    def anonymous(self) -> TestClient:
        """A client that nobody is signed in on."""
        client = TestClient(self.app, raise_server_exceptions=False)
        client.portal = self.runner.portal
        return client

    def bearer(self, person: Person) -> TestClient:
        """A program's client: the access token in the Authorization header."""
        client = self.anonymous()
        client.headers["Authorization"] = f"Bearer {person.access_token}"
        return client

    def browser(self, person: Person) -> TestClient:
        """A browser: the cookies of the session, and the CSRF token that the page sends along."""
        client = self.anonymous()
        client.cookies.set(ACCESS_COOKIE, person.access_token, domain="testserver.local", path="/")
        client.cookies.set(REFRESH_COOKIE, person.refresh_token, domain="testserver.local", path=REFRESH_PATH)
        client.cookies.set(CSRF_COOKIE, person.csrf_token, domain="testserver.local", path="/")
        client.headers["X-CSRF-Token"] = person.csrf_token
        return client


@dataclass(frozen=True)
class Place:
    """A location of a test's own."""

    id: UUID
    code: str
    currency: str = "USD"


def make_place(database_url: str, *, allows_negative: bool = True) -> Place:
    """A location in New York, cut-off 04:00, with a code of its own."""
    code = f"T{secrets.token_hex(5).upper()}"
    with psycopg.connect(database_url) as connection:
        row = connection.execute(
            "insert into locations (code, name, time_zone, currency, allows_negative) "
            "values (%s, %s, 'America/New_York', 'USD', %s) returning id",
            (code, f"Location {code}", allows_negative),
        ).fetchone()
    assert row is not None
    return Place(row[0], code)
