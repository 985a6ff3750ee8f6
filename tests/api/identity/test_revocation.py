"""What is taken away is gone within a second, everywhere, with or without Redis."""

from __future__ import annotations

import time

import pytest

from api.core.cache import forget_cache, get_cache
from api.identity.session_store import get_session_store
from tests.api.people import PASSWORD

EDIT = {"If-Match": '"1"'}


@pytest.fixture
def person(people, place):
    return people.create("operator", place.id)


@pytest.fixture
def without_redis(app, monkeypatch):
    """Redis at a port where nobody listens."""
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    from api.config import get_settings

    get_settings.cache_clear()
    forget_cache()


def until_denied(client, seconds=1.0):
    """Seconds until the client is denied."""
    started = time.monotonic()
    while client.get("/api/auth/me").status_code == 200:
        assert time.monotonic() - started < seconds + 0.5, "still let in"
        time.sleep(0.02)
    return time.monotonic() - started


class TestWithinASecond:
    def test_disabling_ends_every_session_at_once(self, people, person, admin):
        devices = [people.bearer(person), people.bearer(people.sign_in(person.id))]
        assert [device.get("/api/auth/me").status_code for device in devices] == [200, 200]
        assert admin.patch(f"/api/users/{person.id}", json={"is_active": False}, headers=EDIT).status_code == 200
        assert [device.get("/api/auth/me").status_code for device in devices] == [401, 401]
        login = people.anonymous().post("/api/auth/login", json={"email": person.email, "password": PASSWORD})
        assert login.status_code == 401

    def test_a_new_password_signs_out_everywhere(self, people, person, admin):
        client = people.bearer(person)
        change = {"password": "another long password"}
        assert admin.patch(f"/api/users/{person.id}", json=change, headers=EDIT).status_code == 200
        assert client.get("/api/auth/me").status_code == 401
        old, new = (
            people.anonymous().post("/api/auth/login", json={"email": person.email, "password": word})
            for word in (PASSWORD, "another long password")
        )
        assert (old.status_code, new.status_code) == (401, 200)

    def test_a_role_that_is_taken_away_no_longer_opens_doors(self, people, person, place, admin, sql):
        client = people.bearer(person)
        assert client.get("/api/products").status_code == 200
        role_id = sql.execute("select id from roles where name = 'operator'").fetchone()[0]
        change = {"revoke": [{"role_id": str(role_id), "location_id": str(place.id)}]}
        assert admin.patch(f"/api/users/{person.id}/roles", json=change).json() == []
        assert client.get("/api/products").status_code == 403

    def test_another_process_learns_it_from_the_revocation_list(self, people, person):
        client = people.bearer(person)
        assert client.get("/api/auth/me").status_code == 200
        get_cache().run(lambda redis: redis.set(f"stockpot:revoked:{person.session_id}", "1", ex=60))
        assert until_denied(client) <= 1.0

    def test_another_process_learns_it_from_the_database_without_redis(self, without_redis, people, person, sql):
        client = people.bearer(person)
        assert client.get("/api/auth/me").status_code == 200
        sql.execute("update sessions set revoked_at = now() where id = %s", (person.session_id,))
        assert until_denied(client) <= 1.0

    def test_redis_that_comes_back_empty_revives_nobody(self, people, person, sql):
        sql.execute("update sessions set revoked_at = now() where id = %s", (person.session_id,))
        assert people.bearer(person).get("/api/auth/me").status_code == 401

    def test_signing_out_works_while_redis_is_away(self, without_redis, people, person):
        assert people.browser(person).post("/api/auth/logout").status_code == 204
        assert people.bearer(person).get("/api/auth/me").status_code == 401


class TestOwnSessions:
    def test_one_may_sign_another_device_out(self, people, person):
        other = people.sign_in(person.id)
        client = people.bearer(person)
        listed = client.get("/api/auth/sessions").json()["items"]
        assert {item["id"]: item["is_current"] for item in listed} == {
            str(person.session_id): True,
            str(other.session_id): False,
        }
        assert client.delete(f"/api/auth/sessions/{other.session_id}").status_code == 204
        assert people.bearer(other).get("/api/auth/me").status_code == 401
        assert client.get("/api/auth/me").status_code == 200

    def test_somebody_elses_session_is_404(self, people, person, admin):
        assert admin.delete(f"/api/auth/sessions/{person.session_id}").status_code == 404
        assert people.bearer(person).get("/api/auth/me").status_code == 200


class TestHotPath:
    def test_a_known_session_is_let_in_without_redis_or_postgresql(self, people, person, monkeypatch):
        client = people.bearer(person)
        assert client.get("/.well-known/jwks.json").status_code == 200
        assert client.get("/api/auth/me").status_code == 200

        def refuse(*_):
            pytest.fail("asked the session store again")

        monkeypatch.setattr(get_session_store(), "principal", refuse)
        assert client.get("/api/feature-flags").status_code == 200

    def test_nobody_comes_in_while_neither_store_answers(self, people, person, without_redis, monkeypatch):
        from api.config import get_settings
        from api.core.database import forget_engine

        monkeypatch.setenv("DATABASE_URL", "postgresql://stockpot_app:x@127.0.0.1:1/stockpot")
        get_settings.cache_clear()
        forget_engine()
        answer = people.bearer(person).get("/api/auth/sessions")
        assert answer.status_code == 503
        assert answer.headers["content-type"] == "application/problem+json"
