"""`/api/transfers`: drafts, goods on the road, short, over, lost and returned; value travels at the sender's cost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.core.database import transaction
from api.domain.ids import uuid7
from api.inventory.transfers import announcing
from api.outbox.events import Event
from tests.api.inventory.conftest import Stock, Stocked
from tests.api.ledger.support import assert_invariants
from tests.api.people import Place


@dataclass
class Road:
    """A sender with ten kilograms that have cost 20, and an empty receiver, each with a cook of its own."""

    sender: Place
    receiver: Place
    stock: Stock
    sends: TestClient
    receives: TestClient
    boss: TestClient
    sql: Any

    def draft(self, quantity: str = "6", unit: str = "kg", **more: Any) -> dict[str, Any]:
        line = {"id": str(uuid7()), "product_id": str(self.stock.product_id), "quantity": quantity, "unit": unit}
        body = {
            "id": str(uuid7()),
            "from_location_id": str(self.sender.id),
            "to_location_id": str(self.receiver.id),
            "lines": [line],
        }
        return body | more

    def made(self, *arguments: Any, **more: Any) -> dict[str, Any]:
        return good(self.boss.post("/api/transfers", json=self.draft(*arguments, **more)), 201)

    def shipped(self, *arguments: Any, **more: Any) -> dict[str, Any]:
        return good(self.sends.post(f"/api/transfers/{self.made(*arguments, **more)['id']}/ship"))

    def receipt(self, transfer: dict[str, Any], quantity: str, unit: str = "kg", **more: Any) -> dict[str, Any]:
        line = {"line_id": transfer["lines"][0]["id"], "receipt_id": str(uuid7()), "quantity": quantity, "unit": unit}
        return {"lines": [line | more]}

    def receive(self, transfer: dict[str, Any], quantity: str, **more: Any) -> dict[str, Any]:
        body = self.receipt(transfer, quantity) | more
        return good(self.receives.post(f"/api/transfers/{transfer['id']}/receive", json=body))

    def resolution(self, transfer: dict[str, Any], outcome: str, **more: Any) -> dict[str, Any]:
        line = {"line_id": transfer["lines"][0]["id"], "resolution_id": str(uuid7()), "outcome": outcome}
        return {"lines": [line | more]}

    def balances(self) -> dict[str, tuple[Decimal, Decimal]]:
        """(on hand, value) at the sender, on the road and at the receiver."""
        rows = self.sql.execute(
            "select case when a.is_in_transit then 'road' when i.location_id = %s then 'sender' else 'receiver' end,"
            "       sum(i.on_hand), sum(i.on_hand * i.avg_cost)"
            "  from inventory_items i left join storage_areas a on a.id = i.area_id"
            " where i.product_id = %s group by 1",
            [self.sender.id, self.stock.product_id],
        ).fetchall()
        return {name: (on_hand, value) for name, on_hand, value in rows}

    def movements(self) -> list[tuple[str, Decimal, Decimal]]:
        """(kind, quantity, value) of what was posted after the sender's own receipt."""
        return self.sql.execute(
            "select kind, quantity, value from stock_movements where product_id = %s and kind <> 'receipt' order by recorded_at",
            [self.stock.product_id],
        ).fetchall()


def good(reply: Any, status: int = 200) -> dict[str, Any]:
    assert reply.status_code == status, reply.text
    return reply.json()


def refused(reply: Any) -> tuple[int, str]:
    return reply.status_code, reply.json()["code"]


@pytest.fixture
def road(place, other_place, stocked: Stocked, people, manager, sql, database) -> Iterator[Road]:
    stock = stocked(place, "10000", "20")
    sends = people.bearer(people.create("operator", place.id))
    receives = people.bearer(people.create("operator", other_place.id))
    yield Road(place, other_place, stock, sends, receives, manager, sql)
    assert_invariants(database.owner_url)


class TestDraft:
    def test_it_says_what_goes_from_where_to_where(self, road: Road):
        made = road.made("1", "bag", note="for the weekend")
        assert (made["status"], made["currency"], made["value"]) == ("draft", "USD", None)
        assert (made["from_location"]["code"], made["to_location"]["code"]) == (road.sender.code, road.receiver.code)
        (line,) = made["lines"]
        assert (line["quantity"], line["unit"], line["entered"]) == ("5000", "g", {"quantity": "1", "unit": "bag"})
        assert road.balances() == {"sender": (10000, 20)}

    def test_the_same_again_is_the_first_answer_and_another_body_a_conflict(self, road: Road):
        body = road.draft()
        assert road.boss.post("/api/transfers", json=body).json() == road.boss.post("/api/transfers", json=body).json()
        assert refused(road.boss.post("/api/transfers", json=body | {"note": "x"})) == (409, "idempotency_conflict")

    def test_it_is_edited_by_whoever_read_it_last(self, road: Road):
        made = road.made()
        path, change = f"/api/transfers/{made['id']}", {"lines": road.draft("2")["lines"]}
        assert road.sends.patch(path, json=change).status_code == 428
        edited = good(road.sends.patch(path, json=change, headers={"If-Match": '"1"'}))
        assert ([line["quantity"] for line in edited["lines"]], edited["version"]) == (["2000"], 2)
        assert refused(road.sends.patch(path, json=change, headers={"If-Match": '"1"'})) == (409, "version_conflict")

    @pytest.mark.parametrize(
        ("wrong", "code", "field"),
        [
            ({"quantity": "1", "unit": "litres"}, "unconvertible_unit", "lines.0.unit"),
            ({"quantity": "0"}, "invalid", "lines.0.quantity"),
            ({"product_id": "019ab000-0000-7000-8000-000000000009"}, "unknown_product", "lines.0.product_id"),
            ({"from_area_id": "019ab000-0000-7000-8000-000000000009"}, "unknown_area", "lines.0.from_area_id"),
            ({"lot_id": "019ab000-0000-7000-8000-000000000009"}, "unknown_lot", "lines.0.lot_id"),
        ],
    )
    def test_a_line_that_does_not_fit_is_refused_by_name(self, road: Road, wrong, code, field):
        body = road.draft()
        body["lines"][0] |= wrong
        reply = road.boss.post("/api/transfers", json=body)
        assert refused(reply) == (422, code)
        assert [problem["field"] for problem in reply.json()["errors"]] == [field]

    def test_to_itself_or_in_another_currency_it_is_refused(self, road: Road, sql):
        body = road.draft(to_location_id=str(road.sender.id))
        assert refused(road.boss.post("/api/transfers", json=body)) == (422, "same_place")
        sql.execute("update locations set currency = 'GBP' where id = %s", [road.receiver.id])
        assert refused(road.boss.post("/api/transfers", json=road.draft())) == (422, "currency_mismatch")

    def test_an_end_that_the_person_does_not_see_is_not_found(self, road: Road):
        assert refused(road.sends.post("/api/transfers", json=road.draft())) == (404, "location_not_found")

    def test_who_sees_both_ends_and_works_at_one_may_ask(self, road: Road, people, admin):
        cook = people.create("operator", road.receiver.id)
        body = {"id": str(uuid7()), "name": f"directory {uuid7()}"[:60], "scopes": ["catalog.read"]}
        role = good(admin.post("/api/roles", json=body), 201)["id"]
        good(admin.patch(f"/api/users/{cook.id}/roles", json={"grant": [{"role_id": role, "location_id": None}]}))
        good(people.bearer(cook).post("/api/transfers", json=road.draft()), 201)

    def test_cancelled_it_cannot_be_shipped(self, road: Road):
        made = road.made()
        path = f"/api/transfers/{made['id']}"
        assert good(road.sends.post(f"{path}/cancel"))["status"] == "cancelled"
        assert good(road.sends.post(f"{path}/cancel"))["status"] == "cancelled"
        assert refused(road.sends.post(f"{path}/ship")) == (409, "step_not_allowed")
        assert refused(road.receives.post(f"{path}/receive")) == (409, "step_not_allowed")


class TestShip:
    def test_goods_stand_on_the_road_at_the_senders_cost(self, road: Road):
        """10 kg have cost 20, so 6 kg travel with 12 and 4 kg stay with 8."""
        shipped = road.shipped()
        assert (shipped["status"], shipped["value"], shipped["lines"][0]["open_quantity"]) == (
            "in_transit",
            "12",
            "6000",
        )
        assert road.balances() == {"sender": (4000, 8), "road": (6000, 12)}
        assert road.movements() == [("transfer", 6000, 12)]

    def test_again_changes_nothing_and_other_quantities_are_refused(self, road: Road):
        shipped = road.shipped()
        path = f"/api/transfers/{shipped['id']}/ship"
        assert good(road.sends.post(path)) == shipped
        other = {"lines": [{"line_id": shipped["lines"][0]["id"], "quantity": "1"}]}
        assert refused(road.sends.post(path, json=other)) == (409, "already_shipped")
        assert len(road.movements()) == 1

    def test_less_may_leave_than_was_asked_for(self, road: Road):
        made = road.made()
        body = {"lines": [{"line_id": made["lines"][0]["id"], "quantity": "2", "unit": "kg"}]}
        shipped = good(road.sends.post(f"/api/transfers/{made['id']}/ship", json=body))
        assert (shipped["lines"][0]["quantity"], shipped["lines"][0]["shipped_quantity"]) == ("6000", "2000")

    def test_nothing_at_all_is_not_shipped(self, road: Road):
        made = road.made()
        body = {"lines": [{"line_id": made["lines"][0]["id"], "quantity": "0"}]}
        assert refused(road.sends.post(f"/api/transfers/{made['id']}/ship", json=body)) == (422, "nothing_to_ship")

    def test_the_receiver_may_not_ship_and_a_stranger_sees_nothing(self, road: Road, people, database):
        from tests.api.people import make_place

        made = road.made()
        path = f"/api/transfers/{made['id']}"
        assert refused(road.receives.post(f"{path}/ship")) == (403, "missing_scope")
        stranger = people.bearer(people.create("manager", make_place(database.owner_url).id))
        for act in ("ship", "receive", "cancel"):
            assert refused(stranger.post(f"{path}/{act}")) == (404, "transfer_not_found")
        body = road.resolution(made, "lost", reason_code="lost_in_transit")
        assert refused(stranger.post(f"{path}/resolve", json=body)) == (404, "transfer_not_found")
        assert stranger.get(path).status_code == 404
        assert stranger.get("/api/transfers").json()["items"] == []

    def test_barred_stock_stays(self, road: Road, barred):
        barred()
        made = road.made("11")
        assert refused(road.sends.post(f"/api/transfers/{made['id']}/ship")) == (409, "insufficient_stock")
        assert good(road.boss.get(f"/api/transfers/{made['id']}"))["status"] == "draft"

    def test_the_shipment_is_not_undone_behind_the_transfers_back(self, road: Road):
        shipped = road.shipped()
        reply = road.boss.post(f"/api/stock-movements/{shipped['lines'][0]['id']}/reverse", json={})
        assert refused(reply) == (409, "belongs_to_document")

    def test_goods_on_the_road_are_not_used_from(self, road: Road, people, stocked: Stocked):
        """The receiver has 1 kg on the shelf and 6 kg on the road: a scan without an area takes from the shelf."""
        stocked(road.receiver, "1000", "3", road.stock.product_id)
        road.shipped()
        code = f"T{uuid7().hex[:12]}"
        body = {"code": code, "pack_quantity": "1", "pack_unit": "kg"}
        good(road.boss.post(f"/api/products/{road.stock.product_id}/barcodes", json=body), 201)
        scan = {"id": str(uuid7()), "code": code, "action": "issue", "location_id": str(road.receiver.id)}
        (result,) = good(road.receives.post("/api/scans", json={"scans": [scan]}))["results"]
        assert (result["status"], result["on_hand"]) == ("posted", "0")
        assert road.balances()["road"][0] == 6000


class TestReceive:
    def test_all_of_it_with_its_value(self, road: Road):
        shipped = road.shipped()
        received = good(road.receives.post(f"/api/transfers/{shipped['id']}/receive"))
        assert (received["status"], received["is_short"]) == ("received", False)
        assert road.balances() == {"sender": (4000, 8), "road": (0, 0), "receiver": (6000, 12)}
        assert good(road.receives.post(f"/api/transfers/{shipped['id']}/receive")) == received

    def test_short_then_lost_and_returned(self, road: Road):
        """A transfer received short.

        The sender has 10 kg that have cost 20.00, 2.00 a kilogram. 7 kg are shipped: 14.00 go on the road, 6.00 stay.
        4 kg arrive: 4/7 of 14.00 = 8.00 come to the receiver; 3 kg worth 6.00 stay on the road.
        1 kg is lost: 1/7 of 14.00 = 2.00 leave as a loss. The last 2 kg come back to the sender with what is left,
        14.00 − 8.00 − 2.00 = 4.00. Sender 5 kg worth 10.00, receiver 4 kg worth 8.00, lost 1 kg worth 2.00: 20.00.
        """
        shipped = road.shipped("7")
        path = f"/api/transfers/{shipped['id']}"
        part = road.receive(shipped, "4")
        assert (part["status"], part["is_short"], part["lines"][0]["open_quantity"]) == (
            "partially_received",
            True,
            "3000",
        )
        assert road.balances() == {"sender": (3000, 6), "road": (3000, 6), "receiver": (4000, 8)}
        lost = road.resolution(shipped, "lost", quantity="1", unit="kg", reason_code="lost_in_transit")
        good(road.boss.post(f"{path}/resolve", json=lost))
        back = good(road.sends.post(f"{path}/resolve", json=road.resolution(shipped, "returned")))
        assert (back["status"], back["lines"][0]["open_quantity"]) == ("received", "0")
        assert [(each["outcome"], each["quantity"], each["value"]) for each in back["lines"][0]["settlements"]] == [
            ("received", "4000", "8"),
            ("lost", "1000", "2"),
            ("returned", "2000", "4"),
        ]
        assert road.balances() == {"sender": (5000, 10), "road": (0, 0), "receiver": (4000, 8)}
        assert road.movements() == [
            ("transfer", 7000, 14),
            ("transfer", 4000, 8),
            ("adjustment", 1000, 2),
            ("transfer", 2000, 4),
        ]

    def test_three_parts_of_an_odd_value_sum_to_it(self, road: Road):
        """1 g travels with 0.002; a third of it is worth 0.000667, twice, and the last part takes what is left, 0.000666."""
        shipped = road.shipped("1", "g")
        for part in ("0.333333", "0.333333", "0.333334"):
            body = road.receipt(shipped, part, "g")
            last = good(road.receives.post(f"/api/transfers/{shipped['id']}/receive", json=body))
        values = [each["value"] for each in last["lines"][0]["settlements"]]
        assert (values, last["status"]) == (["0.000667", "0.000667", "0.000666"], "received")

    def test_the_same_receipt_again_changes_nothing(self, road: Road):
        shipped = road.shipped()
        path, body = f"/api/transfers/{shipped['id']}/receive", road.receipt(shipped, "2")
        first, second = road.receives.post(path, json=body), road.receives.post(path, json=body)
        assert good(first) == good(second)
        body["lines"][0]["quantity"] = "3"
        assert refused(road.receives.post(path, json=body)) == (409, "idempotency_conflict")
        assert road.balances()["receiver"] == (2000, 4)

    def test_over_is_refused_unless_somebody_says_so(self, road: Road):
        shipped = road.shipped()
        reply = road.receives.post(f"/api/transfers/{shipped['id']}/receive", json=road.receipt(shipped, "7"))
        assert refused(reply) == (409, "over_receipt")
        assert reply.json()["open_quantity"] == "6000"
        assert road.balances()["road"] == (6000, 12)

    def test_over_leaves_the_senders_stock_as_well(self, road: Road):
        """6 kg were shipped and 7 kg came: the seventh left the sender unseen, at the same 2.00; 10 kg and 20.00 remain."""
        shipped = road.shipped()
        received = road.receive(shipped, "7", allow_over=True)
        assert (received["status"], received["lines"][0]["received_quantity"]) == ("received", "7000")
        assert received["lines"][0]["over_quantity"] == "1000"
        assert road.balances() == {"sender": (3000, 6), "road": (0, 0), "receiver": (7000, 14)}
        assert [quantity for _, quantity, _ in road.movements()] == [6000, 6000, 1000]

    def test_never_more_than_twice_what_was_shipped(self, road: Road):
        shipped = road.shipped("1")
        path = f"/api/transfers/{shipped['id']}/receive"
        body = road.receipt(shipped, "2.1") | {"allow_over": True}
        assert refused(road.receives.post(path, json=body)) == (409, "over_receipt")
        road.receive(shipped, "2", allow_over=True)
        body = road.receipt(shipped, "0.1") | {"allow_over": True}
        assert refused(road.receives.post(path, json=body)) == (409, "over_receipt")

    def test_the_sender_does_not_receive(self, road: Road):
        shipped = road.shipped()
        assert refused(road.sends.post(f"/api/transfers/{shipped['id']}/receive")) == (403, "missing_scope")

    def test_it_is_put_away_where_the_receiver_says(self, road: Road, sql):
        area = good(road.boss.post(f"/api/locations/{road.receiver.id}/areas", json={"name": "Walk-in"}), 201)["id"]
        shipped = road.shipped()
        received = good(
            road.receives.post(f"/api/transfers/{shipped['id']}/receive", json=road.receipt(shipped, "6", area_id=area))
        )
        (there,) = sql.execute(
            "select on_hand from inventory_items where product_id = %s and area_id = %s", [road.stock.product_id, area]
        ).fetchone()
        assert (received["status"], there) == ("received", 6000)

    @pytest.mark.parametrize(
        ("wrong", "code"),
        [
            ({"area_id": "019ab000-0000-7000-8000-000000000009"}, (422, "unknown_area")),
            ({"line_id": "019ab000-0000-7000-8000-000000000009"}, (404, "transfer_line_not_found")),
            ({"unit": "litres"}, (422, "unconvertible_unit")),
        ],
    )
    def test_what_does_not_fit_is_refused(self, road: Road, wrong, code):
        shipped = road.shipped()
        body = road.receipt(shipped, "1", **wrong)
        assert refused(road.receives.post(f"/api/transfers/{shipped['id']}/receive", json=body)) == code

    def test_it_cannot_have_come_before_it_left(self, road: Road):
        shipped = road.shipped()
        body = {"occurred_at": "2026-01-01T00:00:00Z"}
        assert refused(road.receives.post(f"/api/transfers/{shipped['id']}/receive", json=body)) == (
            422,
            "before_shipping",
        )


class TestResolve:
    def test_damage_is_waste(self, road: Road):
        shipped = road.shipped()
        body = road.resolution(shipped, "lost", reason_code="damaged_in_transit")
        closed = good(road.boss.post(f"/api/transfers/{shipped['id']}/resolve", json=body))
        assert (closed["status"], closed["is_short"]) == ("closed", True)
        assert road.movements()[-1] == ("waste", 6000, 12)

    def test_the_same_again_changes_nothing(self, road: Road):
        shipped = road.shipped()
        path = f"/api/transfers/{shipped['id']}/resolve"
        body = road.resolution(shipped, "lost", reason_code="lost_in_transit")
        assert good(road.boss.post(path, json=body)) == good(road.boss.post(path, json=body))
        body["lines"][0]["reason_code"] = "never_sent"
        assert refused(road.boss.post(path, json=body)) == (409, "idempotency_conflict")

    @pytest.mark.parametrize(
        ("told", "code"),
        [
            ({"outcome": "lost"}, (422, "unknown_reason")),
            ({"outcome": "lost", "reason_code": "staff_meal"}, (422, "unknown_reason")),
            ({"outcome": "returned", "reason_code": "lost_in_transit"}, (422, "no_reason_needed")),
            ({"outcome": "returned", "quantity": "6001"}, (409, "not_on_the_road")),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, road: Road, told, code):
        shipped = road.shipped()
        body = road.resolution(shipped, **told)
        assert refused(road.boss.post(f"/api/transfers/{shipped['id']}/resolve", json=body)) == code
        assert road.balances()["road"] == (6000, 12)

    def test_a_loss_needs_the_right_to_adjust_and_a_return_the_goods(self, road: Road):
        shipped = road.shipped()
        path = f"/api/transfers/{shipped['id']}/resolve"
        loss = road.resolution(shipped, "lost", reason_code="lost_in_transit")
        for cook in (road.sends, road.receives):
            assert refused(cook.post(path, json=loss)) == (403, "missing_scope")
        assert refused(road.receives.post(path, json=road.resolution(shipped, "returned"))) == (403, "missing_scope")

    def test_a_loss_beyond_the_limit_is_left_to_somebody_else(self, road: Road, stocked: Stocked, admin):
        """26 kg at 20 a kilogram are worth 520, and a manager's limit is 500."""
        road.stock = stocked(road.sender, "100000", "2000")
        shipped = road.shipped("26")
        path = f"/api/transfers/{shipped['id']}/resolve"
        body = road.resolution(shipped, "lost", reason_code="lost_in_transit")
        assert refused(road.boss.post(path, json=body)) == (409, "beyond_limit")
        assert good(admin.post(path, json=body))["status"] == "closed"


class TestList:
    def test_both_ends_see_it_and_filters_narrow(self, road: Road):
        shipped, made = road.shipped("1"), road.made("1")
        for cook, place in ((road.sends, road.sender), (road.receives, road.receiver)):
            listed = cook.get("/api/transfers", params={"location_id": str(place.id)}).json()["items"]
            assert [each["id"] for each in listed] == [made["id"], shipped["id"]]
        ask = lambda **more: [each["id"] for each in road.sends.get("/api/transfers", params=more).json()["items"]]  # noqa: E731
        assert ask(status="in_transit") == [shipped["id"]]
        assert ask(from_location_id=str(road.receiver.id)) == []
        assert ask(product_id=str(road.stock.product_id), status=["draft", "in_transit"]) == [made["id"], shipped["id"]]
        assert road.sends.get("/api/transfers", params={"location_id": str(road.receiver.id)}).status_code == 404

    def test_pages_follow_each_other(self, road: Road):
        made = [road.made("1")["id"] for _ in range(3)]
        first = road.sends.get("/api/transfers", params={"limit": 2}).json()
        second = road.sends.get("/api/transfers", params={"limit": 2, "cursor": first["next_cursor"]}).json()
        assert [each["id"] for each in first["items"] + second["items"]] == made[::-1]


class TestOthers:
    def test_every_step_is_on_record(self, road: Road, sql):
        shipped = road.shipped()
        road.receive(shipped, "6")
        rows = sql.execute(
            "select action from audit_intents where subject_id = %s order by id", [shipped["id"]]
        ).fetchall()
        assert [action for (action,) in rows] == ["transfer.created", "transfer.shipped", "transfer.received"]

    def test_what_does_not_tally_is_told_at_both_ends(self, road: Road, people, sql):
        bosses = {people.create("manager", each.id).id for each in (road.sender, road.receiver)}
        shipped = road.shipped()
        road.receive(shipped, "5")
        rows = sql.execute(
            "select id, type, subject_id, payload from outbox_events where type = 'transfer.received.v1' and subject_id = %s",
            [shipped["id"]],
        ).fetchall()
        with transaction() as session:
            announcing.consume(session, [Event(*row) for row in rows])
        told = dict(
            sql.execute(
                "select user_id, subject from notifications where event_id = %s and channel = 'inbox'", [rows[0][0]]
            ).fetchall()
        )
        assert bosses <= told.keys()
        assert f"{shipped['number']} came short" in told[bosses.pop()]
