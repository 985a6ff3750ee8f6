"""Report definitions: built-in and people's own."""

from __future__ import annotations

from uuid import uuid4

import pytest

from api.core.database import transaction
from api.domain.ids import uuid7
from api.reports.bootstrap import ensure_builtin_reports

EDIT = {"If-Match": '"1"'}


def new_report(**changes):
    return {
        "id": str(uuid7()),
        "code": f"mine_{uuid4().hex[:10]}",
        "name": "Mine",
        "mart": "fct_stock_on_hand_daily",
        "columns": ["product_id", "on_hand"],
    } | changes


class TestBuiltIns:
    def test_they_are_made_once_and_keep_what_people_set(self, builtins, admin, sql):
        assert {"stock_on_hand", "stock_movements", "sales_and_usage", "purchase_orders", "supplier_performance",
                "low_stock"} == set(builtins)  # fmt: skip
        version = admin.get(f"/api/reports/{builtins['purchase_orders']}").json()["version"]
        change = {"schedule": "30 7 * * 1-5", "format": "csv"}
        answer = admin.patch(
            f"/api/reports/{builtins['purchase_orders']}", json=change, headers={"If-Match": f'"{version}"'}
        )
        assert answer.status_code == 200, answer.text
        with transaction() as session:
            ensure_builtin_reports(session)
        again = admin.get(f"/api/reports/{builtins['purchase_orders']}").json()
        assert (again["schedule"], again["format"]) == ("30 7 * * 1-5", "csv")

    def test_they_keep_their_name_columns_and_filters(self, builtins, admin):
        answer = admin.patch(f"/api/reports/{builtins['low_stock']}", json={"columns": ["unit"]}, headers=EDIT)
        assert (answer.status_code, answer.json()["code"]) == (409, "builtin_report")


class TestCreate:
    def test_an_analyst_defines_one_and_the_same_request_makes_no_second(self, marts, analyst):
        body = new_report(filters={"is_below_reorder": True, "unit": ["g", "ml"]})
        first, again = analyst.post("/api/reports", json=body), analyst.post("/api/reports", json=body)
        assert (first.status_code, again.status_code) == (201, 200), first.text
        assert first.json()["filters"] == {"is_below_reorder": "true", "unit": ["g", "ml"]}
        other = analyst.post("/api/reports", json=body | {"name": "Other"})
        assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")

    @pytest.mark.parametrize(
        "change",
        [
            {"mart": "users"},
            {"mart": "pg_class"},
            {"mart": 'fct_stock_on_hand_daily"; drop table users; --'},
            {"mart": "public.users"},
            {"columns": ["password_hash"]},
            {"columns": ["on_hand; drop table users"]},
            {"columns": ["*"]},
            {"filters": {"nothing": "x"}},
            {"filters": {"1=1 or unit": "x"}},
            {"filters": {"unit": {"$ne": "x"}}},
            {"filters": {"unit": "a\u0000b"}},
            {"schedule": "every day"},
            {"schedule": "61 * * * *"},
            {"schedule": "*/0 * * * *"},
            {"schedule": "5-1 * * * *"},
            {"format": "exe"},
            {"recipients": [str(uuid4())]},
            {"code": "../up"},
        ],
    )
    def test_what_is_not_published_or_not_safe_is_422(self, marts, analyst, change):
        answer = analyst.post("/api/reports", json=new_report(**change))
        assert answer.status_code == 422, answer.text
        assert answer.json()["errors"]

    def test_a_recipient_must_be_allowed_to_read_it(self, marts, analyst, people, place):
        operator, manager = people.create("operator", place.id), people.create("manager", place.id)
        body = new_report(location_id=str(place.id))
        assert analyst.post("/api/reports", json=body | {"recipients": [str(operator.id)]}).status_code == 422
        assert analyst.post("/api/reports", json=body | {"recipients": [str(manager.id)]}).status_code == 201

    def test_a_local_analyst_defines_reports_about_their_location_alone(self, marts, people, place, other_place):
        local = people.bearer(people.create("analyst", place.id))
        assert local.post("/api/reports", json=new_report()).status_code == 403
        assert local.post("/api/reports", json=new_report(location_id=str(other_place.id))).status_code == 404
        mine = new_report(location_id=str(place.id))
        assert local.post("/api/reports", json=mine).status_code == 201
        stranger = people.bearer(people.create("analyst", other_place.id))
        assert stranger.get(f"/api/reports/{mine['id']}").status_code == 404
        listed = stranger.get("/api/reports", params={"limit": 200}).json()["items"]
        assert mine["id"] not in {item["id"] for item in listed}


class TestEdit:
    def test_a_schedule_may_be_set_and_taken_away(self, marts, analyst):
        body = new_report(schedule="0 6 * * *")
        analyst.post("/api/reports", json=body)
        answer = analyst.patch(f"/api/reports/{body['id']}", json={"schedule": None}, headers=EDIT)
        assert (answer.json()["schedule"], answer.json()["version"]) == (None, 2)
        stale = analyst.patch(f"/api/reports/{body['id']}", json={"name": "New"}, headers=EDIT)
        assert (stale.status_code, stale.json()["code"]) == (409, "version_conflict")

    def test_what_a_failed_gate_does_and_how_long_files_stay_may_be_set(self, marts, analyst):
        body = new_report(on_failed_gate="hold", keep_days=30)
        made = analyst.post("/api/reports", json=body).json()
        assert (made["on_failed_gate"], made["keep_days"], made["keep_exports"]) == ("hold", 30, None)
        change = {"on_failed_gate": "stamp", "keep_days": None, "keep_exports": 7, "format": "pdf"}
        answer = analyst.patch(f"/api/reports/{body['id']}", json=change, headers=EDIT)
        assert answer.status_code == 200, answer.text
        assert {name: answer.json()[name] for name in change} == change
        for bad in ({"on_failed_gate": "hope"}, {"keep_days": 0}, {"keep_exports": -1}):
            answer = analyst.patch(f"/api/reports/{body['id']}", json=bad, headers={"If-Match": '"2"'})
            assert answer.status_code == 422, bad


class TestPages:
    def test_pages_by_code_leave_none_out(self, marts, builtins, analyst):
        seen, cursor = [], None
        while True:
            query = {"limit": 4} | ({"cursor": cursor} if cursor else {})
            page = analyst.get("/api/reports", params=query).json()
            seen += [item["code"] for item in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert set(builtins) <= set(seen)
        assert len(seen) == len(set(seen))
