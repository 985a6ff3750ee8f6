"""Accounts and roles: who may make, change and see whom."""

from __future__ import annotations

from uuid import uuid4

import pytest

from api.core.database import transaction
from api.domain.ids import uuid7
from api.identity import people as directory
from tests.api.people import PASSWORD

EDIT = {"If-Match": '"1"'}


def new_user(**changes):
    return {
        "id": str(uuid7()),
        "email": f"cook-{uuid4().hex[:8]}@kitchen.local",
        "name": "A Cook",
        "password": "a long enough password",
    } | changes


@pytest.fixture
def role_ids(sql, app):
    return {name: str(role_id) for name, role_id in sql.execute("select name, id from roles").fetchall()}


class TestRegister:
    def test_a_new_account_may_sign_in_with_its_first_role(self, admin, api, place):
        body = new_user(role="operator", location_id=str(place.id))
        answer = admin.post("/api/auth/register", json=body)
        assert answer.status_code == 201, answer.text
        assert answer.json()["roles"][0]["name"] == "operator"
        assert "password" not in answer.text
        login = api.post("/api/auth/login", json={"email": body["email"], "password": body["password"]})
        assert login.json()["user"]["locations"] == [str(place.id)]

    def test_the_same_request_again_makes_no_second_account(self, admin, sql):
        body = new_user()
        first, second = admin.post("/api/auth/register", json=body), admin.post("/api/auth/register", json=body)
        assert (first.status_code, second.status_code) == (201, 200)
        assert first.json()["id"] == second.json()["id"]
        other = admin.post("/api/auth/register", json=body | {"name": "Somebody else"})
        assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")
        assert sql.execute("select count(*) from users where email = %s", (body["email"],)).fetchone() == (1,)

    def test_an_address_in_other_letters_is_taken(self, admin):
        body = new_user()
        admin.post("/api/auth/register", json=body)
        again = admin.post("/api/auth/register", json=new_user(email=body["email"].upper()))
        assert (again.status_code, again.json()["code"]) == (409, "email_taken")

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("email", "no address"),
            ("email", "a\u0000b@example.com"),
            ("name", ""),
            ("name", "x" * 201),
            ("name", "a\u0000b"),
            ("name", "\ud800"),
            ("password", "short"),
            ("password", "with a \u0000 in it"),
            ("password", "with a \ud800 in it"),
            ("password", 1234567890123),
            ("id", "5f0c1f0e-8d4b-4f0a-9f5e-3b1a6c2d7e90"),
            ("id", 5),
            ("is_active", True),
            ("scopes", ["users.edit"]),
        ],
    )
    def test_a_wrong_field_is_named(self, admin, field, value):
        import json

        body = json.dumps(new_user(**{field: value}))
        answer = admin.post("/api/auth/register", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 422, answer.text
        assert [problem["field"] for problem in answer.json()["errors"]] == [field]

    def test_a_password_never_comes_back_in_an_error(self, admin):
        answer = admin.post("/api/auth/register", json=new_user(password="tooshort1", name=""))
        assert answer.status_code == 422
        assert "tooshort1" not in answer.text


class TestEdit:
    def test_a_stale_version_is_409_and_none_is_428(self, admin, people):
        person = people.create("operator")
        assert admin.patch(f"/api/users/{person.id}", json={"name": "New"}).status_code == 428
        assert admin.patch(f"/api/users/{person.id}", json={"name": "New"}, headers=EDIT).json()["version"] == 2
        stale = admin.patch(f"/api/users/{person.id}", json={"name": "Newer"}, headers=EDIT)
        assert (stale.status_code, stale.json()["code"]) == (409, "version_conflict")

    @pytest.mark.parametrize("value", ["x", '"-1"', "W/3", "*", '"99999999999999999999"', '"1', "١"])
    def test_a_precondition_that_is_no_version_is_400(self, admin, people, value):
        person = people.create("operator")
        headers = {"If-Match": value.encode()}
        assert admin.patch(f"/api/users/{person.id}", json={"name": "New"}, headers=headers).status_code in {400, 409}

    def test_nobody_disables_themselves(self, admin, admin_person):
        answer = admin.patch(f"/api/users/{admin_person.id}", json={"is_active": False}, headers=EDIT)
        assert (answer.status_code, answer.json()["code"]) == (409, "own_account")

    def test_fields_that_are_not_editable_are_refused(self, admin, people):
        person = people.create("operator")
        answer = admin.patch(f"/api/users/{person.id}", json={"version": 7, "password_hash": "x"}, headers=EDIT)
        assert answer.status_code == 422

    def test_who_edits_people_cannot_take_over_an_administrator(self, people, admin_person):
        clerk = people.bearer(people.create_with_scopes("users.read", "users.edit"))
        change = {"password": "now it is mine 123"}
        answer = clerk.patch(f"/api/users/{admin_person.id}", json=change, headers=EDIT)
        assert (answer.status_code, answer.json()["code"]) == (403, "beyond_own_rights")
        assert clerk.delete(f"/api/users/{admin_person.id}").status_code == 403


class TestErase:
    def test_everything_personal_goes_and_the_trail_still_holds(self, admin, people, sql):
        person = people.create("operator")
        client = people.bearer(person)
        assert admin.delete(f"/api/users/{person.id}").status_code == 204
        assert client.get("/api/auth/me").status_code == 401
        row = sql.execute(
            "select email, name, password_hash, is_active, erased_at is not null from users where id = %s", (person.id,)
        ).fetchone()
        assert row == (f"erased-{person.id}@erased.invalid", "Erased", None, False, True)
        trail = sql.execute("select details::text from audit_intents where subject_id = %s", (person.id,)).fetchall()
        assert trail
        assert not any(person.email in details or person.name in details for (details,) in trail)
        assert admin.delete(f"/api/users/{person.id}").status_code == 204
        assert admin.get("/api/audit-logs", params={"subject_id": str(person.id)}).status_code == 200


class TestGrants:
    def test_nobody_grants_to_themselves(self, admin, admin_person, role_ids):
        answer = admin.patch(
            f"/api/users/{admin_person.id}/roles",
            json={"grant": [{"role_id": role_ids["manager"], "location_id": None}]},
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "self_grant")

    def test_a_grant_opens_doors_at_its_location_alone(self, admin, people, role_ids, place):
        person = people.create(None)
        client = people.bearer(person)
        assert client.get("/api/products").status_code == 403
        grant = {"role_id": role_ids["operator"], "location_id": str(place.id)}
        answer = admin.patch(f"/api/users/{person.id}/roles", json={"grant": [grant, grant]})
        assert answer.json() == [grant | {"name": "operator"}]
        assert client.get("/api/products").status_code == 200
        assert client.get("/api/auth/me").json()["grants"]["inventory.scan"] == [str(place.id)]

    def test_a_local_administrator_grants_at_their_location_what_they_hold_there(
        self, people, place, other_place, role_ids
    ):
        boss = people.bearer(people.create("admin", place.id))
        person = people.create(None)

        def give(role, location_id):
            change = {"grant": [{"role_id": role_ids[role], "location_id": location_id}]}
            return boss.patch(f"/api/users/{person.id}/roles", json=change).status_code

        assert give("operator", str(place.id)) == 200
        assert give("operator", str(other_place.id)) == 404
        assert give("operator", None) == 403

    def test_who_edits_roles_grants_no_scope_they_lack(self, people, role_ids):
        clerk = people.bearer(people.create_with_scopes("roles.edit", "users.read"))
        person = people.create(None)
        change = {"grant": [{"role_id": role_ids["admin"], "location_id": None}]}
        answer = clerk.patch(f"/api/users/{person.id}/roles", json=change)
        assert (answer.status_code, answer.json()["code"]) == (403, "beyond_own_rights")

    @pytest.mark.parametrize(
        ("role", "location", "status"), [("operator", str(uuid4()), 404), (None, None, 404)], ids=["location", "role"]
    )
    def test_an_unknown_role_or_location_is_404(self, admin, people, role_ids, role, location, status):
        grant = {"role_id": role_ids[role] if role else str(uuid4()), "location_id": location}
        person = people.create(None)
        assert admin.patch(f"/api/users/{person.id}/roles", json={"grant": [grant]}).status_code == status


class TestVisibility:
    def test_a_local_manager_sees_the_people_of_their_location_alone(self, people, place, other_place):
        mine, theirs = people.create("operator", place.id), people.create("operator", other_place.id)
        manager = people.create("manager", place.id)
        client = people.bearer(manager)
        listed = client.get("/api/users", params={"limit": 200}).json()["items"]
        assert {item["id"] for item in listed} == {str(mine.id), str(manager.id)}
        assert client.get(f"/api/users/{theirs.id}").status_code == 404
        assert client.get(f"/api/users/{mine.id}").json()["email"] == mine.email
        found = client.get("/api/users", params={"q": theirs.email}).json()["items"]
        assert found == []

    def test_pages_by_name_leave_nobody_out(self, people, place):
        made = {str(people.create("operator", place.id, name=name).id) for name in ("Zoë", "ana", "Bo", "bo")}
        client = people.bearer(people.create("manager", place.id, name="Boss"))
        seen, cursor = [], None
        while True:
            query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
            page = client.get("/api/users", params=query).json()
            seen += [item["id"] for item in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert made < set(seen)
        assert len(seen) == 5

    @pytest.mark.parametrize("cursor", ["x", "WzFd", "WyJhIiwgImIiXQ", "WyJcdTAwMDAiLCAiMDE5YWIwMDAiXQ", "é"])
    def test_a_cursor_of_somebody_elses_making_is_422(self, admin, cursor):
        answer = admin.get("/api/users", params={"cursor": cursor})
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_cursor")


class TestRoles:
    def test_a_role_of_ones_own_may_be_made_edited_and_held(self, admin, people):
        body = {"id": str(uuid7()), "name": f"counter-{uuid4().hex[:6]}", "scopes": ["inventory.read"]}
        assert admin.post("/api/roles", json=body).status_code == 201
        assert admin.post("/api/roles", json=body).status_code == 200
        person = people.create(body["name"])
        client = people.bearer(person)
        assert client.get("/api/products").status_code == 403
        change = {"scopes": ["catalog.read"], "adjustment_limit": "50"}
        answer = admin.patch(f"/api/roles/{body['id']}", json=change, headers=EDIT)
        assert answer.json()["adjustment_limit"] == "50"
        assert client.get("/api/products").status_code == 200

    def test_a_built_in_role_keeps_its_scopes(self, admin, role_ids):
        answer = admin.patch(f"/api/roles/{role_ids['operator']}", json={"scopes": []}, headers=EDIT)
        assert (answer.status_code, answer.json()["code"]) == (409, "builtin_role")

    def test_an_unknown_scope_is_422(self, admin):
        body = {"id": str(uuid7()), "name": "strange", "scopes": ["everything.do"]}
        assert admin.post("/api/roles", json=body).status_code == 422


class TestDirectory:
    def test_people_with_a_scope_are_those_there_and_those_everywhere(self, people, place, other_place, sql):
        here, there = people.create("operator", place.id), people.create("operator", other_place.id)
        everywhere, gone = people.create("manager"), people.create("operator", place.id)
        sql.execute("update users set is_active = false where id = %s", (gone.id,))
        with transaction() as session:
            found = directory.with_scope(session, "inventory.scan", place.id)
            wide = directory.with_scope(session, "inventory.scan", None)
        assert (here.id, here.email, here.name) in found
        assert everywhere.id in {person[0] for person in found}
        assert {there.id, gone.id}.isdisjoint(person[0] for person in found)
        assert {here.id, there.id}.isdisjoint(person[0] for person in wide)


class TestGuessing:
    def test_guesses_are_throttled_and_the_owner_elsewhere_is_not_locked_out(self, api, people):
        from fastapi.testclient import TestClient

        person = people.create("operator")
        guesses = [
            api.post("/api/auth/login", json={"email": person.email, "password": f"guess number {n}"})
            for n in range(12)
        ]
        assert [guess.status_code for guess in guesses] == [401] * 10 + [429] * 2
        assert 1 <= int(guesses[-1].headers["retry-after"]) <= 300
        right = api.post("/api/auth/login", json={"email": person.email, "password": PASSWORD})
        assert right.status_code == 429
        elsewhere = TestClient(people.app, client=("203.0.113.9", 4000))
        elsewhere.portal = people.runner.portal
        assert elsewhere.post("/api/auth/login", json={"email": person.email, "password": PASSWORD}).status_code == 200
