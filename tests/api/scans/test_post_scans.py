"""`POST /api/scans`: what a scanner sends and what it is told; a pack of rice is 1 kg, kept in g."""

from __future__ import annotations

from uuid import uuid4

import psycopg
import pytest

from api.domain.ids import uuid7
from tests.api.scans.conftest import RICE, Shelf


class TestActions:
    def test_a_received_pack_is_counted_in_the_stock_unit(self, shelf: Shelf):
        result = shelf.one(action="receive", quantity="5")
        assert result == {
            "id": result["id"],
            "status": "posted",
            "movement_id": result["id"],
            "product": {"id": str(shelf.products["Basmati rice"]), "name": "Basmati rice"},
            "quantity": "5000",
            "unit": "g",
            "on_hand": "15000",
            "reorder": False,
            "error": None,
        }

    def test_a_unit_that_was_typed_wins_over_the_pack(self, shelf: Shelf):
        result = shelf.one(quantity="250", unit="g")
        assert (result["quantity"], result["on_hand"]) == ("250", "9750")

    def test_waste_keeps_its_reason(self, shelf: Shelf, sql):
        result = shelf.one(action="waste", reason_code="dropped")
        row = sql.execute(
            "select kind, reason_code, source from stock_movements where id = %s", [result["id"]]
        ).fetchone()
        assert row == ("waste", "dropped", "scan")

    def test_a_count_posts_the_difference_signed(self, shelf: Shelf):
        result = shelf.one(action="count", quantity="9.5", occurred_at="2026-11-20T12:30:00Z")
        assert (result["status"], result["quantity"], result["on_hand"]) == ("posted", "-500", "9500")

    def test_a_count_is_measured_as_of_its_moment(self, shelf: Shelf):
        """10 kg at noon, 3 kg used at 13:00, counted 9.5 kg at 12:30: half a kilogram was missing; 6.5 kg remain."""
        shelf.one(quantity="3", occurred_at="2026-11-20T13:00:00Z")
        result = shelf.one(action="count", quantity="9.5", occurred_at="2026-11-20T12:30:00Z")
        assert (result["quantity"], result["on_hand"]) == ("-500", "6500")

    def test_a_count_without_variance_is_recorded_and_answered_again(self, shelf: Shelf):
        scan = shelf.scan(action="count", quantity="10")
        (first,) = shelf.send(scan)
        assert (first["status"], first["quantity"], first["movement_id"]) == ("posted", "0", None)
        shelf.one(quantity="1")
        (again,) = shelf.send(scan)
        assert (again["status"], again["quantity"], again["on_hand"]) == ("duplicate", "0", "9000")
        assert shelf.kept(scan["id"]) == ("posted", None, 0)

    def test_a_look_up_moves_nothing(self, shelf: Shelf):
        result = shelf.one(action="lookup")
        assert (result["status"], result["movement_id"], result["on_hand"]) == ("posted", None, "10000")

    def test_a_transfer_needs_its_destination(self, shelf: Shelf):
        result = shelf.one(action="transfer")
        assert (result["status"], result["error"]["field"]) == ("needs_input", "to_location_id")

    def test_reorder_tells_that_the_product_fell_below_its_point(self, shelf: Shelf, sql):
        sql.execute("update inventory_items set reorder_point = 9000 where location_id = %s", [shelf.place.id])
        assert shelf.one()["reorder"] is False
        assert shelf.one()["reorder"] is True


class TestBatch:
    def test_one_bad_scan_never_fails_its_neighbours(self, shelf: Shelf):
        results = shelf.send(
            shelf.scan(),
            shelf.scan(quantity="-1"),
            shelf.scan(quantity="NaN"),
            shelf.scan(code="5000119309236"),
            shelf.scan(code="nobody-knows"),
            shelf.scan(unit="litres"),
            shelf.scan(location_id=str(uuid4())),
            shelf.scan(action="steal"),
            shelf.scan(),
        )
        told = [(result["status"], (result["error"] or {}).get("code")) for result in results]
        assert told == [
            ("posted", None),
            ("rejected", "invalid_quantity"),
            ("rejected", "invalid_quantity"),
            ("rejected", "bad_check_digit"),
            ("unknown_code", "unknown_code"),
            ("rejected", "unconvertible_unit"),
            ("rejected", "location_not_found"),
            ("rejected", "invalid_action"),
            ("posted", None),
        ]
        assert results[-1]["on_hand"] == "8000"

    def test_where_negative_stock_is_barred_the_offender_alone_is_refused(self, shelf: Shelf, barred):
        barred()
        results = shelf.send(shelf.scan(quantity="8"), shelf.scan(quantity="3"), shelf.scan(quantity="2"))
        assert [result["status"] for result in results] == ["posted", "rejected", "posted"]
        assert results[1]["error"]["code"] == "insufficient_stock"
        assert results[2]["on_hand"] == "0"
        assert shelf.kept(results[1]["id"])[:2] == ("rejected", "insufficient_stock")

    def test_a_balance_that_does_not_fit_refuses_its_scan_alone(self, shelf: Shelf):
        results = shelf.send(
            shelf.scan(action="receive", quantity="999999999999", unit="g"),
            shelf.scan(action="receive", quantity="1"),
        )
        assert [result["status"] for result in results] == ["rejected", "posted"]
        assert results[0]["error"]["code"] == "out_of_range"

    def test_the_act_is_noted_for_the_audit_trail(self, shelf: Shelf, sql):
        results = shelf.send(shelf.scan(), shelf.scan(), shelf.scan(code="nobody-knows"))
        noted = sql.execute(
            "select details from audit_intents where action = 'scans.post' and location_id = %s order by id desc limit 1",
            [shelf.place.id],
        ).fetchone()
        assert noted == ({"scan_ids": [results[0]["id"], results[1]["id"]]},)


class TestIdempotency:
    def test_the_same_scan_again_is_a_duplicate(self, shelf: Shelf):
        scan = shelf.scan()
        (first,), (second,) = shelf.send(scan), shelf.send(scan)
        assert (first["status"], second["status"]) == ("posted", "duplicate")
        assert (second["movement_id"], second["on_hand"]) == (first["movement_id"], "9000")

    def test_another_scan_under_the_same_id_is_refused_and_shows_nothing(self, shelf: Shelf):
        scan = shelf.scan()
        shelf.send(scan)
        (other,) = shelf.send(scan | {"quantity": "2"})
        assert (other["status"], other["error"]["code"]) == ("rejected", "idempotency_conflict")
        assert (other["movement_id"], other["on_hand"]) == (None, None)

    def test_a_retry_after_the_code_was_unlinked_is_still_a_duplicate(self, shelf: Shelf, sql):
        scan = shelf.scan()
        shelf.send(scan)
        sql.execute("delete from barcodes where code = %s", [f"0{RICE}"])
        (again,) = shelf.send(scan)
        assert (again["status"], again["quantity"]) == ("duplicate", "1000")

    def test_an_unknown_code_is_kept_and_posts_once_it_is_linked(self, shelf: Shelf):
        scan = shelf.scan(code="new-label", action="receive")
        (unknown,) = shelf.send(scan)
        assert (unknown["status"], shelf.kept(scan["id"])[0]) == ("unknown_code", "unknown_code")
        shelf.add("Polenta", "new-label")
        (known,) = shelf.send(scan)
        assert (known["status"], known["on_hand"]) == ("posted", "1000")
        assert shelf.kept(scan["id"])[0] == "posted"


class TestWholeRequest:
    def test_an_id_that_is_no_uuid7_refuses_the_request(self, shelf: Shelf):
        reply = shelf.client.post("/api/scans", json={"scans": [shelf.scan(id=str(uuid4()))]})
        assert reply.status_code == 422
        assert reply.json()["errors"][0]["field"] == "scans.0.id"

    def test_more_than_500_are_refused(self, shelf: Shelf):
        reply = shelf.client.post("/api/scans", json={"scans": [shelf.scan() for _ in range(501)]})
        assert reply.status_code == 422

    def test_500_at_once(self, shelf: Shelf):
        results = shelf.send(*(shelf.scan(unit="g", quantity="1") for _ in range(500)))
        assert {result["status"] for result in results} == {"posted"}
        assert results[-1]["on_hand"] == "9500"

    @pytest.mark.parametrize("body", ["no json", "[]", '{"scans": []}', '{"scans": [1]}'])
    def test_what_cannot_be_read_is_refused(self, shelf: Shelf, body: str):
        reply = shelf.client.post("/api/scans", content=body, headers={"Content-Type": "application/json"})
        assert reply.status_code in {400, 422}
        assert reply.headers["content-type"] == "application/problem+json"

    def test_an_analyst_may_not_scan(self, shelf: Shelf, analyst):
        assert analyst.post("/api/scans", json={"scans": [shelf.scan()]}).status_code == 403


class TestGs1:
    def test_a_weight_label_counts_by_its_weight(self, shelf: Shelf):
        shelf.add("Brie", "09501101530003", unit="each", pack="1", stock_unit="g")
        result = shelf.one(code="]C101095011015300033103001250", action="receive")
        assert (result["status"], result["quantity"]) == ("posted", "1250")

    def test_the_lot_and_expiry_of_a_label_are_kept(self, shelf: Shelf, sql):
        shelf.add("Salmon", "09501101530003", tracks_lots=True)
        result = shelf.one(code="]C1010950110153000310ABC123\x1d17271231", action="receive")
        assert result["status"] == "posted"
        lot = sql.execute(
            "select l.code, l.expires_on::text from stock_movements m join lots l on l.id = m.lot_id where m.id = %s",
            [result["id"]],
        ).fetchone()
        assert lot == ("ABC123", "2027-12-31")

    def test_a_missing_separator_is_asked_not_guessed(self, shelf: Shelf):
        shelf.add("Salmon", "09501101530003", tracks_lots=True)
        result = shelf.one(code="]C1010950110153000310ABC12317271231", action="receive")
        assert (result["status"], result["error"]["field"]) == ("needs_input", "lot")

    def test_a_wrong_check_digit_inside_an_element_string_is_refused(self, shelf: Shelf):
        result = shelf.one(code="]C10109501101530004")
        assert (result["status"], result["error"]["code"]) == ("rejected", "bad_check_digit")

    def test_a_product_kept_by_lot_asks_for_it(self, shelf: Shelf):
        shelf.add("Salmon", "09501101530003", tracks_lots=True)
        asked = shelf.one(code="9501101530003", action="receive")
        assert (asked["status"], asked["error"]["field"]) == ("needs_input", "lot")
        given = shelf.one(code="9501101530003", action="receive", lot="L1", expires_on="2027-01-31")
        assert given["status"] == "posted"


class TestPlaces:
    def test_a_transfer_between_locations_moves_both_balances(self, shelf: Shelf, manager, other_place):
        reply = manager.post(
            "/api/scans", json={"scans": [shelf.scan(action="transfer", to_location_id=str(other_place.id))]}
        )
        (result,) = reply.json()["results"]
        assert (result["status"], result["on_hand"]) == ("posted", "9000")
        there = manager.post(
            "/api/scans", json={"scans": [shelf.scan(action="lookup", location_id=str(other_place.id))]}
        ).json()["results"][0]
        assert there["on_hand"] == "1000"

    def test_an_operator_may_not_send_goods_to_where_they_have_no_say(self, shelf: Shelf, other_place):
        result = shelf.one(action="transfer", to_location_id=str(other_place.id))
        assert (result["status"], result["error"]["code"]) == ("rejected", "location_not_found")

    def test_stock_in_several_areas_is_asked_for(self, shelf: Shelf, sql):
        areas = [
            sql.execute(
                "insert into storage_areas (location_id, name) values (%s, %s) returning id", [shelf.place.id, name]
            ).fetchone()[0]
            for name in ("Cellar", "Shelf")
        ]
        shelf.add("Flour", "flour")
        for area in areas:
            shelf.one(code="flour", action="receive", area_id=str(area))
        assert shelf.one(code="flour")["error"]["field"] == "area_id"
        assert shelf.one(code="flour", area_id=str(areas[0]))["on_hand"] == "0"

    def test_an_area_of_another_location_is_refused(self, shelf: Shelf, sql, other_place):
        (area,) = sql.execute(
            "insert into storage_areas (location_id, name) values (%s, 'Cellar') returning id", [other_place.id]
        ).fetchone()
        assert shelf.one(area_id=str(area))["error"]["code"] == "area_not_found"


class TestUnknownCodes:
    def test_they_are_listed_with_their_last_scan(self, shelf: Shelf):
        code = f"label-{uuid7()}"
        shelf.one(code=code)
        last = shelf.one(code=code, occurred_at="2026-11-21T12:00:00Z")
        listed = shelf.client.get("/api/scans/unknown").json()["items"]
        (mine,) = [item for item in listed if item["code"] == code]
        assert (mine["scans"], mine["last_scan_id"], mine["last_seen_at"]) == (2, last["id"], "2026-11-21T12:00:00Z")


class TestLocationPolicy:
    def test_a_location_below_zero_cannot_begin_to_bar_it(self, shelf: Shelf, barred):
        shelf.one(quantity="11")
        with pytest.raises(psycopg.errors.CheckViolation):
            barred()


class TestOneIdTwiceInABatch:
    def test_two_other_facts_under_a_used_id_do_not_fail_their_neighbours(self, shelf: Shelf):
        first = shelf.scan(quantity="1")
        shelf.send(first)
        answers = shelf.send({**first, "quantity": "2"}, shelf.scan(quantity="3"), {**first, "quantity": "4"})
        assert [answer["status"] for answer in answers] == ["rejected", "posted", "rejected"]
        assert answers[1]["on_hand"] == "6000"

    def test_an_unknown_code_sent_twice_is_kept_once(self, shelf: Shelf):
        unknown = shelf.scan("no-such-code")
        assert [answer["status"] for answer in shelf.send(unknown, unknown)] == ["unknown_code"] * 2
        assert shelf.kept(unknown["id"]) == ("unknown_code", "unknown_code", None)


class TestSequence:
    def test_a_device_is_posted_in_its_own_order_and_answered_in_the_order_sent(self, shelf: Shelf, sql):
        scans = [shelf.scan(quantity=str(n), device_id="tablet", sequence=n) for n in (3, 1, 2)]
        answers = shelf.send(*scans)
        assert [answer["quantity"] for answer in answers] == ["3000", "1000", "2000"]
        rows = sql.execute(
            "select quantity from stock_movements where id = any (%s::uuid[]) order by recorded_at",
            [[scan["id"] for scan in scans]],
        ).fetchall()
        assert [int(row[0]) for row in rows] == [1000, 2000, 3000]
