"""`/api/inventory/{id}/adjust` and `/api/adjustments`: at once within the limit, beyond it with four eyes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import psycopg
import pytest

from api.core.database import transaction
from api.domain.ids import uuid7
from api.inventory.adjustments import announcing
from api.inventory.adjustments.deciding import expire_overdue
from api.outbox.events import Event
from tests.api.inventory.conftest import Stocked
from tests.api.scans.conftest import Shelf


def adjustment(**more):
    return {"id": str(uuid7()), "quantity_delta": "-250", "reason_code": "missing", **more}


@pytest.fixture
def large(stocked: Stocked, place):
    """A hundred kilograms that have cost 2,000: a manager may adjust 25 kg of them alone, worth 500."""
    return stocked(place, "100000", "2000")


@pytest.fixture
def waiting(manager, large):
    """The body of an adjustment of 30 kg, worth 600, that the manager has sent: it waits."""
    body = adjustment(quantity_delta="-30", unit="kg", note="not on the shelf")
    reply = manager.post(f"/api/inventory/{large.item_id}/adjust", json=body)
    assert reply.status_code == 202, reply.text
    return reply.json()


@pytest.fixture
def colleague(people, place):
    """Another manager, of this place alone."""
    return people.bearer(people.create("manager", place.id))


class TestAtOnce:
    def test_a_difference_is_posted_with_its_reason(self, rice, desk):
        reply = desk.post(f"/api/inventory/{rice()['id']}/adjust", json=adjustment(note="under the shelf"))
        assert reply.status_code == 201
        body = reply.json()
        assert (body["kind"], body["quantity"], body["reason_code"], body["on_hand"], body["status"]) == (
            "adjustment",
            "250",
            "missing",
            "9750",
            "posted",
        )

    def test_a_gain_in_another_unit(self, rice, desk):
        body = adjustment(quantity_delta="1.5", unit="kg", reason_code="found")
        reply = desk.post(f"/api/inventory/{rice()['id']}/adjust", json=body).json()
        assert (reply["quantity"], reply["entered"], reply["on_hand"]) == (
            "1500",
            {"quantity": "1.5", "unit": "kg"},
            "11500",
        )

    def test_the_same_again_changes_nothing_and_other_content_is_refused(self, rice, desk):
        path, body = f"/api/inventory/{rice()['id']}/adjust", adjustment()
        assert desk.post(path, json=body).json() == desk.post(path, json=body).json()
        reply = desk.post(path, json=body | {"quantity_delta": "-251"})
        assert (reply.status_code, reply.json()["code"]) == (409, "idempotency_conflict")
        assert rice()["on_hand"] == "9750"

    def test_another_persons_id_shows_nothing(self, rice, desk, colleague):
        path, body = f"/api/inventory/{rice()['id']}/adjust", adjustment()
        desk.post(path, json=body)
        reply = colleague.post(path, json=body)
        assert (reply.status_code, reply.json()["code"]) == (409, "idempotency_conflict")

    @pytest.mark.parametrize(
        ("wrong", "code", "field"),
        [
            ({"quantity_delta": "NaN"}, "invalid", "quantity_delta"),
            ({"quantity_delta": "0"}, "nothing_to_adjust", "quantity_delta"),
            ({"unit": "litres"}, "unconvertible_unit", "unit"),
            ({"quantity_delta": "-999999999999", "unit": "kg"}, "out_of_range", "quantity_delta"),
            ({"id": "4b7a2f4e-0c6e-4b0e-8f6b-0d8f5c1e2a3b"}, "invalid", "id"),
            ({"reason_code": "because"}, "unknown_reason", "reason_code"),
            ({"reason_code": "spoiled"}, "unknown_reason", "reason_code"),
            ({"reason_code": "found"}, "reason_direction", "reason_code"),
            ({"quantity_delta": "1"}, "reason_direction", "reason_code"),
        ],
    )
    def test_what_makes_no_sense_is_refused_by_name(self, rice, desk, wrong, code, field):
        reply = desk.post(f"/api/inventory/{rice()['id']}/adjust", json=adjustment(**wrong))
        assert (reply.status_code, reply.json()["code"]) == (422, code)
        assert [problem["field"] for problem in reply.json()["errors"]] == [field]
        assert rice()["on_hand"] == "10000"

    def test_barred_stock_is_refused(self, rice, desk, barred):
        barred()
        reply = desk.post(f"/api/inventory/{rice()['id']}/adjust", json=adjustment(quantity_delta="-10001"))
        assert (reply.status_code, reply.json()["code"]) == (409, "insufficient_stock")

    def test_an_operator_may_not_adjust(self, shelf: Shelf, rice):
        assert shelf.client.post(f"/api/inventory/{rice()['id']}/adjust", json=adjustment()).status_code == 403

    def test_an_item_elsewhere_is_not_found(self, large, people, other_place):
        stranger = people.bearer(people.create("manager", other_place.id))
        assert stranger.post(f"/api/inventory/{large.item_id}/adjust", json=adjustment()).status_code == 404


class TestLimit:
    def test_up_to_the_limit_it_is_posted(self, manager, large, balance):
        """25 kg at 2,000 ÷ 100 kg = 20 a kilogram are worth 500, which is a manager's limit."""
        body = adjustment(quantity_delta="-25", unit="kg")
        assert manager.post(f"/api/inventory/{large.item_id}/adjust", json=body).json()["status"] == "posted"
        assert balance(large.item_id)[0] == 75000

    def test_beyond_it_nothing_moves_until_somebody_decides(self, waiting, large, balance):
        """30 kg at 20 are worth 600, and 600 > 500."""
        assert (waiting["status"], waiting["value"], waiting["approval_limit"]) == ("pending", "600", "500")
        assert (waiting["quantity_delta"], waiting["entered"]) == ("-30000", {"quantity": "-30", "unit": "kg"})
        assert waiting["movement_id"] is None
        assert balance(large.item_id)[0] == 100000

    def test_an_administrator_has_no_limit(self, admin, large):
        reply = admin.post(f"/api/inventory/{large.item_id}/adjust", json=adjustment(quantity_delta="-90", unit="kg"))
        assert (reply.status_code, reply.json()["status"]) == (201, "posted")

    def test_a_role_of_ones_own_brings_its_limit_and_the_most_generous_counts(self, admin, people, large, place, sql):
        """A limit of 10, then a second role with one of 700 beside it: 30 kg, worth 600, first wait and then go."""
        roles = []
        for limit in ("10", "700"):
            scopes = ["inventory.read", "inventory.adjust"]
            body = {"id": str(uuid7()), "name": f"desk {uuid7()}"[:60], "scopes": scopes, "adjustment_limit": limit}
            roles.append(admin.post("/api/roles", json=body).json()["id"])
        person = people.create(None)
        client = people.bearer(person)
        path = f"/api/inventory/{large.item_id}/adjust"
        answers = []
        for role in roles:
            grant = {"grant": [{"role_id": role, "location_id": str(place.id)}]}
            assert admin.patch(f"/api/users/{person.id}/roles", json=grant).status_code == 200
            answers.append(client.post(path, json=adjustment(quantity_delta="-30", unit="kg")).status_code)
        assert answers == [202, 201]

    def test_the_database_refuses_what_was_posted_beyond_the_limit(self, waiting, sql):
        with pytest.raises(psycopg.errors.CheckViolation, match="posted_within_limit"):
            sql.execute("update adjustments set status = 'posted', decided_at = null where id = %s", [waiting["id"]])

    def test_sent_again_it_still_waits_once(self, manager, waiting, large, sql):
        body = adjustment(id=waiting["id"], quantity_delta="-30", unit="kg", note="not on the shelf")
        reply = manager.post(f"/api/inventory/{large.item_id}/adjust", json=body)
        assert (reply.status_code, reply.json()) == (202, waiting)
        events = sql.execute("select count(*) from outbox_events where subject_id = %s", [waiting["id"]]).fetchone()
        assert events == (1,)

    def test_an_id_that_a_movement_has_cannot_wait(self, manager, large, sql):
        (used,) = sql.execute("select id from stock_movements where to_item_id = %s", [large.item_id]).fetchone()
        body = adjustment(id=str(used), quantity_delta="-30", unit="kg")
        reply = manager.post(f"/api/inventory/{large.item_id}/adjust", json=body)
        assert (reply.status_code, reply.json()["code"]) == (409, "idempotency_conflict")

    def test_one_alone_cannot_undo_what_two_have_decided(self, manager, colleague, waiting):
        colleague.post(f"/api/adjustments/{waiting['id']}/approve")
        reply = manager.post(f"/api/stock-movements/{waiting['id']}/reverse", json={})
        assert (reply.status_code, reply.json()["code"]) == (409, "beyond_limit")


class TestApprove:
    def test_a_colleague_approves_and_the_movement_has_the_adjustments_id(
        self, colleague, waiting, large, balance, manager_person, sql
    ):
        reply = colleague.post(f"/api/adjustments/{waiting['id']}/approve", json={"note": "looked myself"})
        assert (reply.status_code, reply.json()["status"]) == (200, "approved")
        assert (reply.json()["movement_id"], reply.json()["decision_note"]) == (waiting["id"], "looked myself")
        assert balance(large.item_id)[0] == 70000
        row = sql.execute(
            "select kind, quantity, value, actor_id, reason_code, reference from stock_movements where id = %s",
            [waiting["id"]],
        ).fetchone()
        assert row == ("adjustment", 30000, 600, manager_person.id, "missing", "not on the shelf")

    def test_a_second_approval_answers_the_same(self, colleague, admin, waiting, large, balance):
        path = f"/api/adjustments/{waiting['id']}/approve"
        assert colleague.post(path).json() == admin.post(path, json={"note": "me too"}).json()
        assert balance(large.item_id)[0] == 70000

    def test_nobody_approves_or_rejects_their_own(self, manager, waiting, large, balance):
        for act in ("approve", "reject"):
            reply = manager.post(f"/api/adjustments/{waiting['id']}/{act}")
            assert (reply.status_code, reply.json()["code"]) == (403, "self_approval")
        assert balance(large.item_id)[0] == 100000

    def test_the_database_itself_refuses_a_decision_by_the_author(self, waiting, sql):
        with pytest.raises(psycopg.errors.CheckViolation, match="four_eyes"):
            sql.execute(
                "update adjustments set status = 'approved', decided_at = now(), decided_by = requested_by where id = %s",
                [waiting["id"]],
            )

    def test_sent_again_after_approval_it_is_answered_as_posted(self, manager, colleague, waiting, large):
        colleague.post(f"/api/adjustments/{waiting['id']}/approve")
        body = adjustment(id=waiting["id"], quantity_delta="-30", unit="kg", note="not on the shelf")
        reply = manager.post(f"/api/inventory/{large.item_id}/adjust", json=body)
        assert (reply.status_code, reply.json()["status"], reply.json()["on_hand"]) == (201, "approved", "70000")

    def test_two_at_once_post_it_once(self, colleague, admin, waiting, large, balance):
        with ThreadPoolExecutor(2) as pool:
            replies = list(
                pool.map(lambda client: client.post(f"/api/adjustments/{waiting['id']}/approve"), (colleague, admin))
            )
        assert [reply.status_code for reply in replies] == [200, 200]
        assert replies[0].json() == replies[1].json()
        assert balance(large.item_id)[0] == 70000

    def test_stock_that_is_gone_meanwhile_lets_it_wait_on(self, colleague, waiting, barred, large, sql):
        barred()
        admin_taken = adjustment(quantity_delta="-25", unit="kg")
        for _ in range(3):
            admin_taken["id"] = str(uuid7())
            assert colleague.post(f"/api/inventory/{large.item_id}/adjust", json=admin_taken).status_code == 201
        reply = colleague.post(f"/api/adjustments/{waiting['id']}/approve")
        assert (reply.status_code, reply.json()["code"]) == (409, "insufficient_stock")
        assert colleague.get(f"/api/adjustments/{waiting['id']}").json()["status"] == "pending"

    def test_elsewhere_it_is_not_found(self, people, other_place, waiting):
        stranger = people.bearer(people.create("manager", other_place.id))
        for act in ("approve", "reject", "withdraw"):
            assert stranger.post(f"/api/adjustments/{waiting['id']}/{act}").status_code == 404
        assert stranger.get(f"/api/adjustments/{waiting['id']}").status_code == 404
        assert stranger.get("/api/adjustments").json()["items"] == []


class TestEnd:
    def test_rejected_it_never_moves(self, colleague, waiting, large, balance):
        path = f"/api/adjustments/{waiting['id']}"
        first = colleague.post(f"{path}/reject", json={"note": "found them"})
        assert (first.json()["status"], first.json()["movement_id"]) == ("rejected", None)
        assert colleague.post(f"{path}/reject").json() == first.json()
        reply = colleague.post(f"{path}/approve")
        assert (reply.status_code, reply.json()["code"], reply.json()["status_now"]) == (
            409,
            "already_decided",
            "rejected",
        )
        assert balance(large.item_id)[0] == 100000

    def test_the_author_alone_withdraws_it(self, manager, colleague, waiting):
        path = f"/api/adjustments/{waiting['id']}/withdraw"
        assert colleague.post(path).json()["code"] == "not_yours"
        assert manager.post(path).json()["status"] == "withdrawn"
        assert manager.post(path).json()["status"] == "withdrawn"
        assert colleague.post(f"/api/adjustments/{waiting['id']}/approve").json()["code"] == "already_decided"

    def test_what_nobody_decides_about_expires(self, manager, colleague, waiting, sql):
        sql.execute("update adjustments set expires_at = now() where id = %s", [waiting["id"]])
        path = f"/api/adjustments/{waiting['id']}"
        assert colleague.get(path).json()["status"] == "expired"
        assert colleague.post(f"{path}/approve").json()["code"] == "adjustment_expired"
        with transaction() as session:
            assert expire_overdue(session) >= 1
        assert sql.execute("select status from adjustments where id = %s", [waiting["id"]]).fetchone() == ("expired",)


class TestList:
    def test_it_is_filtered_and_paged_latest_first(self, manager, place, large, waiting):
        for _ in range(3):
            manager.post(f"/api/inventory/{large.item_id}/adjust", json=adjustment())
        here = {"location_id": str(place.id)}
        ask = lambda **more: manager.get("/api/adjustments", params=here | more).json()  # noqa: E731
        assert [row["id"] for row in ask(status="pending")["items"]] == [waiting["id"]]
        assert len(ask(status=["pending", "posted"])["items"]) == 4
        assert len(ask(status="posted", reason_code="missing", product_id=str(large.product_id))["items"]) == 3
        first = ask(limit=3)
        second = ask(limit=3, cursor=first["next_cursor"])
        assert (len(first["items"]), [row["id"] for row in second["items"]]) == (3, [waiting["id"]])
        assert second["next_cursor"] is None

    def test_another_location_cannot_be_asked_for(self, people, place, other_place):
        stranger = people.bearer(people.create("analyst", other_place.id))
        assert stranger.get("/api/adjustments", params={"location_id": str(place.id)}).status_code == 404


class TestMessages:
    def told(self, sql, event_type, adjustment_id):
        """Let the consumer have the adjustment's events of a type; the people in whose inbox it is then."""
        rows = sql.execute(
            "select id, type, subject_id, payload from outbox_events where type = %s and subject_id = %s",
            [event_type, adjustment_id],
        ).fetchall()
        with transaction() as session:
            announcing.consume(session, [Event(*row) for row in rows])
        (event_id,) = {row[0] for row in rows}
        return dict(
            sql.execute(
                "select user_id, subject from notifications where event_id = %s and channel = 'inbox'", [event_id]
            ).fetchall()
        )

    def test_the_approvers_are_told_and_not_the_author(self, people, place, other_place, waiting, manager_person, sql):
        local, stranger = people.create("manager", place.id), people.create("manager", other_place.id)
        cook = people.create("operator", place.id)
        told = self.told(sql, announcing.REQUESTED, waiting["id"])
        assert local.id in told
        assert told.keys().isdisjoint({manager_person.id, stranger.id, cook.id})
        assert told[local.id] == f"Location {place.code}: Mozzarella −30 kg waits for approval"

    def test_the_author_is_told_what_was_decided(self, colleague, waiting, manager_person, sql):
        colleague.post(f"/api/adjustments/{waiting['id']}/reject", json={"note": "found them"})
        told = self.told(sql, announcing.DECIDED, waiting["id"])
        assert list(told) == [manager_person.id]
        assert told[manager_person.id].endswith("Mozzarella −30 kg was rejected")

    def test_what_was_decided_meanwhile_bothers_no_approver(self, manager, waiting, sql):
        manager.post(f"/api/adjustments/{waiting['id']}/withdraw")
        assert self.told(sql, announcing.REQUESTED, waiting["id"]) == {}


class TestAudit:
    def test_every_step_is_on_record(self, colleague, waiting, sql):
        colleague.post(f"/api/adjustments/{waiting['id']}/approve")
        rows = sql.execute(
            "select action, details ->> 'value' from audit_intents where subject_id = %s order by id", [waiting["id"]]
        ).fetchall()
        assert rows == [("adjustment.requested", "600"), ("adjustment.approved", "600")]


class TestWorth:
    def test_a_value_that_nothing_can_hold_is_refused_by_name(self, manager, stocked: Stocked, place):
        """999,999,999,999 g at 500,000 a gram would need eighteen digits."""
        dear = stocked(place, "1", "500000")
        reply = manager.post(
            f"/api/inventory/{dear.item_id}/adjust", json=adjustment(quantity_delta="-999999999999.999999")
        )
        assert (reply.status_code, reply.json()["code"]) == (422, "out_of_range")

    def test_goods_without_a_cost_are_worth_nothing_and_posted(self, manager, stocked: Stocked, place):
        costless = stocked(place, "1000", "0")
        reply = manager.post(f"/api/inventory/{costless.item_id}/adjust", json=adjustment(quantity_delta="-900"))
        assert (reply.status_code, Decimal(reply.json()["value"])) == (201, 0)
