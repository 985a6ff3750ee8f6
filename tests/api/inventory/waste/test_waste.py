"""`/api/waste`: what was thrown away, why, and how it looked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from api.domain.ids import uuid7
from tests.api.files.test_pictures import picture
from tests.api.inventory.conftest import Stock, Stocked
from tests.api.ledger.support import assert_invariants
from tests.api.scans.conftest import Shelf


@pytest.fixture
def stock(stocked: Stocked, place, database) -> Iterator[Stock]:
    """Ten kilograms that have cost 20."""
    stock = stocked(place, "10000", "20")
    yield stock
    assert_invariants(database.owner_url, (stock.item_id,))


def entry(stock: Stock, **more: Any) -> dict[str, Any]:
    body = {
        "id": str(uuid7()),
        "item_id": str(stock.item_id),
        "quantity": "1.5",
        "unit": "kg",
        "reason_code": "spoiled",
    }
    return body | more


def good(reply: Any, status: int = 201) -> dict[str, Any]:
    assert reply.status_code == status, reply.text
    return reply.json()


def refused(reply: Any) -> tuple[int, str]:
    return reply.status_code, reply.json()["code"]


def upload(client, place, content: bytes, photo_id: str | None = None):
    fields = {"id": photo_id or str(uuid7()), "location_id": str(place.id)}
    return client.post("/api/waste/photos", data=fields, files={"image": ("bin.jpg", content, "image/jpeg")})


class TestThrowAway:
    def test_it_leaves_at_its_cost_with_its_reason(self, operator, stock, balance):
        """10 kg have cost 20.00: 1.5 kg are worth 3.00."""
        booked = good(operator.post("/api/waste", json=entry(stock, note="warm fridge")))
        assert (booked["quantity"], booked["unit"], booked["entered"]) == (
            "1500",
            "g",
            {"quantity": "1.5", "unit": "kg"},
        )
        assert (booked["value"], booked["currency"], booked["reason_code"]) == ("3", "USD", "spoiled")
        assert (booked["note"], booked["source"], booked["is_reversed"]) == ("warm fridge", "manual", False)
        assert balance(stock.item_id)[0] == 8500

    def test_a_product_is_taken_from_where_it_is_used(self, operator, stock, place, balance):
        body = entry(stock, product_id=str(stock.product_id), location_id=str(place.id))
        del body["item_id"]
        assert good(operator.post("/api/waste", json=body))["item_id"] == str(stock.item_id)
        assert balance(stock.item_id)[0] == 8500

    def test_the_same_again_is_the_same_entry_and_another_a_conflict(self, operator, stock, people, place, balance):
        body = entry(stock)
        assert good(operator.post("/api/waste", json=body)) == good(operator.post("/api/waste", json=body))
        assert refused(operator.post("/api/waste", json=body | {"quantity": "2"})) == (409, "idempotency_conflict")
        colleague = people.bearer(people.create("operator", place.id))
        assert refused(colleague.post("/api/waste", json=body)) == (409, "idempotency_conflict")
        assert balance(stock.item_id)[0] == 8500

    @pytest.mark.parametrize(
        ("wrong", "code", "field"),
        [
            ({"reason_code": "because"}, "unknown_reason", "reason_code"),
            ({"reason_code": "theft"}, "unknown_reason", "reason_code"),
            ({"unit": "litres"}, "unconvertible_unit", "unit"),
            ({"quantity": "0"}, "invalid", "quantity"),
            ({"quantity": "999999999999"}, "out_of_range", "quantity"),
            ({"item_id": None}, "item_missing", "item_id"),
            ({"lot_id": "019ab000-0000-7000-8000-000000000009"}, "unknown_product", "lot_id"),
        ],
    )
    def test_what_makes_no_sense_is_refused_by_name(self, operator, stock, wrong, code, field):
        reply = operator.post("/api/waste", json=entry(stock, **wrong))
        assert refused(reply) == (422, code)
        assert [problem["field"] for problem in reply.json()["errors"]] == [field]

    def test_elsewhere_it_is_not_found(self, people, stock, place, other_place):
        stranger = people.bearer(people.create("operator", other_place.id))
        assert refused(stranger.post("/api/waste", json=entry(stock))) == (404, "inventory_item_not_found")
        body = entry(stock, item_id=None, product_id=str(stock.product_id), location_id=str(place.id))
        assert refused(stranger.post("/api/waste", json=body)) == (404, "location_not_found")

    def test_an_undo_is_a_reversal_and_the_entry_says_so(self, operator, stock, balance):
        booked = good(operator.post("/api/waste", json=entry(stock)))
        undone = good(operator.post(f"/api/stock-movements/{booked['id']}/reverse", json={}))
        assert (undone["reverses_id"], undone["on_hand"]) == (booked["id"], "10000")
        assert good(operator.get(f"/api/waste/{booked['id']}"), 200)["is_reversed"] is True
        assert balance(stock.item_id)[0] == 10000

    def test_it_is_on_record(self, operator, stock, sql):
        booked = good(operator.post("/api/waste", json=entry(stock)))
        rows = sql.execute(
            "select action, details ->> 'value' from audit_intents where subject_id = %s", [booked["id"]]
        ).fetchall()
        assert rows == [("waste.recorded", "3")]


class TestList:
    def test_scanned_waste_is_listed_too(self, shelf: Shelf):
        scanned = shelf.one(action="waste", reason_code="dropped", quantity="2")
        (listed,) = shelf.client.get("/api/waste").json()["items"]
        assert (listed["id"], listed["source"], listed["quantity"], listed["photo_id"]) == (
            scanned["id"],
            "scan",
            "2000",
            None,
        )

    def test_it_is_filtered_by_reason_product_and_time(self, operator, stock, stocked: Stocked, place):
        other = stocked(place, "1000", "1")
        spoiled = good(operator.post("/api/waste", json=entry(stock)))["id"]
        dropped = good(operator.post("/api/waste", json=entry(other, reason_code="dropped", quantity="0.1")))["id"]
        ask = lambda **more: [each["id"] for each in operator.get("/api/waste", params=more).json()["items"]]  # noqa: E731
        assert ask() == [dropped, spoiled]
        assert ask(reason_code="spoiled") == [spoiled]
        assert ask(product_id=str(other.product_id)) == [dropped]
        assert ask(since=(datetime.now(UTC) + timedelta(hours=1)).isoformat()) == []
        first = operator.get("/api/waste", params={"limit": 1}).json()
        assert ask(limit=1, cursor=first["next_cursor"]) == [spoiled]

    def test_a_day_runs_from_cut_off_to_cut_off_where_it_was(self, operator, stock, place):
        """In New York, 03:59 on 20 November is still the 19th, 04:00 is the 20th: 08:59 and 09:00 UTC."""
        late = good(operator.post("/api/waste", json=entry(stock, occurred_at="2026-11-20T08:59:00Z")))
        early = good(operator.post("/api/waste", json=entry(stock, occurred_at="2026-11-20T09:00:00Z")))
        assert (late["business_day"], early["business_day"]) == ("2026-11-19", "2026-11-20")
        ask = lambda day: [each["id"] for each in operator.get("/api/waste", params={"day": day}).json()["items"]]  # noqa: E731
        assert (ask("2026-11-19"), ask("2026-11-20")) == ([late["id"]], [early["id"]])

    def test_of_other_locations_nothing_is_seen(self, operator, people, stock, place, other_place):
        booked = good(operator.post("/api/waste", json=entry(stock)))
        stranger = people.bearer(people.create("operator", other_place.id))
        assert stranger.get("/api/waste").json()["items"] == []
        assert stranger.get("/api/waste", params={"location_id": str(place.id)}).status_code == 404
        assert refused(stranger.get(f"/api/waste/{booked['id']}")) == (404, "waste_not_found")

    def test_the_pipeline_may_read_every_table_of_the_room(self, database):
        tables = "adjustments", "reason_codes", "transfers", "transfer_lines", "transfer_settlements", "waste_records"
        with psycopg.connect(database.pipeline_url) as connection:
            for table in tables:
                connection.execute(f"select count(*) from {table}")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("delete from waste_records")


class TestPhoto:
    def test_it_is_shown_by_a_link_to_whoever_sees_the_place(self, operator, stock, place, api, people, other_place):
        kept = good(upload(operator, place, picture("JPEG")))
        assert (kept["width"], kept["height"]) == (64, 32)
        booked = good(operator.post("/api/waste", json=entry(stock, photo_id=kept["id"])))
        assert booked["photo_id"] == kept["id"]
        link = good(operator.get(f"/api/waste/{booked['id']}/photo"), 200)
        fetched = api.get(link["url"])
        assert (fetched.status_code, fetched.headers["content-type"]) == (200, "image/jpeg")
        assert len(fetched.content) == kept["byte_count"]
        assert api.get(link["url"].partition("?")[0]).status_code == 422  # no link without its signature
        stranger = people.bearer(people.create("operator", other_place.id))
        assert refused(stranger.get(f"/api/waste/{booked['id']}/photo")) == (404, "waste_not_found")

    def test_the_same_upload_again_is_the_same_picture(self, operator, place):
        photo_id = str(uuid7())
        first = good(upload(operator, place, picture("PNG"), photo_id))
        assert good(upload(operator, place, picture("PNG"), photo_id)) == first
        assert refused(upload(operator, place, picture("JPEG"), photo_id)) == (409, "idempotency_conflict")

    def test_one_picture_is_one_entrys(self, operator, stock, place):
        photo_id = good(upload(operator, place, picture("PNG")))["id"]
        good(operator.post("/api/waste", json=entry(stock, photo_id=photo_id)))
        assert refused(operator.post("/api/waste", json=entry(stock, photo_id=photo_id))) == (409, "photo_taken")

    def test_somebody_elses_or_another_places_picture_is_not_found(self, operator, manager, stock, place, other_place):
        theirs = good(upload(manager, place, picture("PNG")))["id"]
        assert refused(operator.post("/api/waste", json=entry(stock, photo_id=theirs))) == (404, "photo_not_found")
        elsewhere = good(upload(manager, other_place, picture("PNG")))["id"]
        assert refused(manager.post("/api/waste", json=entry(stock, photo_id=elsewhere))) == (404, "photo_not_found")
        assert upload(operator, other_place, picture("PNG")).status_code == 404

    def test_what_is_no_picture_is_refused(self, operator, place):
        assert refused(upload(operator, place, b"<script>alert(1)</script>")) == (422, "unreadable_image")

    def test_an_entry_without_one_has_no_link(self, operator, stock):
        booked = good(operator.post("/api/waste", json=entry(stock)))
        assert refused(operator.get(f"/api/waste/{booked['id']}/photo")) == (404, "photo_not_found")

    def test_a_browser_needs_its_token_to_upload(self, operator_browser, place):
        del operator_browser.headers["X-CSRF-Token"]
        assert upload(operator_browser, place, picture("PNG")).status_code == 403
