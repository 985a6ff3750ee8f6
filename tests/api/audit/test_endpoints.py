"""Reading the trail over HTTP."""

from __future__ import annotations

from api.audit.record import record
from api.core.database import transaction


def note(actor, location_id=None, action="test.noted"):
    with transaction() as session:
        record(session, actor_id=actor, action=action, subject_type="test", location_id=location_id)


class TestList:
    def test_pages_run_from_the_newest_act_to_the_oldest_without_gaps(self, admin, admin_person):
        for _ in range(5):
            note(admin_person.id)
        seen, cursor = [], None
        while True:
            query = {"actor_id": str(admin_person.id), "action": "test.noted", "limit": 2}
            page = admin.get("/api/audit-logs", params=query | ({"cursor": cursor} if cursor else {})).json()
            seen += [item["id"] for item in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert len(seen) == 5
        assert seen == sorted(seen, reverse=True)

    def test_who_audits_one_location_sees_its_acts_alone(self, people, place, other_place, admin_person):
        note(admin_person.id, place.id)
        note(admin_person.id, other_place.id)
        note(admin_person.id)
        client = people.bearer(people.create("manager", place.id))
        page = client.get("/api/audit-logs", params={"actor_id": str(admin_person.id)}).json()
        assert [item["location_id"] for item in page["items"]] == [str(place.id)]
        asked_for = client.get("/api/audit-logs", params={"location_id": str(other_place.id)}).json()
        assert asked_for["items"] == []

    def test_a_request_leaves_its_id_in_the_trail(self, admin, people, admin_person):
        other = people.create("operator")
        answer = admin.patch(
            f"/api/users/{other.id}",
            json={"name": "Renamed"},
            headers={"If-Match": '"1"', "X-Request-Id": "trace-me-123"},
        )
        assert answer.status_code == 200, answer.text
        page = admin.get("/api/audit-logs", params={"subject_id": str(other.id), "action": "user.edited"}).json()
        assert page["items"][0]["request_id"] == "trace-me-123"
        assert page["items"][0]["details"] == {"fields": ["name"]}


class TestVerify:
    def test_the_chain_is_checked_for_whoever_audits_every_location(self, admin, people, place):
        answer = admin.post("/api/audit-logs/verify")
        assert answer.status_code == 200, answer.text
        assert answer.json()["ok"] is True
        local = people.bearer(people.create("manager", place.id))
        assert local.post("/api/audit-logs/verify").status_code == 403
