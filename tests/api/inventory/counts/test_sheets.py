"""Sheets: which items in which order, and what a blind one keeps to itself."""

from __future__ import annotations

import json

import psycopg
import pytest

from api.domain.ids import uuid7
from tests.api.inventory.counts.conftest import Pantry, ago

TELLING = ("expected", "variance", "variance_value", "moved_meanwhile", "unit_cost", "last_count", "flags")


def names(sheet):
    return [item["product"]["name"] for item in sheet["items"]]


class TestCreate:
    def test_a_whole_location_is_walked_area_by_area(self, pantry: Pantry):
        pantry.keep("Beans", area="Dry store")
        pantry.keep("Salt")
        sheet = pantry.read(pantry.start())
        assert names(sheet) == ["Salt", "Beans", "Rice", "Lemons"]
        assert [area["name"] for area in sheet["areas"]] == [None, "Dry store", "Cold room"]
        assert sheet["items"][3]["units"] == ["each", "case"]
        assert (sheet["item_count"], sheet["counted_count"], sheet["status"]) == (4, 0, "counting")

    def test_chosen_areas_alone(self, pantry: Pantry):
        sheet = pantry.read(pantry.start(area_ids=[str(pantry.areas["Cold room"])]))
        assert names(sheet) == ["Lemons"]

    def test_chosen_items_alone(self, pantry: Pantry):
        sheet = pantry.read(pantry.start(item_ids=[str(pantry.items["Rice"])]))
        assert names(sheet) == ["Rice"]

    def test_the_same_again_gives_the_first_answer_and_other_content_is_refused(self, pantry: Pantry):
        body = {"id": str(uuid7()), "location_id": str(pantry.place.id)}
        first, second = (pantry.counter.post("/api/counts", json=body) for _ in range(2))
        assert (first.status_code, first.json()) == (second.status_code, second.json())
        other = pantry.counter.post("/api/counts", json=body | {"is_blind": False})
        assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")

    def test_areas_and_items_of_other_places_are_unknown(self, pantry: Pantry):
        for field in ("area_ids", "item_ids"):
            body = {"id": str(uuid7()), "location_id": str(pantry.place.id), field: [str(uuid7())]}
            reply = pantry.counter.post("/api/counts", json=body)
            assert (reply.status_code, reply.json()["code"]) == (422, "unknown_items")

    def test_an_unknown_location_is_not_found(self, pantry: Pantry):
        reply = pantry.desk.post("/api/counts", json={"id": str(uuid7()), "location_id": str(uuid7())})
        assert reply.status_code == 404


class TestShelfOrder:
    def test_a_sheet_follows_the_sorted_shelf_and_new_products_come_last(self, pantry: Pantry):
        pantry.keep("Beans", area="Dry store")
        where = {"location_id": str(pantry.place.id), "area_id": str(pantry.areas["Dry store"])}
        order = [str(pantry.items[name]) for name in ("Rice", "Beans")]
        reply = pantry.counter.put("/api/counts/shelf-order", json=where | {"item_ids": order})
        assert reply.status_code == 200
        assert [item["position"] for item in reply.json()["items"]] == [1, 2]
        pantry.keep("Almonds", area="Dry store")
        read = pantry.counter.get("/api/counts/shelf-order", params=where).json()
        assert [item["product"]["name"] for item in read["items"]] == ["Rice", "Beans", "Almonds"]
        assert names(pantry.read(pantry.start(area_ids=[where["area_id"]]))) == ["Rice", "Beans", "Almonds"]

    def test_items_of_another_area_are_refused(self, pantry: Pantry):
        body = {"location_id": str(pantry.place.id), "item_ids": [str(pantry.items["Rice"])]}
        reply = pantry.counter.put("/api/counts/shelf-order", json=body)
        assert (reply.status_code, reply.json()["code"]) == (422, "unknown_items")


class TestBlind:
    def test_whoever_counts_never_sees_what_the_books_say(self, pantry: Pantry):
        count = pantry.start(is_blind=True)
        (line,) = pantry.send(count, pantry.line("Rice", "9000", at=ago(minutes=5)))
        assert "10000" not in json.dumps(line)
        for reader in (pantry.counter, pantry.desk):
            row = pantry.row(count, "Rice", by=reader)
            assert {row[name] for name in TELLING if name != "flags"} == {None}
            assert row["flags"] is None
            assert row["counted"] == "9000"

    def test_the_reviewer_sees_it_once_it_is_submitted_and_the_counter_once_it_is_posted(self, pantry: Pantry):
        count = pantry.start(is_blind=True)
        pantry.send(count, pantry.line("Rice", "9000", at=ago(minutes=5)))
        pantry.submit(count)
        assert pantry.read(count, by=pantry.counter)["totals"]["variance_value"] is None
        assert pantry.row(count, "Rice", by=pantry.counter)["expected"] is None
        assert pantry.row(count, "Rice", by=pantry.desk)["expected"] == "10000"
        pantry.approve(count)
        assert pantry.row(count, "Rice", by=pantry.counter)["expected"] == "10000"

    def test_an_open_sheet_shows_what_is_expected_from_the_start(self, pantry: Pantry):
        row = pantry.row(pantry.start(is_blind=False), "Rice", by=pantry.counter)
        assert (row["expected"], row["counted"], row["variance"]) == ("10000", None, None)


class TestList:
    def test_sheets_are_filtered_and_paged_newest_first(self, pantry: Pantry):
        made = [pantry.start() for _ in range(3)]
        pantry.send(made[0], pantry.line("Rice", "1", at=ago(minutes=5)))
        pantry.submit(made[0])
        seen, cursor = [], None
        while cursor is not None or not seen:
            more = {"cursor": cursor} if cursor else {}
            page = pantry.counter.get("/api/counts", params={"limit": 2} | more).json()
            seen += [(each["id"], each["status"], each["counted_count"]) for each in page["items"]]
            cursor = page["next_cursor"]
        assert seen == [(made[2], "counting", 0), (made[1], "counting", 0), (made[0], "submitted", 1)]
        chosen = pantry.counter.get("/api/counts", params={"status": ["submitted", "posted"]}).json()["items"]
        assert [each["id"] for each in chosen] == [made[0]]

    def test_of_other_places_nothing_is_seen_or_touched(self, pantry: Pantry, people, other_place):
        count = pantry.start()
        stranger = people.bearer(people.create("operator", other_place.id))
        assert stranger.get("/api/counts").json()["items"] == []
        where = {"location_id": str(pantry.place.id)}
        assert stranger.get("/api/counts", params=where).status_code == 404
        assert stranger.get("/api/counts/candidates", params=where).status_code == 404
        assert stranger.get("/api/counts/shelf-order", params=where).status_code == 404
        assert stranger.post("/api/counts", json={"id": str(uuid7())} | where).status_code == 404
        assert stranger.get(f"/api/counts/{count}").status_code == 404
        lines = {"lines": [pantry.line("Rice", "1")]}
        assert stranger.post(f"/api/counts/{count}/lines", json=lines).status_code == 404
        for act in ("submit", "cancel"):
            assert stranger.post(f"/api/counts/{count}/{act}").status_code == 404


class TestPipeline:
    def test_it_may_read_counts_and_nothing_more(self, database):
        tables = ["counts", "count_areas", "count_items", "count_lines", "count_recounts", "shelf_positions"]
        with psycopg.connect(database.pipeline_url, autocommit=True) as connection:
            for table in tables:
                assert connection.execute(f"select count(*) >= 0 from {table}").fetchone() == (True,)
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(f"delete from {table}")
