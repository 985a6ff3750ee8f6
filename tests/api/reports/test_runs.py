"""Exports: told by the pipeline, announced once, fetched by link."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

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
