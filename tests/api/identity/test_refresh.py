"""Refresh tokens: used once, retried within moments, and deadly when copied."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from api.identity.cookies import ACCESS_COOKIE, REFRESH_COOKIE, REFRESH_PATH


def hold(client, refresh_token):
    """Put a refresh token into a client's hand."""
    client.cookies.delete(REFRESH_COOKIE)
    client.cookies.set(REFRESH_COOKIE, refresh_token, domain="testserver.local", path=REFRESH_PATH)


def refresh(people, person, refresh_token=None):
    """Refresh once from a fresh browser; the answer and the next refresh token."""
    client = people.browser(person)
    hold(client, refresh_token or person.refresh_token)
    answer = client.post("/api/auth/refresh")
    return answer, answer.cookies.get(REFRESH_COOKIE)


def age(sql, person, seconds=60):
    """Let time pass since this session's tokens were used."""
    sql.execute(
        "update refresh_tokens set used_at = used_at - make_interval(secs => %s) where session_id = %s",
        (seconds, person.session_id),
    )


def is_signed_in(people, person):
    return people.bearer(person).get("/api/auth/me").status_code == 200


@pytest.fixture
def person(people):
    return people.create("operator")


class TestRotation:
    def test_a_refresh_gives_new_tokens_and_the_old_access_token_stays_good(self, people, person):
        answer, following = refresh(people, person)
        assert answer.status_code == 200, answer.text
        assert following not in {None, person.refresh_token}
        assert answer.json()["csrf_token"] == person.csrf_token
        assert answer.json()["access_token"]
        assert is_signed_in(people, person)

    def test_a_retry_within_moments_gets_the_same_successor(self, people, person):
        _, first = refresh(people, person)
        answer, again = refresh(people, person)
        assert answer.status_code == 200
        assert again == first

    def test_a_retry_across_a_restart_gets_the_same_successor(self, people, person):
        from api.core.database import forget_engine
        from api.identity.session_store import get_session_store

        _, first = refresh(people, person)
        forget_engine()
        get_session_store.cache_clear()
        _, again = refresh(people, person)
        assert again == first

    def test_fifty_at_once_make_one_successor(self, people, person, sql):
        start = threading.Barrier(10)

        def work(_):
            if start.n_waiting < 10:
                start.wait(timeout=30)
            return refresh(people, person)

        with ThreadPoolExecutor(10) as pool:
            outcomes = list(pool.map(work, range(50)))
        assert {answer.status_code for answer, _ in outcomes} == {200}
        assert len({token for _, token in outcomes}) == 1
        count = sql.execute(
            "select count(*) from refresh_tokens where session_id = %s", (person.session_id,)
        ).fetchone()
        assert count == (2,)


class TestReplay:
    def test_a_copied_token_ends_the_family_in_that_request(self, people, person, sql):
        other_device = people.sign_in(person.id)
        _, second = refresh(people, person)
        age(sql, person)
        answer, _ = refresh(people, person)
        assert answer.status_code == 401
        assert answer.json()["code"] == "session_ended"
        assert ACCESS_COOKIE in answer.headers["set-cookie"]
        assert not is_signed_in(people, person)
        assert refresh(people, person, second)[0].status_code == 401
        assert is_signed_in(people, other_device)
        reason = sql.execute("select revoked_reason from sessions where id = %s", (person.session_id,)).fetchone()
        assert reason == ("refresh_token_replayed",)

    def test_a_token_whose_successor_was_used_is_a_copy_however_soon_it_comes(self, people, person):
        _, second = refresh(people, person)
        assert refresh(people, person, second)[0].status_code == 200
        assert refresh(people, person)[0].status_code == 401
        assert not is_signed_in(people, person)

    def test_an_unknown_token_ends_nobody(self, people, person):
        assert refresh(people, person, "A" * 43)[0].status_code == 401
        assert is_signed_in(people, person)


class TestAfterTheEnd:
    def test_nothing_is_usable_after_signing_out(self, people, person):
        assert people.browser(person).post("/api/auth/logout").status_code == 204
        assert not is_signed_in(people, person)
        assert refresh(people, person)[0].status_code == 401

    def test_a_refresh_that_races_with_signing_out_leaves_nothing_usable(self, people):
        for _ in range(5):
            person = people.create("operator")
            with ThreadPoolExecutor(2) as pool:
                refreshed = pool.submit(refresh, people, person)
                left = pool.submit(people.browser(person).post, "/api/auth/logout")
                answer, following = refreshed.result()
                assert left.result().status_code == 204
            assert answer.status_code in {200, 401}
            assert not is_signed_in(people, person)
            assert refresh(people, person, following or person.refresh_token)[0].status_code == 401

    def test_an_expired_session_cannot_be_refreshed(self, people, person, sql):
        sql.execute("update sessions set expires_at = now() - interval '1 s' where id = %s", (person.session_id,))
        assert refresh(people, person)[0].status_code == 401

    def test_signing_out_works_with_an_access_token_that_has_expired(self, people, person, app):
        expired = app.state.authenticate.keys.issue(person.id, person.session_id, seconds=-10)
        client = people.anonymous()
        client.headers["Authorization"] = f"Bearer {expired}"
        assert client.get("/api/auth/me").status_code == 401
        assert client.post("/api/auth/logout").status_code == 204
        assert refresh(people, person)[0].status_code == 401
