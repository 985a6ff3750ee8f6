"""Label templates: added, ended, seen where they hold."""

from __future__ import annotations

import pytest

from api.domain.ids import uuid7


def body(**more):
    return {"id": str(uuid7()), "name": "Scale", "pattern": "29{iiiii}{wwwww}{k}", "decimals": 3, **more}


class TestCreate:
    def test_a_weight_is_in_kilograms_unless_said_otherwise(self, manager, place):
        reply = manager.post("/api/label-templates", json=body(location_id=str(place.id)))
        assert reply.status_code == 201
        answer = reply.json()
        assert (answer["measures"], answer["unit"], answer["version"]) == ("weight", "kg", 1)

    def test_the_same_pattern_has_one_meaning_per_location(self, manager, place, other_place):
        for location, status in ((place, 201), (other_place, 201), (place, 409)):
            reply = manager.post("/api/label-templates", json=body(location_id=str(location.id)))
            assert reply.status_code == status
        assert reply.json()["code"] == "pattern_taken"

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"pattern": "5{iiiiii}{wwwww}{k}"}, "pattern"),
            ({"unit": "l"}, "unit"),
            ({"pattern": "29{iiiii}{ppppp}{k}", "unit": "kg"}, "unit"),
            ({"decimals": 7}, "decimals"),
        ],
    )
    def test_what_cannot_be_is_named(self, manager, place, change, field):
        reply = manager.post("/api/label-templates", json=body(location_id=str(place.id)) | change)
        assert reply.status_code == 422
        assert reply.json()["errors"][0]["field"] == field

    def test_one_for_everywhere_needs_the_scope_everywhere(self, people, place):
        local = people.bearer(people.create("manager", place.id))
        assert local.post("/api/label-templates", json=body()).status_code == 403

    def test_another_location_is_not_there(self, people, place, other_place):
        local = people.bearer(people.create("manager", place.id))
        assert local.post("/api/label-templates", json=body(location_id=str(other_place.id))).status_code == 404


class TestChange:
    def test_it_can_be_ended_and_its_place_taken(self, manager, place):
        made = manager.post("/api/label-templates", json=body(location_id=str(place.id))).json()
        reply = manager.patch(
            f"/api/label-templates/{made['id']}", json={"is_active": False}, headers={"If-Match": '"1"'}
        )
        assert (reply.status_code, reply.json()["version"]) == (200, 2)
        again = manager.post("/api/label-templates", json=body(location_id=str(place.id)))
        assert again.status_code == 201
        back = manager.patch(
            f"/api/label-templates/{made['id']}", json={"is_active": True}, headers={"If-Match": '"2"'}
        )
        assert back.status_code == 409

    def test_another_location_s_is_not_there(self, manager, people, place, other_place):
        made = manager.post("/api/label-templates", json=body(location_id=str(other_place.id))).json()
        local = people.bearer(people.create("manager", place.id))
        reply = local.patch(f"/api/label-templates/{made['id']}", json={"name": "x"}, headers={"If-Match": '"1"'})
        assert reply.status_code == 404
        assert made["id"] not in {row["id"] for row in local.get("/api/label-templates?limit=200").json()["items"]}
