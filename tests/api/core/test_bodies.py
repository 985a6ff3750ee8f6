"""Bodies that are too large, of the wrong type, or not what they say: refused, and never a 5xx."""

from __future__ import annotations

import json

import pytest

from api.domain.ids import uuid7

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def headers(admin_person):
    return JSON | {"Authorization": f"Bearer {admin_person.access_token}"}


class TestSize:
    def test_twenty_megabytes_are_413_before_anything_is_parsed(self, api, headers):
        answer = api.post("/api/auth/register", content=b"[" * 20_000_000, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
        assert answer.headers["content-type"] == "application/problem+json"

    def test_a_body_of_unknown_length_is_stopped_at_the_limit(self, api, headers):
        pieces = (b"x" * 1_000_000 for _ in range(20))
        answer = api.post("/api/auth/register", content=pieces, headers=headers)
        assert answer.status_code == 413

    def test_a_chunked_body_within_the_limit_is_read(self, api, headers):
        body = json.dumps({"email": "x"}).encode()
        answer = api.post("/api/auth/register", content=iter([body[:5], body[5:]]), headers=headers)
        assert answer.status_code == 422

    def test_a_large_body_is_refused_on_a_route_that_reads_none(self, api, headers, people, admin_person):
        answer = api.post("/api/auth/logout", content=b" " * 11_000_000, headers=headers)
        assert answer.status_code == 413
        assert people.bearer(admin_person).get("/api/auth/me").status_code == 200


class TestType:
    @pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data", "application/jsonp", ""])
    def test_anything_but_json_is_415(self, api, headers, kind):
        answer = api.post("/api/auth/register", content=b"{}", headers=headers | {"Content-Type": kind})
        assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")

    def test_json_with_a_charset_is_json(self, api, headers):
        kind = {"Content-Type": "application/json; charset=utf-8"}
        assert api.post("/api/auth/register", content=b"{}", headers=headers | kind).status_code == 422


class TestContent:
    @pytest.mark.parametrize(
        "body", [b"{", b"not json", b"{'a': 1}", b"", b"\xff\xfe\x00", b"[" * 100_000, b'{"a":' * 50_000, b"\x00"]
    )
    def test_what_is_not_json_is_400_or_422(self, api, headers, body):
        answer = api.post("/api/auth/register", content=body, headers=headers)
        assert answer.status_code in {400, 422}
        assert answer.headers["content-type"] == "application/problem+json"
        if body == b"not json":
            assert (answer.status_code, answer.json()["code"]) == (400, "malformed_json")

    @pytest.mark.parametrize(
        "body", ["null", "[]", '"text"', "5", "true", "{}", '{"\\ud800": 1}', '{"\\u0000": 1}', '{"id": NaN}',
                 '{"id": Infinity}', '{"id": 9223372036854775808}', '{"email": "\\ud800"}', '{"name": {"a": []}}']
    )  # fmt: skip
    def test_json_of_another_shape_is_422_and_names_fields(self, api, headers, body):
        answer = api.post("/api/auth/register", content=body, headers=headers)
        assert answer.status_code == 422, answer.text
        assert answer.json()["errors"]

    @pytest.mark.parametrize("value", ["NaN", "Infinity", "-1", '"-1"', '"NaN"', "1e400", '"1e3"', "[]", "null"])
    def test_a_number_that_is_none_changes_nothing(self, api, headers, value, people, place, sql):
        role = f'{{"id": "{uuid7()}", "name": "limits", "scopes": [], "adjustment_limit": {value}}}'
        answer = api.post("/api/roles", content=role, headers=headers)
        assert answer.status_code in ({201, 409} if value == "null" else {422})
        if value != "null":
            assert sql.execute("select count(*) from roles where id = %s", (role.split('"')[3],)).fetchone() == (0,)

    def test_an_error_never_repeats_what_was_sent(self, api, headers):
        answer = api.post("/api/auth/register", content=b'{"password": "hunter2"}', headers=headers)
        assert "hunter2" not in answer.text


class TestAddress:
    @pytest.mark.parametrize("path", ["/api/users?q=%00", "/api/users/%00", "/api/audit-logs?action=a%00b"])
    def test_nul_in_the_address_is_400(self, admin, path):
        assert admin.get(path).status_code == 400

    @pytest.mark.parametrize(
        "path",
        ["/api/users?q=%FF", "/api/users?q=%ED%A0%80", "/api/users?limit=0", "/api/users?limit=201", "/api/users?limit=x",
         "/api/users/9223372036854775808", "/api/audit-logs?since=9999999999999999", "/api/users?cursor=" + "A" * 1001,
         "/api/audit-logs?cursor=WyItOTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5Il0"],
    )  # fmt: skip
    def test_other_nonsense_is_never_a_5xx(self, admin, path):
        assert admin.get(path).status_code < 500
