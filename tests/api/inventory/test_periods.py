"""`/api/period-locks`: the books of a place in New York, whose day ends at 04:00, closed up to 19 November 2026."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from api.domain.ids import uuid7
from tests.api.scans.conftest import Shelf

LATE = "2026-11-20T08:59:00Z"
OPEN = "2026-11-20T09:00:00Z"


def lock(shelf: Shelf, **more):
    body = {"id": str(uuid7()), "location_id": str(shelf.place.id), "closed_through": "2026-11-19"}
    return body | more


class TestClose:
    def test_late_scans_are_refused_alone_with_place_and_day(self, shelf: Shelf, desk):
        assert desk.post("/api/period-locks", json=lock(shelf)).status_code == 201
        late, good = shelf.send(shelf.scan(occurred_at=LATE), shelf.scan(occurred_at=OPEN))
        assert (late["status"], late["error"]["code"], good["status"]) == ("rejected", "period_locked", "posted")
        assert f"Location {shelf.place.code}" in late["error"]["detail"]
        assert "2026-11-19" in late["error"]["detail"]
        assert shelf.kept(late["id"])[:2] == ("rejected", "period_locked")

    def test_a_late_reversal_is_refused_and_taken_back_on_an_open_day(self, shelf: Shelf, desk, rice):
        used = shelf.one(occurred_at=LATE)
        desk.post("/api/period-locks", json=lock(shelf))
        path = f"/api/stock-movements/{used['id']}/reverse"
        refused = shelf.client.post(path, json={})
        assert (refused.status_code, refused.json()["code"]) == (409, "period_locked")
        assert refused.json()["closed_through"] == "2026-11-19"
        assert shelf.client.post(path, json={"occurred_at": OPEN}).status_code == 201
        assert rice()["on_hand"] == "10000"

    def test_it_is_on_the_audit_trail(self, shelf: Shelf, desk, sql):
        made = desk.post("/api/period-locks", json=lock(shelf, note="November, first part")).json()
        desk.delete(f"/api/period-locks/{made['id']}")
        noted = sql.execute("select action from audit_intents where subject_id = %s order by id", [made["id"]])
        assert [action for (action,) in noted] == ["period_locks.close", "period_locks.lift"]

    def test_sent_again_it_is_answered_the_same(self, shelf: Shelf, desk):
        body = lock(shelf)
        first, second = (desk.post("/api/period-locks", json=body) for _ in range(2))
        assert (first.status_code, first.json()) == (second.status_code, second.json())
        other = desk.post("/api/period-locks", json=body | {"closed_through": "2026-11-18"})
        assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")
        assert desk.post("/api/period-locks", json=lock(shelf)).json()["code"] == "already_locked"

    def test_a_day_that_runs_is_not_closed(self, shelf: Shelf, desk):
        tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
        reply = desk.post("/api/period-locks", json=lock(shelf, closed_through=tomorrow))
        assert (reply.status_code, reply.json()["code"]) == (422, "period_not_over")

    def test_an_operator_may_not(self, shelf: Shelf):
        assert shelf.client.post("/api/period-locks", json=lock(shelf)).status_code == 403


class TestLift:
    def test_lifted_the_day_is_open_and_the_lock_on_record(self, shelf: Shelf, desk):
        made = desk.post("/api/period-locks", json=lock(shelf)).json()
        lifted = desk.delete(f"/api/period-locks/{made['id']}")
        assert (lifted.status_code, lifted.json()["lifted_at"] is None) == (200, False)
        assert shelf.one(occurred_at=LATE)["status"] == "posted"
        again = desk.delete(f"/api/period-locks/{made['id']}")
        assert (again.status_code, again.json()["code"]) == (409, "lock_lifted")

    def test_what_is_not_there_is_not_lifted(self, desk):
        assert desk.delete(f"/api/period-locks/{uuid7()}").json()["code"] == "period_lock_not_found"


class TestList:
    def test_latest_day_first_page_by_page(self, shelf: Shelf, desk):
        for day in ("2026-11-17", "2026-11-19", "2026-11-18"):
            last = desk.post("/api/period-locks", json=lock(shelf, closed_through=day)).json()
        desk.delete(f"/api/period-locks/{last['id']}")
        ask = {"location_id": str(shelf.place.id), "limit": 2}
        first = shelf.client.get("/api/period-locks", params=ask).json()
        rest = shelf.client.get("/api/period-locks", params=ask | {"cursor": first["next_cursor"]}).json()
        assert [each["closed_through"] for each in first["items"] + rest["items"]] == [
            "2026-11-19",
            "2026-11-18",
            "2026-11-17",
        ]
        standing = shelf.client.get("/api/period-locks", params=ask | {"standing": True}).json()["items"]
        assert [each["closed_through"] for each in standing] == ["2026-11-19", "2026-11-17"]

    def test_other_places_are_not_seen(self, shelf: Shelf, desk, people, other_place):
        desk.post("/api/period-locks", json=lock(shelf))
        stranger = people.bearer(people.create("operator", other_place.id))
        assert stranger.get("/api/period-locks").json()["items"] == []
        assert stranger.get("/api/period-locks", params={"location_id": str(shelf.place.id)}).status_code == 404
