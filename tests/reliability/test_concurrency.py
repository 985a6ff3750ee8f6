"""Many senders at once, on real connections (rows 3, 5, 6, 7 and 8 of the safety list, short)."""

from __future__ import annotations

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import psycopg
import pytest

from api.ledger.errors import InsufficientStock
from api.ledger.posting import post_movements
from api.ledger.reversal import reverse
from tests.api.ledger.support import NOON, Kitchen, make_kitchen, transaction
from tests.reliability.sizes import size

pytestmark = pytest.mark.reliability


def post(engine, *movements):
    with transaction(engine) as session:
        return post_movements(session, movements)


def at_once(work, tasks, senders=16):
    with ThreadPoolExecutor(senders) as pool:
        return list(pool.map(work, tasks))


class TestOneId:
    def test_ten_ids_sixteen_times_at_once_are_posted_once_each(self, engine, kitchen: Kitchen):
        for _ in range(10):
            movement = kitchen.movement("receipt", 1, value=2)
            answers = [answer for (answer,) in at_once(lambda m: post(engine, m), [movement] * 16)]
            assert Counter(answer.status for answer in answers) == {"posted": 1, "duplicate": 15}
            assert len({(answer.quantity, answer.value, answer.to_item_id) for answer in answers}) == 1
        assert kitchen.balance() == (Decimal(10), Decimal(2))


class TestBarredNegatives:
    def test_of_400_simultaneous_takers_of_100_exactly_100_succeed(self, engine, strict_kitchen: Kitchen):
        post(engine, strict_kitchen.movement("receipt", 100))

        def take(_: int) -> bool:
            try:
                post(engine, strict_kitchen.movement("sale", 1))
            except InsufficientStock:
                return False
            return True

        assert Counter(at_once(take, range(400), 32)) == {True: 100, False: 300}
        assert strict_kitchen.on_hand() == 0


class TestTransfers:
    def test_opposing_transfers_never_deadlock_and_conserve_the_total(self, engine, database):
        kitchen = make_kitchen(database.app_url, products=5, same_product=True)
        post(engine, *[kitchen.movement("opening", 1000, item=number) for number in range(5)])
        chance = random.Random(20261122)

        def move(_: int) -> None:
            batch = [
                kitchen.movement("transfer", chance.randint(1, 5), item=here, into=there)
                for here, there in (chance.sample(range(5), 2) for _ in range(4))
            ]
            post(engine, *batch)

        at_once(move, range(300), 24)
        assert sum(kitchen.on_hand(item) for item in kitchen.item_ids) == Decimal(5000)


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
        for round_number in range(15):
            start = NOON + timedelta(hours=round_number)
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
