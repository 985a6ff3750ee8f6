"""Codes that nobody knew: kept, linked later, and their scans posted as they were."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from api.core.database import transaction
from api.domain.ids import uuid7
from api.outbox.events import Event
from api.scans import replaying
from tests.api.scans.conftest import Shelf


@pytest.fixture
def code() -> str:
    return f"label-{uuid7()}"


@pytest.fixture
def polenta(shelf: Shelf) -> str:
    """A product without any code, kept in g."""
    return str(shelf.add("Polenta", f"other-{uuid7()}"))


def link(client, code: str, product_id: str, **more):
    body = {"product_id": product_id, "pack_quantity": "2", "pack_unit": "kg", **more}
    return client.post(f"/api/scans/unknown/{quote(code, safe='')}/link", json=body)


class TestLink:
    def test_what_was_scanned_is_posted_with_its_own_id_time_and_person(
        self, shelf: Shelf, manager, operator_person, sql, code, polenta
    ):
        """Two bags of 2 kg came on Friday and one was used on Saturday: 4,000 g − 2,000 g remain."""
        came = shelf.scan(code, "receive", quantity="2", occurred_at="2026-11-20T09:00:00Z", device_id="tablet-3")
        used = shelf.scan(code, "issue", occurred_at="2026-11-21T18:00:00Z")
        shelf.send(used, came)
        answer = link(manager, code, polenta).json()
        assert answer["barcode"]["pack_quantity"] == "2"
        told = [(each["id"], each["status"], each["quantity"]) for each in answer["results"]]
        assert told == [(came["id"], "posted", "4000"), (used["id"], "posted", "2000")]
        assert answer["results"][-1]["on_hand"] == "2000"
        row = sql.execute(
            "select actor_id, device_id, occurred_at::text, kind, reference from stock_movements where id = %s",
            [came["id"]],
        ).fetchone()
        assert row == (operator_person.id, "tablet-3", "2026-11-20 09:00:00+00", "receipt", f"scan:{code}")

    def test_whoever_linked_it_is_in_the_audit_trail(self, shelf: Shelf, manager, manager_person, sql, code, polenta):
        scan = shelf.scan(code, "receive")
        shelf.send(scan)
        link(manager, code, polenta)
        noted = sql.execute(
            "select actor_id, details from audit_intents where action = 'scans.replayed' and location_id = %s",
            [shelf.place.id],
        ).fetchone()
        assert noted == (manager_person.id, {"code": code, "scan_ids": [scan["id"]]})

    def test_again_it_changes_nothing_and_the_scanner_s_own_retry_is_a_duplicate(
        self, shelf: Shelf, manager, code, polenta
    ):
        scan = shelf.scan(code, "receive")
        shelf.send(scan)
        link(manager, code, polenta)
        assert link(manager, code, polenta).json()["results"] == []
        (retried,) = shelf.send(scan)
        assert (retried["status"], retried["on_hand"]) == ("duplicate", "2000")

    def test_a_scan_without_a_time_keeps_the_time_it_came(self, shelf: Shelf, manager, sql, code, polenta):
        scan = shelf.scan(code, "receive", occurred_at=None)
        shelf.send(scan)
        (came,) = sql.execute("select occurred_at from scans where id = %s", [scan["id"]]).fetchone()
        link(manager, code, polenta)
        (moved,) = sql.execute("select occurred_at from stock_movements where id = %s", [scan["id"]]).fetchone()
        assert moved == came
        assert shelf.send(scan)[0]["status"] == "duplicate"

    def test_what_still_fails_says_why_and_waits_on(self, shelf: Shelf, manager, barred, code, polenta):
        barred()
        used = shelf.scan(code, "issue", quantity="3", occurred_at="2026-11-20T09:00:00Z")
        came = shelf.scan(code, "receive", quantity="3", occurred_at="2026-11-20T10:00:00Z")
        shelf.send(used, came)
        first = link(manager, code, polenta).json()["results"]
        assert [(each["status"], (each["error"] or {}).get("code")) for each in first] == [
            ("rejected", "insufficient_stock"),
            ("posted", None),
        ]
        assert [each["status"] for each in link(manager, code, polenta).json()["results"]] == ["posted"]

    def test_element_strings_of_one_product_are_replayed_together(self, shelf: Shelf, manager, sql):
        """Two lots were scanned; linking either code links their GTIN, so both are posted, each with its lot."""
        polenta = str(shelf.add("Tuna", f"other-{uuid7()}", tracks_lots=True))
        sql.execute("delete from barcodes where code = '09506000134352'")
        scans = [
            shelf.scan(f"]C1010950600013435210LOT{lot}\x1d17271231", "receive", unit="g", quantity="500")
            for lot in "AB"
        ]
        assert {result["status"] for result in shelf.send(*scans)} == {"unknown_code"}
        answer = link(manager, scans[0]["code"], polenta).json()
        assert answer["barcode"]["code"] == "09506000134352"
        assert [each["status"] for each in answer["results"]] == ["posted", "posted"]
        lots = sql.execute(
            "select l.code from stock_movements m join lots l on l.id = m.lot_id where m.id = any(%s) order by 1",
            [[scan["id"] for scan in scans]],
        ).fetchall()
        assert lots == [("LOTA",), ("LOTB",)]

    def test_a_look_up_waits_no_more_and_moves_nothing(self, shelf: Shelf, manager, operator, sql, code, polenta):
        looked = shelf.scan(code, "lookup")
        shelf.send(looked)
        (result,) = link(manager, code, polenta).json()["results"]
        assert (result["status"], result["movement_id"], result["product"]["id"]) == ("posted", None, polenta)
        assert shelf.kept(looked["id"])[0] == "posted"
        assert code not in {item["code"] for item in operator.get("/api/scans/unknown?limit=200").json()["items"]}
        assert sql.execute("select count(*) from stock_movements where id = %s", [looked["id"]]).fetchone() == (0,)

    def test_a_code_that_nobody_scanned_is_not_there(self, manager, shelf: Shelf, polenta):
        reply = link(manager, f"never-{uuid7()}", polenta)
        assert (reply.status_code, reply.json()["code"]) == (404, "code_not_waiting")

    def test_a_product_that_is_not_there_is_named(self, manager, shelf: Shelf, code):
        shelf.one(code, "receive")
        reply = link(manager, code, str(uuid7()))
        assert (reply.status_code, reply.json()["errors"][0]["field"]) == (422, "product_id")

    def test_an_operator_may_not_link(self, shelf: Shelf, operator, code, polenta):
        shelf.one(code, "receive")
        assert link(operator, code, polenta).status_code == 403

    def test_another_location_s_scans_are_posted_but_not_shown(
        self, shelf: Shelf, people, manager, other_place, sql, code, polenta
    ):
        elsewhere = shelf.scan(code, "receive", location_id=str(other_place.id))
        manager.post("/api/scans", json={"scans": [elsewhere]})
        here = shelf.scan(code, "receive")
        shelf.send(here)
        local = people.bearer(people.create("manager", shelf.place.id))
        assert [each["id"] for each in link(local, code, polenta).json()["results"]] == [here["id"]]
        assert sql.execute("select count(*) from stock_movements where id = %s", [elsewhere["id"]]).fetchone() == (1,)


class TestLinkInTheCatalogue:
    def test_linking_a_code_to_its_product_replays_it_through_the_worker(
        self, shelf: Shelf, manager, sql, code, polenta
    ):
        scan = shelf.scan(code, "receive")
        shelf.send(scan)
        body = {"code": code, "pack_quantity": "2", "pack_unit": "kg"}
        assert manager.post(f"/api/products/{polenta}/barcodes", json=body).status_code == 201
        event_id, payload = sql.execute(
            "select id, payload from outbox_events where type = 'barcode.linked.v1' and payload ->> 'code' = %s", [code]
        ).fetchone()
        for _ in range(2):
            with transaction() as session:
                replaying.consume(session, [Event(event_id, "barcode.linked.v1", None, payload)])
        moved = sql.execute("select quantity from stock_movements where id = %s", [scan["id"]]).fetchall()
        assert moved == [(2000,)]


class TestCatchUp:
    def test_a_code_that_an_import_linked_is_replayed_by_the_worker_s_round(self, shelf: Shelf, sql, code):
        scan = shelf.scan(code, "receive")
        shelf.send(scan)
        shelf.add("Polenta", code, pack="2")
        assert replaying.catch_up() >= 1
        assert sql.execute("select quantity from stock_movements where id = %s", [scan["id"]]).fetchone() == (2000,)
        assert shelf.kept(scan["id"])[0] == "posted"


class TestListScans:
    def test_every_scan_is_listed_once_whatever_became_of_it(self, shelf: Shelf, operator, code):
        good = shelf.scan()
        bad = shelf.scan("5000119309236")
        unknown = shelf.scan(code)
        counted = shelf.scan(action="count", quantity="3")
        shelf.send(good, bad, unknown, counted)
        items = operator.get("/api/scans", params={"location_id": str(shelf.place.id), "limit": 4}).json()["items"]
        told = {item["id"]: (item["code"], item["action"], item["status"], item["error_code"]) for item in items}
        assert told == {
            good["id"]: (good["code"], "issue", "posted", None),
            bad["id"]: ("5000119309236", "issue", "rejected", "bad_check_digit"),
            unknown["id"]: (code, "issue", "unknown_code", "unknown_code"),
            counted["id"]: (counted["code"], "count", "posted", None),
        }

    def test_pages_follow_each_other_without_gap_or_repetition(self, shelf: Shelf, operator, manager, code, polenta):
        scans = [shelf.scan(code if n % 2 else shelf.scan()["code"], "receive") for n in range(6)]
        shelf.send(*scans)
        link(manager, code, polenta)
        seen, cursor = [], None
        for _ in range(10):
            params = {"location_id": str(shelf.place.id), "limit": 2} | ({"cursor": cursor} if cursor else {})
            page = operator.get("/api/scans", params=params).json()
            seen += [item["id"] for item in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert len(seen) == len(set(seen)) == 7
        assert seen == sorted(seen, reverse=True)

    def test_a_pack_that_its_order_refused_is_on_record(self, shelf: Shelf, operator):
        scan = shelf.scan(action="receive", purchase_order_id=str(uuid7()))
        (refused,) = shelf.send(scan)
        assert (refused["status"], refused["error"]["code"]) == ("rejected", "purchase_order_not_found")
        params = {"location_id": str(shelf.place.id), "status": "rejected"}
        (kept,) = operator.get("/api/scans", params=params).json()["items"]
        assert (kept["id"], kept["error_code"]) == (scan["id"], "purchase_order_not_found")

    def test_filters_by_status_and_code(self, shelf: Shelf, operator, code):
        scan = shelf.scan(code)
        shelf.send(scan, shelf.scan())
        for filters in ({"status": "unknown_code"}, {"code": code}):
            params = {"location_id": str(shelf.place.id), **filters}
            assert [item["id"] for item in operator.get("/api/scans", params=params).json()["items"]] == [scan["id"]]

    def test_another_location_s_scans_are_not_there(self, shelf: Shelf, operator, manager, other_place, code):
        manager.post("/api/scans", json={"scans": [shelf.scan(code, location_id=str(other_place.id))]})
        assert operator.get("/api/scans", params={"location_id": str(other_place.id)}).json()["items"] == []
