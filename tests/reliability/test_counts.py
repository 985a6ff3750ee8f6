"""Counting while the kitchen goes on, over HTTP with the whole application (row 8 of the safety list).

Each round a truth is known: what really stands on the shelf at the moment of counting, and what was scanned around it.
Short here; `make soak` makes it 200 rounds.
"""

from __future__ import annotations

import random
import secrets
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import psycopg
import pytest
from fastapi.testclient import TestClient

from api.domain.ids import uuid7
from tests.api.conftest import (
    api,
    app,
    manager,
    manager_person,
    operator,
    operator_person,
    people,
    place,
)
from tests.api.inventory.counts.conftest import Pantry, colleague, engine, pantry
from tests.reliability.sizes import size

__all__ = [
    "api",
    "app",
    "colleague",
    "engine",
    "manager",
    "manager_person",
    "operator",
    "operator_person",
    "pantry",
    "people",
    "place",
]

pytestmark = pytest.mark.reliability

ROUNDS = size(6, 200)
SCANS = 12


def seconds_ago(seconds: float) -> datetime:
    return datetime.now(UTC) - timedelta(seconds=seconds)


@pytest.fixture
def code(pantry: Pantry, sql) -> str:
    """Scans take rice by the gram from the dry store."""
    code = f"rice-{secrets.token_hex(6)}"
    sql.execute(
        "insert into barcodes (code, symbology, product_id, pack_quantity, pack_unit) values (%s, 'code128', %s, 1, 'g')",
        [code, pantry.products["Rice"]],
    )
    return code


@pytest.fixture
def sql(database):
    with psycopg.connect(database.owner_url, autocommit=True) as connection:
        yield connection


def scan(pantry: Pantry, code: str, at: datetime) -> dict[str, str]:
    """One gram is taken."""
    return {
        "id": str(uuid7()),
        "code": code,
        "action": "issue",
        "location_id": str(pantry.place.id),
        "area_id": str(pantry.areas["Dry store"]),
        "occurred_at": at.isoformat(),
        "quantity": "1",
    }


def send_scan(client: TestClient, body: dict[str, str]) -> str:
    reply = client.post("/api/scans", json={"scans": [body]})
    assert reply.status_code == 200, reply.text
    return reply.json()["results"][0]["status"]


class TestCountedWhileScanning:
    def test_no_scan_is_lost_and_none_is_taken_for_a_variance(self, pantry: Pantry, code: str):
        """Per round: 3 g are missing when a count is taken; 12 scans of 1 g, half before, half after it, race everything.

        The shelf holds what it held, less 3, less what was scanned before; the books must end at that, less what was
        scanned after, whichever of the scans reach the service before the approval.
        """
        seed = secrets.randbelow(10**6)
        chance = random.Random(seed)
        for round_number in range(ROUNDS):
            held = pantry.on_hand("Rice")
            counted_at = seconds_ago(5)
            before = [scan(pantry, code, counted_at - timedelta(seconds=n + 1)) for n in range(SCANS // 2)]
            after = [scan(pantry, code, counted_at + timedelta(milliseconds=n + 1)) for n in range(SCANS // 2)]
            # What happened before the counting has to have been told before it is posted; the rest comes when it comes.
            with ThreadPoolExecutor(8) as pool:
                early = [pool.submit(send_scan, pantry.counter, body) for body in before]
                chance.shuffle(after)
                racing = [pool.submit(send_scan, pantry.counter, body) for body in after]
                count = pantry.start(is_blind=True)
                shelf = held - 3 - len(before)
                pantry.send(count, pantry.line("Rice", str(shelf), at=counted_at))
                assert {future.result() for future in early} == {"posted"}
                posted = pool.submit(pantry.approve, count)
                assert {future.result() for future in racing} == {"posted"}
                (row,) = [item for item in posted.result()["items"] if item["counted"] is not None]
            message = f"seed {seed}, round {round_number}"
            assert row["variance"] == "-3", message
            assert pantry.on_hand("Rice") == shelf - len(after), message


class TestTwoDevices:
    def test_what_two_devices_count_of_one_item_adds_up_under_retries(self, pantry: Pantry, colleague: TestClient):
        """Each of two devices counts 15 parts of one lemon and sends every line three times, all at once: 30."""
        count = pantry.start()
        lines = [(client, pantry.line("Lemons", "1")) for client in (pantry.counter, colleague) for _ in range(15)]
        tasks = lines * 3
        random.Random(20261122).shuffle(tasks)
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda task: pantry.send(count, task[1], by=task[0])[0], tasks))
        assert Counter(answer["status"] for answer in answers) == {"stored": 30, "duplicate": 60}
        assert pantry.row(count, "Lemons")["counted"] == "30"
        pantry.approve(count)
        assert pantry.on_hand("Lemons") == Decimal(30)

    def test_both_find_the_same_new_product_at_once(self, pantry: Pantry, colleague: TestClient):
        """Neither knows of the other: the product stands on the sheet once, and 2 + 3 = 5 of it."""
        pantry.keep("Beans")
        product = str(pantry.products["Beans"])
        count = pantry.start(area_ids=[str(pantry.areas["Cold room"])])
        place = {"item_id": None, "product_id": product, "area_id": str(pantry.areas["Cold room"])}
        tasks = [(pantry.counter, "2"), (colleague, "3")]
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda task: pantry.send(count, pantry.line("Beans", task[1]) | place, by=task[0]), tasks))
        found = [item for item in pantry.read(count)["items"] if item["product"]["id"] == product]
        assert [item["counted"] for item in found] == ["5"]

    def test_of_eight_edits_of_one_line_from_one_version_one_stands(self, pantry: Pantry):
        count = pantry.start()
        (line,) = pantry.send(count, pantry.line("Lemons", "36"))

        def edit(quantity: int) -> tuple[int, int]:
            reply = pantry.counter.patch(
                f"/api/counts/{count}/lines/{line['id']}",
                json={"entries": [{"quantity": str(quantity)}]},
                headers={"If-Match": '"1"'},
            )
            return reply.status_code, quantity

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(edit, range(8)))
        assert Counter(status for status, _ in answers) == {200: 1, 409: 7}
        (stood,) = [quantity for status, quantity in answers if status == 200]
        assert pantry.row(count, "Lemons")["counted"] == str(stood)


class TestApprovedAtOnce:
    def test_of_four_approvals_one_posts(self, pantry: Pantry):
        count = pantry.start()
        pantry.send(count, pantry.line("Lemons", "30"))
        version = pantry.submit(count)["version"]
        path, headers = f"/api/counts/{count}/approve", {"If-Match": f'"{version}"'}
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda _: pantry.desk.post(path, headers=headers).status_code, range(4)))
        assert Counter(answers) == {200: 1, 409: 3}
        assert pantry.corrections("Lemons") == [("lost", Decimal(6))]
