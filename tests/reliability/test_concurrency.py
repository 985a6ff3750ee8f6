"""Many senders at once, on real connections (rows 5, 6, 7 and 8 of the safety list)."""

from __future__ import annotations

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import psycopg
import pytest

from api.domain.ids import uuid7
from api.ledger.errors import InsufficientStock
from api.ledger.posting import post_movements
from api.ledger.reversal import reverse
from tests.api.ledger.support import NOON, Kitchen, assert_invariants, make_engine, make_kitchen, transaction
from tests.reliability.invariants import assert_balanced
from tests.reliability.senders import send_scans, together
from tests.reliability.sizes import size
from tests.reliability.stage import BARRED

SENDERS = size(24, 64)

pytestmark = pytest.mark.reliability


def post(engine, *movements):
    with transaction(engine) as session:
        return post_movements(session, movements)


def at_once(work, tasks, senders=16):
    with ThreadPoolExecutor(senders) as pool:
        return list(pool.map(work, tasks))


class TestBarredNegatives:
    def test_of_400_simultaneous_takers_of_100_exactly_100_succeed(self, engine, strict_kitchen: Kitchen):
        def take(_: int) -> bool:
            try:
                post(engine, strict_kitchen.movement("sale", 1))
            except InsufficientStock:
                return False
            return True

        for _ in range(size(1, 50)):
            post(engine, strict_kitchen.movement("receipt", 100))
            assert Counter(at_once(take, range(400), 32)) == {True: 100, False: 300}
            assert strict_kitchen.on_hand() == 0

    def test_of_400_scans_at_once_exactly_100_are_posted(self, first, second, people, stage, connection):
        """Two hundred through each of two processes; those refused say why."""
        token = people.create_with_scopes("inventory.scan").access_token
        place, code = str(stage.places[BARRED]), stage.codes[0]
        for _ in range(size(1, 50)):
            now = datetime.now(UTC)
            (stocked,) = first.at_once(
                send_scans, [[stage.scan(code, place, "receive", 100, now)]], senders=1, token=token
            )
            scans = [[stage.scan(code, place, "issue", 1, now)] for _ in range(400)]
            answers = together(
                lambda process=process, part=part: process.at_once(send_scans, part, senders=200, token=token)
                for process, part in ((first, scans[:200]), (second, scans[200:]))
            )
            told = [answer for part in answers for (answer,) in part]
            refused = [answer["error"]["code"] for answer in told if answer["status"] == "rejected"]
            assert stocked[0]["status"] == "posted"
            assert Counter(answer["status"] for answer in told) == {"posted": 100, "rejected": 300}
            assert set(refused) == {"insufficient_stock"}
            assert stage.balances(connection)[code, place] == 0
        assert_balanced(connection, stage.items.values())

    def test_of_40_adjustments_at_once_exactly_10_are_201_and_the_rest_409(self, first, people, stage, connection):
        token = people.create("admin").access_token
        place, code = str(stage.places[BARRED]), stage.codes[0]
        item = stage.items[code, place]

        async def adjust(client, delta: int) -> int:
            body = {
                "id": str(uuid7()),
                "quantity_delta": str(delta),
                "reason_code": "found" if delta > 0 else "booking_error",
            }
            reply = await client.post(f"/api/inventory/{item}/adjust", json=body)
            assert reply.status_code == 201 or reply.json()["code"] == "insufficient_stock", reply.text
            return reply.status_code

        assert first.at_once(adjust, [10], senders=1, token=token) == [201]
        assert Counter(first.at_once(adjust, [-1] * 40, senders=40, token=token)) == {201: 10, 409: 30}
        assert stage.balances(connection)[code, place] == 0
        assert_balanced(connection, [item])


class TestTransfers:
    def test_opposing_transfers_never_deadlock_and_conserve_the_total(self, database):
        """Under `make soak` 5,000 of them, four in a call, from 64 clients."""
        engine = make_engine(database.app_url, SENDERS)
        kitchen = make_kitchen(database.app_url, products=5, same_product=True)
        post(engine, *[kitchen.movement("opening", 1000, item=number) for number in range(5)])
        chance = random.Random(20261122)

        def move(_: int) -> None:
            batch = [
                kitchen.movement("transfer", chance.randint(1, 5), item=here, into=there)
                for here, there in (chance.sample(range(5), 2) for _ in range(4))
            ]
            post(engine, *batch)

        at_once(move, range(size(300, 1250)), SENDERS)
        engine.dispose()
        assert sum(kitchen.on_hand(item) for item in kitchen.item_ids) == Decimal(5000)
        assert_invariants(database.app_url, kitchen.item_ids)


class TestReversals:
    def test_movements_reversed_twice_at_once_have_one_reversal_each(self, engine, kitchen: Kitchen):
        """500 of them in the full size."""
        number = size(50, 500)
        sold = post(engine, *[kitchen.movement("sale", 1) for _ in range(number)])

        def undo(movement_id) -> str:
            with transaction(engine) as session:
                return reverse(session, movement_id, actor_id=None).status

        statuses = at_once(undo, [answer.id for answer in sold for _ in range(2)])
        assert Counter(statuses) == {"posted": number, "duplicate": number}
        reversals = "select count(*) from stock_movements where reverses_id is not null and to_item_id = %s"
        assert kitchen.count(reversals, kitchen.item) == number
        assert kitchen.on_hand() == 0


class TestCounting:
    def test_a_count_while_sales_go_on_loses_none_of_them(self, engine, kitchen: Kitchen):
        """Each round 100 g are there at noon and 1 g of them is missing; sales after noon race the count of noon."""
        for round_number in range(size(15, 200)):
            start = NOON - timedelta(days=30) + timedelta(hours=round_number)  # never ahead of the clock
            before = kitchen.on_hand()
            post(engine, kitchen.movement("receipt", 100, occurred_at=start))
            sales = [kitchen.movement("sale", 2, occurred_at=start + timedelta(minutes=n + 1)) for n in range(12)]
            count = kitchen.movement("count_correction", before + 99, gain=True, is_count=True, occurred_at=start)
            at_once(lambda movement: post(engine, movement), [*sales[:6], count, *sales[6:]], 13)
            assert kitchen.on_hand() == before + 99 - 24


class TestAppendOnly:
    @pytest.mark.parametrize(
        "attempt",
        [
            "update {table} set quantity = quantity + 1",
            "delete from {table}",
            "truncate {table}",
            "alter table {table} disable trigger all",
        ],
    )
    @pytest.mark.parametrize("table", ["stock_movements", "stock_movements_2026_11", "stock_movements_default"])
    def test_the_service_may_not_change_what_is_written(self, engine, kitchen: Kitchen, attempt: str, table: str):
        (posted,) = post(engine, kitchen.movement("receipt", 1))
        with psycopg.connect(kitchen.url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(attempt.format(table=table))
        assert kitchen.count("select count(*) from stock_movements where id = %s", posted.id) == 1

    @pytest.mark.parametrize("attempt", ["update {0} set unit = 'kg'", "delete from {0}", "truncate {0}"])
    def test_even_the_owner_is_refused_by_the_trigger(self, engine, kitchen: Kitchen, database, attempt: str):
        post(engine, kitchen.movement("receipt", 1))
        with psycopg.connect(database.owner_url) as connection, pytest.raises(psycopg.errors.RestrictViolation):
            connection.execute(attempt.format("stock_movements"))
