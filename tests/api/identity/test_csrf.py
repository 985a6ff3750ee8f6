"""Cookie requests that change something: only our own pages may send them."""

from __future__ import annotations

import pytest

HOST = "testserver"


@pytest.fixture
def other_person(people):
    return people.create("admin")


REFUSED = {
    "no token": lambda _: {"X-CSRF-Token": ""},
    "another session's token": lambda other: {"X-CSRF-Token": other.csrf_token},
    "a token that is not ASCII": lambda _: {"X-CSRF-Token": b"\xff\xfe"},
    "a foreign origin": lambda _: {"Origin": "https://evil.example"},
    "a foreign origin that starts like ours": lambda _: {"Origin": f"http://{HOST}.evil.example"},
    "our host on another port": lambda _: {"Origin": f"http://{HOST}:8501"},
    "the null origin": lambda _: {"Origin": "null"},
    "cross-site by the browser's word": lambda _: {"Sec-Fetch-Site": "cross-site"},
    "same-site is not same-origin": lambda _: {"Sec-Fetch-Site": "same-site"},
    "text/plain": lambda _: {"Content-Type": "text/plain"},
    "a form": lambda _: {"Content-Type": "application/x-www-form-urlencoded"},
    "no type": lambda _: {"Content-Type": ""},
}


class TestCookieRequests:
    @pytest.mark.parametrize("bend", REFUSED.values(), ids=REFUSED.keys())
    def test_each_is_403_and_changes_nothing(self, people, admin_person, other_person, bend, sql):
        client = people.browser(admin_person)
        answer = client.patch(
            f"/api/users/{other_person.id}",
            content=b'{"name": "Changed"}',
            headers={"If-Match": '"1"', "Content-Type": "application/json"} | bend(other_person),
        )
        assert answer.status_code == 403, answer.text
        assert sql.execute("select name from users where id = %s", (other_person.id,)).fetchone() == (
            other_person.name,
        )

    @pytest.mark.parametrize("path", ["/api/auth/logout", "/api/auth/refresh"])
    def test_signing_out_and_refreshing_need_the_token_too(self, people, admin_person, path):
        client = people.browser(admin_person)
        assert client.post(path, headers={"X-CSRF-Token": ""}).status_code == 403
        assert client.get("/api/auth/me").status_code == 200

    @pytest.mark.parametrize(
        "headers", [{"Origin": f"http://{HOST}", "Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {}]
    )
    def test_our_own_page_with_the_sessions_token_is_let_in(self, people, admin_person, other_person, headers):
        answer = people.browser(admin_person).patch(
            f"/api/users/{other_person.id}", json={"name": "Changed"}, headers={"If-Match": '"1"'} | headers
        )
        assert answer.status_code == 200, answer.text

    def test_reading_needs_no_token(self, people, admin_person):
        client = people.browser(admin_person)
        assert client.get("/api/users", headers={"X-CSRF-Token": ""}).status_code == 200


class TestBearerRequests:
    def test_a_bearer_needs_no_token_whatever_its_origin(self, people, admin_person, other_person):
        answer = people.bearer(admin_person).patch(
            f"/api/users/{other_person.id}",
            json={"name": "Changed"},
            headers={"If-Match": '"1"', "Origin": "https://elsewhere.example"},
        )
        assert answer.status_code == 200, answer.text


class TestLogin:
    def test_a_foreign_page_cannot_sign_somebody_in(self, api):
        answer = api.post(
            "/api/auth/login",
            json={"email": "a@example.com", "password": "x"},
            headers={"Origin": "https://evil.example"},
        )
        assert answer.status_code == 403
