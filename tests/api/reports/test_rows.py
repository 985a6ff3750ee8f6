"""A report's rows at once: as published, as the analyst role, at the locations one may see."""

from __future__ import annotations

import psycopg
import pytest

from tests.api.reports.conftest import DAYS


def every_row(client, report_id, **body):
    found, cursor = [], None
    while True:
        answer = client.post(f"/api/reports/{report_id}/run", json=body | ({"cursor": cursor} if cursor else {}))
        assert answer.status_code == 200, answer.text
        found += answer.json()["rows"]
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            return found


class TestRun:
    def test_rows_come_as_json_with_decimal_strings_and_their_load(self, marts, builtins, analyst):
        answer = analyst.post(f"/api/reports/{builtins['stock_on_hand']}/run")
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert body["load_id"] == marts.load_id
        assert {"name": "on_hand", "type": "numeric"} in body["columns"]
        assert {row["on_hand"] for row in body["rows"]} == {"0.5", "1.5", "2.5"}
        assert len(body["rows"]) == 2 * marts.rows_per_place

    def test_pages_give_each_row_once(self, marts, builtins, analyst):
        rows = every_row(analyst, builtins["stock_on_hand"], limit=5)
        assert len(rows) == 2 * marts.rows_per_place
        assert len({row["inventory_item_id"] for row in rows}) == len(rows)

    def test_filters_and_the_day_leave_their_rows(self, marts, builtins, analyst):
        rows = every_row(analyst, builtins["low_stock"], business_day=DAYS[0])
        assert len(rows) == 2
        assert {(row["business_day"], row["is_below_reorder"]) for row in rows} == {(DAYS[0], True)}

    def test_somebody_of_one_location_sees_its_rows_alone(self, marts, builtins, people, place):
        client = people.bearer(people.create("analyst", place.id))
        rows = every_row(client, builtins["stock_on_hand"])
        assert len(rows) == marts.rows_per_place
        assert {row["location_id"] for row in rows} == {str(place.id)}

    def test_a_new_load_between_two_pages_is_said(self, marts, builtins, analyst, database):
        first = analyst.post(f"/api/reports/{builtins['stock_on_hand']}/run", json={"limit": 5}).json()
        with psycopg.connect(database.pipeline_url, autocommit=True) as connection:
            connection.execute("insert into marts.loads (load_id, tables) values ('load-another', '{}')")
        body = {"limit": 5, "cursor": first["next_cursor"]}
        answer = analyst.post(f"/api/reports/{builtins['stock_on_hand']}/run", json=body)
        assert (answer.status_code, answer.json()["code"]) == (409, "load_changed")

    def test_a_mart_that_was_never_published_is_409(self, builtins, analyst):
        answer = analyst.post(f"/api/reports/{builtins['stock_movements']}/run")
        assert (answer.status_code, answer.json()["code"]) == (409, "mart_not_published")

    @pytest.mark.parametrize("cursor", ["x", "WzEsIDJd", "Wy0xLCAiIl0", "W251bGwsIG51bGxd"])
    def test_a_cursor_of_ones_own_making_is_refused(self, marts, builtins, analyst, cursor):
        answer = analyst.post(f"/api/reports/{builtins['stock_on_hand']}/run", json={"cursor": cursor})
        assert answer.status_code in {409, 422}

    def test_without_a_warehouse_it_is_503(self, marts, builtins, analyst, monkeypatch):
        from api.config import get_settings

        monkeypatch.setenv("ANALYST_URL", "postgresql://analyst:x@127.0.0.1:1/stockpot")
        get_settings.cache_clear()
        answer = analyst.post(f"/api/reports/{builtins['stock_on_hand']}/run")
        assert (answer.status_code, answer.json()["code"]) == (503, "warehouse_unavailable")

    def test_a_filter_of_the_wrong_type_is_422(self, marts, analyst):
        from tests.api.reports.test_definitions import new_report

        body = new_report(filters={"business_day": "some day"})
        assert analyst.post("/api/reports", json=body).status_code == 201
        answer = analyst.post(f"/api/reports/{body['id']}/run")
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_filter")
