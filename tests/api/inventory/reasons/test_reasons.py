"""`/api/reason-codes`: the list of reasons, and how it is maintained."""

from __future__ import annotations

import secrets

import pytest


@pytest.fixture
def made(admin):
    """A waste reason of this test's own."""
    body = {"code": f"test_{secrets.token_hex(4)}", "label": "Fell off the van", "kind": "waste", "category": "waste"}
    reply = admin.post("/api/reason-codes", json=body)
    assert reply.status_code == 201, reply.text
    return reply.json()


class TestList:
    def test_those_of_a_kind_in_the_order_in_which_they_are_offered(self, operator):
        listed = operator.get("/api/reason-codes", params={"kind": "transfer"}).json()["items"]
        assert [(each["code"], each["category"]) for each in listed] == [
            ("lost_in_transit", "unexplained"),
            ("damaged_in_transit", "waste"),
            ("never_sent", "booking_error"),
        ]

    def test_what_the_scan_page_offers_is_known(self, operator):
        waste = {each["code"] for each in operator.get("/api/reason-codes", params={"kind": "waste"}).json()["items"]}
        assert {"spoiled", "expired", "dropped", "overproduction", "returned", "other"} <= waste


class TestMaintain:
    def test_the_same_again_changes_nothing_and_another_is_refused(self, admin, made):
        body = {name: made[name] for name in ("code", "label", "kind", "category")}
        assert admin.post("/api/reason-codes", json=body).json() == made
        reply = admin.post("/api/reason-codes", json=body | {"label": "Sank"})
        assert (reply.status_code, reply.json()["code"]) == (409, "reason_code_taken")

    def test_it_is_renamed_and_taken_out_of_use_by_whoever_read_it_last(self, admin, made):
        path, change = f"/api/reason-codes/{made['code']}", {"is_active": False, "label": "Left on the van"}
        assert admin.patch(path, json=change).status_code == 428
        edited = admin.patch(path, json=change, headers={"If-Match": '"1"'}).json()
        assert (edited["is_active"], edited["label"], edited["version"]) == (False, "Left on the van", 2)
        assert admin.patch(path, json=change, headers={"If-Match": '"1"'}).json()["code"] == "version_conflict"
        assert admin.patch(path, json={"label": None}, headers={"If-Match": '"2"'}).status_code == 422

    def test_the_list_is_every_locations(self, people, place):
        local = people.bearer(people.create("manager", place.id))
        body = {"code": "mine_alone", "label": "Mine", "kind": "waste"}
        reply = local.post("/api/reason-codes", json=body)
        assert (reply.status_code, reply.json()["code"]) == (403, "needs_every_location")

    def test_an_unknown_one_is_not_found(self, admin):
        reply = admin.patch("/api/reason-codes/never", json={"label": "x"}, headers={"If-Match": '"1"'})
        assert (reply.status_code, reply.json()["code"]) == (404, "reason_code_not_found")
