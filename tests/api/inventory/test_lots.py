"""`/api/lots`: salmon by lot, kilograms in packs of one, stock in g; scanned at noon of 20 November 2026."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.domain.ids import uuid7
from tests.api.scans.conftest import Shelf

GTIN = "09501101530003"
TODAY = datetime.now(UTC).date()
SOON, LATER, PAST = ((TODAY + timedelta(days=days)).isoformat() for days in (5, 30, -3))


def label(lot: str, day: str | None = None) -> str:
    """A GS1 label: GTIN, lot, best-before date."""
    return f"]C101{GTIN}10{lot}" + ("" if day is None else f"\x1d17{day.replace('-', '')[2:]}")


def scanned_today(shelf: Shelf, **more: Any) -> dict[str, Any]:
    return shelf.one(**{"occurred_at": datetime.now(UTC).isoformat(), **more})


@pytest.fixture
def fish(shelf: Shelf) -> Shelf:
    """Three lots of salmon, one kilogram each: one for a month, one for five days, one over for three days."""
    shelf.add("Salmon", GTIN, tracks_lots=True)
    for lot, day in (("LATER", LATER), ("SOON", SOON), ("PAST", PAST)):
        assert scanned_today(shelf, code=label(lot, day), action="receive")["status"] == "posted"
    return shelf


def listed(shelf: Shelf, **filters: Any) -> list[dict[str, Any]]:
    reply = shelf.client.get("/api/lots", params={"location_id": str(shelf.place.id), **filters})
    assert reply.status_code == 200, reply.text
    return reply.json()["items"]


def left(shelf: Shelf) -> dict[str, str]:
    return {lot["code"]: lot["on_hand"] for lot in listed(shelf)}


class TestList:
    def test_what_expires_first_comes_first_and_expired_ones_have_no_turn(self, fish: Shelf):
        lots = listed(fish)
        assert [(lot["code"], lot["is_expired"], lot["place_in_order"]) for lot in lots] == [
            ("PAST", True, None),
            ("SOON", False, 1),
            ("LATER", False, 2),
        ]
        assert (lots[1]["expires_on"], lots[1]["on_hand"], lots[1]["unit"]) == (SOON, "1000", "g")
        assert lots[1]["product"]["name"] == "Salmon"

    def test_filters(self, fish: Shelf):
        assert [lot["code"] for lot in listed(fish, expiring_before=LATER)] == ["PAST", "SOON"]
        assert [lot["code"] for lot in listed(fish, is_expired=True)] == ["PAST"]
        assert listed(fish, product_id=str(fish.products["Basmati rice"])) == []

    def test_pages_follow_each_other_to_the_undated_ones(self, fish: Shelf):
        scanned_today(fish, code=label("UNDATED"), action="receive")
        seen, cursor = [], None
        while True:
            page = fish.client.get("/api/lots", params={"limit": 1} | ({"cursor": cursor} if cursor else {})).json()
            seen += [lot["code"] for lot in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert seen == ["PAST", "SOON", "LATER", "UNDATED"]

    @pytest.mark.parametrize("cursor", ["x", "WyJhIiwgImIiXQ", "WyIyMDI2LTAxLTAxIiwgMV0"])
    def test_a_foreign_cursor_is_refused(self, fish: Shelf, cursor: str):
        reply = fish.client.get("/api/lots", params={"cursor": cursor})
        assert (reply.status_code, reply.json()["code"]) == (422, "bad_cursor")

    def test_used_up_lots_only_on_demand(self, fish: Shelf):
        scanned_today(fish, code=GTIN, quantity="1")
        assert set(left(fish)) == {"PAST", "LATER"}
        assert {lot["code"] for lot in listed(fish, with_empty=True)} == {"PAST", "SOON", "LATER"}

    def test_other_places_are_not_seen(self, fish: Shelf, people, other_place):
        stranger = people.bearer(people.create("operator", other_place.id))
        assert stranger.get("/api/lots").json()["items"] == []
        assert stranger.get("/api/lots", params={"location_id": str(fish.place.id)}).status_code == 404
        mine = listed(fish)[0]["id"]
        assert stranger.post(f"/api/lots/{mine}/open", json={}).status_code == 404


class TestOpen:
    def test_an_opened_lot_is_used_before_all_others(self, fish: Shelf, sql):
        later = next(lot for lot in listed(fish) if lot["code"] == "LATER")
        reply = fish.client.post(f"/api/lots/{later['id']}/open")
        assert (reply.status_code, reply.json()["place_in_order"]) == (200, 1)
        assert reply.json()["opened_at"] is not None
        scanned_today(fish, code=GTIN, quantity="0.4")
        assert left(fish) == {"PAST": "1000", "SOON": "1000", "LATER": "600"}
        noted = "select count(*) from audit_intents where action = 'lots.open' and subject_id = %s"
        assert sql.execute(noted, [later["id"]]).fetchone() == (1,)

    def test_opened_again_it_stays_as_it_was(self, fish: Shelf, sql):
        lot = listed(fish)[2]["id"]
        first, second = (fish.client.post(f"/api/lots/{lot}/open", json={}).json() for _ in range(2))
        assert first == second
        noted = "select count(*) from audit_intents where action = 'lots.open' and subject_id = %s"
        assert sql.execute(noted, [lot]).fetchone() == (1,)

    def test_what_is_not_there_is_not_opened(self, fish: Shelf):
        assert fish.client.post(f"/api/lots/{uuid7()}/open", json={}).json()["code"] == "lot_not_found"


class TestScans:
    def test_a_label_with_a_lot_takes_that_lot(self, fish: Shelf):
        used = scanned_today(fish, code=label("LATER", LATER), quantity="0.3")
        assert left(fish) == {"PAST": "1000", "SOON": "1000", "LATER": "700"}
        (row,) = fish.client.get("/api/stock-movements", params={"kind": "consumption"}).json()["items"]
        assert (row["id"], row["lot"], [(share["code"], share["quantity"]) for share in row["lots"]]) == (
            used["id"],
            {"code": "LATER", "expires_on": LATER},
            [("LATER", "-300")],
        )

    def test_without_one_the_kitchens_order_decides(self, fish: Shelf):
        """1.2 kg: all of SOON and 0.2 kg of LATER; PAST is left."""
        scanned_today(fish, code=GTIN, quantity="1.2")
        assert left(fish) == {"PAST": "1000", "LATER": "800"}

    def test_an_expired_lot_is_wasted_by_its_name(self, fish: Shelf):
        wasted = scanned_today(fish, code=GTIN, action="waste", lot="PAST", reason_code="expired")
        assert wasted["status"] == "posted"
        assert left(fish) == {"SOON": "1000", "LATER": "1000"}

    def test_undo_brings_the_very_lots_back(self, fish: Shelf):
        used = scanned_today(fish, code=GTIN, quantity="1.2")
        fish.client.post(f"/api/stock-movements/{used['id']}/reverse", json={})
        assert left(fish) == {"PAST": "1000", "SOON": "1000", "LATER": "1000"}

    def test_where_negative_stock_is_barred_expired_goods_are_not_taken_unasked(self, fish: Shelf, barred):
        barred()
        scanned_today(fish, code=GTIN, quantity="2")
        refused, named = (scanned_today(fish, code=GTIN, quantity="0.5", lot=lot) for lot in (None, "PAST"))
        assert (refused["status"], refused["error"]["code"]) == ("rejected", "expired_stock")
        assert (named["status"], left(fish)) == ("posted", {"PAST": "500"})


class TestInventory:
    def test_expiring_before_lists_the_items_with_such_a_lot(self, fish: Shelf):
        ask = lambda day: fish.client.get("/api/inventory", params={"expiring_before": day}).json()["items"]  # noqa: E731
        assert ask(PAST) == []
        assert [item["product"]["name"] for item in ask(SOON)] == ["Salmon"]

    def test_negative_stock_is_flagged_and_listed(self, shelf: Shelf):
        """10 kg of rice are there and 11 kg are used: the place allows it, and it is shown."""
        ask = lambda negative: shelf.client.get("/api/inventory", params={"negative": negative}).json()["items"]  # noqa: E731
        assert (ask(True), [item["is_negative"] for item in ask(False)]) == ([], [False])
        shelf.one(quantity="11")
        assert [(item["on_hand"], item["is_negative"]) for item in ask(True)] == [("-1000", True)]
        assert ask(False) == []
