"""One id is one fact, however often and by whomever it is sent (row 3 of the safety list)."""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.reliability.invariants import assert_balanced, assert_exactly_once, assert_trail
from tests.reliability.senders import Process, send_scans, together
from tests.reliability.sizes import size
from tests.reliability.stage import MORNING, OPEN, Stage

IDS, SENDS = size(60, 1000), 10
FIRST_ANSWER = ("id", "movement_id", "product", "quantity", "unit", "error")

pytestmark = pytest.mark.reliability


def new_scans(stage: Stage, count: int) -> list[dict[str, Any]]:
    place = str(stage.places[OPEN])
    actions = ("receive", "issue", "waste")
    return [
        stage.scan(stage.codes[n % 2], place, actions[n % 3], 1 + n % 7, MORNING, device_id="tablet")
        for n in range(count)
    ]


async def send_one(client: httpx.AsyncClient, scan: dict[str, Any]) -> dict[str, Any]:
    (answer,) = await send_scans(client, [scan])
    return answer


def send_everywhere(
    processes: tuple[Process, Process], scans: list[dict[str, Any]], token: str
) -> list[dict[str, Any]]:
    """Each scan ten times at once: half of the sends to each process."""
    tasks = [scan for scan in scans for _ in range(SENDS // 2)]
    answers = together(
        lambda process=process: process.at_once(send_one, tasks, senders=40, token=token) for process in processes
    )
    return [answer for part in answers for answer in part]


class TestTenSends:
    def test_are_one_movement_with_one_answer(self, first, second, people, stage, connection, database):
        person = people.create_with_scopes("inventory.scan")
        scans = new_scans(stage, IDS)
        by_id: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        for answer in send_everywhere((first, second), scans, person.access_token):
            by_id[answer["id"]].append(answer)
        assert {len(answers) for answers in by_id.values()} == {SENDS}
        for answers in by_id.values():
            assert Counter(answer["status"] for answer in answers) == {"posted": 1, "duplicate": SENDS - 1}
            assert len({str([answer[name] for name in FIRST_ANSWER]) for answer in answers}) == 1
        assert_exactly_once(connection, list(by_id), item_ids=stage.items.values())
        assert len(by_id) == IDS
        assert_balanced(connection)
        assert_trail(database.app_url)

    def test_of_two_facts_under_one_id_one_stands_and_the_other_is_refused(
        self, first, second, people, stage, connection
    ):
        """Half of the senders say 1 g more; whoever is first is right, and the others learn nothing but the refusal."""
        token = people.create_with_scopes("inventory.scan").access_token
        scans = new_scans(stage, IDS // 4)
        others = [{**scan, "quantity": str(int(scan["quantity"]) + 1)} for scan in scans]
        tasks = [scan for pair in zip(scans, others, strict=True) for scan in pair] * 2
        answers = together(
            lambda process=process: process.at_once(send_one, tasks, senders=40, token=token)
            for process in (first, second)
        )
        outcomes: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for answer, task in zip((each for part in answers for each in part), tasks * 2, strict=True):
            outcomes[answer["id"]][answer["status"]] += 1
            if answer["status"] == "rejected":
                assert answer["error"]["code"] == "idempotency_conflict"
                assert (answer["movement_id"], answer["quantity"]) == (None, None)
            else:
                assert Decimal(answer["quantity"]) == Decimal(task["quantity"])
        assert all(outcome == {"posted": 1, "duplicate": 3, "rejected": 4} for outcome in outcomes.values())
        assert len(outcomes) == IDS // 4
        assert_exactly_once(connection, list(outcomes), item_ids=stage.items.values())
        assert_balanced(connection, stage.items.values())


class TestSomebodyElse:
    def test_never_sees_the_first_answer(self, first, people, stage, connection):
        owner, other = (people.create_with_scopes("inventory.scan") for _ in range(2))
        scans = new_scans(stage, IDS // 2)
        mine = first.at_once(send_one, scans, senders=32, token=owner.access_token)
        assert {answer["status"] for answer in mine} == {"posted"}
        for answer in first.at_once(send_one, scans, senders=32, token=other.access_token):
            assert (answer["status"], answer["error"]["code"]) == ("rejected", "idempotency_conflict")
            assert (answer["movement_id"], answer["quantity"], answer["on_hand"]) == (None, None, None)
        assert_exactly_once(connection, [scan["id"] for scan in scans], item_ids=stage.items.values())


class TestAdjusting:
    def test_another_body_is_409_and_the_same_gets_the_first_answer(self, first, people, stage, connection):
        """Each id three times with one body and once with another, all at once."""
        token = people.create("admin").access_token
        item = next(iter(stage.items.values()))
        ids = [scan["id"] for scan in new_scans(stage, IDS // 4)]
        tasks = [(each, delta) for each in ids for delta in ("5", "5", "5", "7")]

        async def adjust(client: httpx.AsyncClient, task: tuple[str, str]) -> tuple[str, str, httpx.Response]:
            movement_id, delta = task
            body = {"id": movement_id, "quantity_delta": delta, "reason_code": "found", "source": "manual"}
            return movement_id, delta, await client.post(f"/api/inventory/{item}/adjust", json=body)

        heard: defaultdict[str, dict[str, list[httpx.Response]]] = defaultdict(lambda: defaultdict(list))
        for movement_id, delta, reply in first.at_once(adjust, tasks, senders=16, token=token):
            heard[movement_id][delta].append(reply)
        for replies in heard.values():
            statuses = {delta: {reply.status_code for reply in each} for delta, each in replies.items()}
            assert statuses in ({"5": {201}, "7": {409}}, {"5": {409}, "7": {201}}), statuses
            refused = [reply for each in replies.values() for reply in each if reply.status_code == 409]
            assert {reply.json()["code"] for reply in refused} == {"idempotency_conflict"}
            told = [reply.json() for each in replies.values() for reply in each if reply.status_code == 201]
            assert len({(answer["id"], answer["quantity"], answer["recorded_at"]) for answer in told}) == 1
        assert_exactly_once(connection, ids, item_ids=[UUID(str(item))])
        assert_balanced(connection, [item])
