"""Signing in, and who one is then."""

from __future__ import annotations

import pytest

from api.identity.cookies import cookie_names
from tests.api.people import PASSWORD


class TestLogin:
    def test_the_right_password_opens_a_session_for_programs_and_browsers(self, api, people, place):
        person = people.create("operator", place.id)
        answer = api.post("/api/auth/login", json={"email": person.email.upper(), "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert body["token_type"] == "Bearer"
        assert body["expires_in"] == 900
        assert body["user"]["email"] == person.email
        assert body["user"]["locations"] == [str(place.id)]
        assert "inventory.scan" in body["user"]["scopes"]
        cookies = {line.split("=", 1)[0]: line for line in answer.headers.get_list("set-cookie")}
        assert "HttpOnly" in cookies["stockpot_access"]
        assert "SameSite=lax" in cookies["stockpot_access"]
        assert "HttpOnly" in cookies["stockpot_refresh"]
        assert "SameSite=strict" in cookies["stockpot_refresh"]
        assert "Path=/api/auth" in cookies["stockpot_refresh"]
        assert answer.headers["cache-control"] == "no-store"

    def test_a_wrong_password_an_unknown_address_and_a_disabled_account_read_the_same(self, api, people, sql):
        known, disabled = people.create("operator"), people.create("operator")
        sql.execute("update users set is_active = false where id = %s", (disabled.id,))
        answers = [
            api.post("/api/auth/login", json={"email": email, "password": password})
            for email, password in (
                (known.email, "wrong horse battery"),
                ("nobody@example.com", PASSWORD),
                (disabled.email, PASSWORD),
            )
        ]
        assert [answer.status_code for answer in answers] == [401, 401, 401]
        bodies = [{k: v for k, v in answer.json().items() if k != "request_id"} for answer in answers]
        assert bodies[0] == bodies[1] == bodies[2]
        assert bodies[0]["code"] == "bad_credentials"


class TestWhoAmI:
    def test_a_bearer_and_a_browser_are_the_same_person(self, people, admin_person):
        for client in (people.bearer(admin_person), people.browser(admin_person)):
            body = client.get("/api/auth/me").json()
            assert body["id"] == str(admin_person.id)
            assert body["locations"] is None
            assert body["csrf_token"] == admin_person.csrf_token

    def test_nobody_is_401(self, api):
        answer = api.get("/api/auth/me")
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["www-authenticate"] == "Bearer"


class TestCookieNames:
    @pytest.mark.parametrize(
        ("url", "name"),
        [
            ("http://127.0.0.1:8000", "stockpot_access_8000"),
            ("http://127.0.0.1:8100/", "stockpot_access_8100"),
            ("https://stock.example", "stockpot_access"),
        ],
        ids=["one copy", "another on the same host", "behind a proxy"],
    )
    def test_the_port_stands_in_them(self, url: str, name: str):
        assert cookie_names(url).access == name
