"""Exports: told by the pipeline, announced once, fetched by link."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from api.core.database import transaction
from api.domain.ids import uuid7
from api.files.store import get_store
from api.reports.retention import delete_expired
from tests.api.reports.test_definitions import new_report


def events(sql, run_id):
    rows = sql.execute(
        "select payload from outbox_events where type = 'report.exported.v1' and subject_id = %s", (run_id,)
    ).fetchall()
    return [row[0] for row in rows]


class TestFinish:
    def test_a_finished_export_is_announced_and_has_a_link(self, builtins, pipeline, exported, manager, sql, people):
        somebody = people.create("manager")
        answer = pipeline.post("/api/report-runs", json=exported("low_stock", builtins["low_stock"], b"1"))
        assert answer.status_code == 201, answer.text
        run = manager.get(f"/api/report-runs/{answer.json()['id']}").json()
        assert manager.get(run["download"]["url"]).content == b"1"
        (event,) = events(sql, run["id"])
        assert str(somebody.id) in event["recipients"]
        assert event["object_key"] == run["object_key"]

    def test_the_same_file_told_again_announces_nothing(self, builtins, pipeline, exported, sql):
        told = exported("low_stock", builtins["low_stock"], b"2")
        with ThreadPoolExecutor(5) as pool:
            answers = list(pool.map(lambda _: pipeline.post("/api/report-runs", json=told), range(5)))
        assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 200, 201]
        assert len({answer.json()["id"] for answer in answers}) == 1
        assert len(events(sql, answers[0].json()["id"])) == 1

    def test_a_failure_is_kept_and_announced_to_nobody(self, builtins, pipeline, sql):
        told = {"report_id": builtins["low_stock"], "business_day": "2026-11-19", "status": "failed", "format": "csv",
                "error": "no column"}  # fmt: skip
        answer = pipeline.post("/api/report-runs", json=told)
        assert answer.status_code == 201, answer.text
        assert answer.json()["download"] is None
        assert events(sql, answer.json()["id"]) == []

    @pytest.mark.parametrize(
        "change",
        [
            {"object_key": "exports/other/day=2026-11-21/x.csv"},
            {"object_key": "exports/low_stock/../../secret"},
            {"object_key": "exports/low_stock/day=2026-11-21/nothing.csv"},
            {"object_key": None},
            {"sha256": "x"},
            {"row_count": -1},
            {"row_count": 2**31},
            {"business_day": "2026-13-01"},
            {"status": "perhaps"},
        ],
    )
    def test_a_run_that_names_no_file_of_its_report_is_422(self, builtins, pipeline, exported, change):
        told = exported("low_stock", builtins["low_stock"], b"3") | change
        assert pipeline.post("/api/report-runs", json=told).status_code == 422

    def test_people_do_not_publish(self, builtins, manager, analyst, exported):
        told = exported("low_stock", builtins["low_stock"], b"4")
        assert [client.post("/api/report-runs", json=told).status_code for client in (manager, analyst)] == [403, 403]


class TestAudience:
    def test_recipients_who_may_no_longer_read_it_are_left_out(
        self, marts, analyst, pipeline, exported, people, place, sql
    ):
        stays, leaves = people.create("manager", place.id), people.create("manager", place.id)
        recipients = [str(stays.id), str(leaves.id)]
        body = new_report(location_id=str(place.id), recipients=recipients)
        assert analyst.post("/api/reports", json=body).status_code == 201
        sql.execute("delete from role_grants where user_id = %s", (leaves.id,))
        run = pipeline.post("/api/report-runs", json=exported(body["code"], body["id"])).json()
        (event,) = events(sql, run["id"])
        assert event["recipients"] == [str(stays.id)]


class TestRequest:
    """An export that somebody asks for: pending, made by the pipeline, told by its id."""

    def ask(self, client, report_id, **body):
        return client.post(f"/api/reports/{report_id}/run", json={"export": True, "id": str(uuid7())} | body)

    def test_it_waits_for_the_pipeline_and_then_has_a_link_and_tells_who_asked(
        self, builtins, pipeline, exported, people, sql
    ):
        somebody = people.create("manager")
        manager = people.bearer(somebody)
        answer = self.ask(manager, builtins["stock_on_hand"], format="csv", business_day="2026-11-21")
        assert answer.status_code == 202, answer.text
        run = answer.json()
        assert answer.headers["Location"] == f"/api/report-runs/{run['id']}"
        assert (run["status"], run["format"], run["download"]) == ("pending", "csv", None)
        waiting = pipeline.get("/api/report-runs", params={"status": "pending", "limit": 200}).json()["items"]
        assert run["id"] in {each["id"] for each in waiting}

        told = exported("stock_on_hand", builtins["stock_on_hand"], b"asked") | {
            "run_id": run["id"],
            "as_of": "2026-11-22T05:00:00Z",
            "gates": {"status": "stamped", "passed": 40, "reasons": ["A newer load was stopped by a gate."]},
        }
        assert pipeline.post("/api/report-runs", json=told).status_code == 201
        assert pipeline.post("/api/report-runs", json=told).status_code == 200
        done = manager.get(f"/api/report-runs/{run['id']}").json()
        assert (done["status"], done["gates"]["status"]) == ("succeeded", "stamped")
        assert done["download"]["expires_at"].endswith("Z")
        assert manager.get(done["download"]["url"]).content == b"asked"
        (event,) = events(sql, run["id"])
        assert event["recipients"] == [str(somebody.id)]
        assert event["reasons"] == ["A newer load was stopped by a gate."]

    def test_the_same_request_makes_one_run_and_another_one_is_refused(self, builtins, manager):
        body = {"id": str(uuid7())}
        first, again = (self.ask(manager, builtins["low_stock"], **body) for _ in range(2))
        assert (first.status_code, again.status_code) == (202, 202)
        assert first.json()["id"] == again.json()["id"] == body["id"]
        other = self.ask(manager, builtins["low_stock"], **body, format="pdf")
        assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")

    def test_rows_of_every_location_are_not_for_somebody_of_one(self, builtins, people, place):
        local = people.bearer(people.create("manager", place.id))
        assert self.ask(local, builtins["low_stock"]).status_code == 403

    @pytest.mark.parametrize("body", [{"export": True}, {"format": "csv"}, {"export": True, "format": "exe"}])
    def test_an_export_needs_an_id_and_rows_have_no_format(self, builtins, manager, body):
        assert manager.post(f"/api/reports/{builtins['low_stock']}/run", json=body).status_code == 422

    def test_a_run_that_nobody_asked_for_is_404(self, builtins, pipeline, exported):
        told = exported("low_stock", builtins["low_stock"], b"8") | {"run_id": str(uuid7())}
        answer = pipeline.post("/api/report-runs", json=told)
        assert (answer.status_code, answer.json()["code"]) == (404, "report_run_not_found")


class TestHeld:
    def test_a_held_export_is_kept_with_its_reasons_and_told_once(self, builtins, pipeline, manager, sql):
        reasons = ["A newer load was stopped by a gate.", "raw_pos.order_lines: quantity above 0 found 3 at Riverside"]
        told = {"report_id": builtins["low_stock"], "business_day": "2026-11-18", "status": "held", "format": "csv",
                "error": " ".join(reasons), "gates": {"status": "held", "reasons": reasons}}  # fmt: skip
        answers = [pipeline.post("/api/report-runs", json=told) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [201, 200], answers[0].text
        run = manager.get(f"/api/report-runs/{answers[0].json()['id']}").json()
        assert (run["status"], run["gates"]["reasons"], run["download"]) == ("held", reasons, None)
        rows = sql.execute(
            "select payload from outbox_events where type = 'report.held.v1' and subject_id = %s", (run["id"],)
        ).fetchall()
        assert [row[0]["reasons"] for row in rows] == [reasons]


class TestRetention:
    def test_what_is_older_or_too_many_goes_and_the_newest_good_one_stays(
        self, marts, analyst, pipeline, exported, manager, sql
    ):
        """Five exports a day apart, the two newest stamped; kept are 3 days and 3 files, and the newest good one."""
        body = new_report(keep_days=3, keep_exports=3)
        assert analyst.post("/api/reports", json=body).status_code == 201
        runs = []
        for age, status in ((10, "good"), (9, "good"), (8, "good"), (1, "stamped"), (0, "stamped")):
            told = exported(body["code"], body["id"], str(age).encode(), day=f"2026-11-{20 - age:02}")
            run = pipeline.post("/api/report-runs", json=told | {"gates": {"status": status}}).json()
            sql.execute(
                "update report_runs set created_at = now() - make_interval(days => %s) where id = %s", (age, run["id"])
            )
            runs.append(run)
        with transaction() as session:
            assert delete_expired(session, get_store()) == 2
        with transaction() as session:
            assert delete_expired(session, get_store()) == 0
        assert [get_store().exists(run["object_key"]) for run in runs] == [False, False, True, True, True]
        assert [get_store().exists(run["manifest_key"]) for run in runs] == [False, False, True, True, True]
        shown = [manager.get(f"/api/report-runs/{run['id']}").json() for run in runs]
        assert [run["download"] is None for run in shown] == [True, True, False, False, False]
        assert [run["deleted_at"] is None for run in shown] == [False, False, True, True, True]
        kept = sql.execute(
            "select count(*) from audit_intents where action = 'report.deleted' and subject_id = %s", (body["id"],)
        ).fetchone()
        assert kept == (2,)

    def test_without_a_rule_everything_stays(self, marts, analyst, pipeline, exported, sql):
        body = new_report()
        assert analyst.post("/api/reports", json=body).json()["keep_days"] is None
        run = pipeline.post("/api/report-runs", json=exported(body["code"], body["id"], b"old")).json()
        sql.execute("update report_runs set created_at = '2020-01-01' where id = %s", (run["id"],))
        with transaction() as session:
            delete_expired(session, get_store())
        assert get_store().exists(run["object_key"])


class TestRead:
    def test_a_file_about_every_location_is_not_for_somebody_of_one(self, builtins, pipeline, exported, people, place):
        run = pipeline.post("/api/report-runs", json=exported("low_stock", builtins["low_stock"], b"5")).json()
        local = people.bearer(people.create("manager", place.id))
        assert local.get(f"/api/report-runs/{run['id']}").status_code == 404
        assert run["id"] not in json.dumps(local.get("/api/report-runs", params={"limit": 200}).json())

    def test_runs_are_listed_the_newest_first(self, builtins, pipeline, exported, analyst):
        made = [
            pipeline.post("/api/report-runs", json=exported("low_stock", builtins["low_stock"], content)).json()["id"]
            for content in (b"6", b"7")
        ]
        page = analyst.get("/api/report-runs", params={"report_id": builtins["low_stock"], "limit": 2}).json()
        assert [item["id"] for item in page["items"]] == made[::-1]
