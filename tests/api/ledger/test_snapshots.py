"""Snapshots hold what is settled and nothing else; reads are the same with and without them."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import psycopg
import pytest
from sqlalchemy import Engine, text

from api.domain.costing import Balance
from api.ledger import snapshots as snapshot_making
from api.ledger.history import balances_as_of
from api.ledger.posting import post_movements
from api.ledger.snapshots import forget_snapshots, is_held_up, make_next, snapshot_state
from tests.api.ledger.past import at, make_snapshots, set_clock_aside
from tests.api.ledger.support import Kitchen, make_engine, make_kitchen, transaction

TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def day(number: int, hour: int = 12) -> datetime:
    """An hour of one of the last ten days."""
    return TODAY + timedelta(days=number - 10, hours=hour)


@pytest.fixture
def past(fresh_database) -> Iterator[Engine]:
    """A database whose clock a test sets."""
    set_clock_aside(fresh_database)
    engine = make_engine(fresh_database.app_url)
    yield engine
    engine.dispose()


@pytest.fixture
def kitchen(past: Engine, fresh_database) -> Kitchen:
    return make_kitchen(fresh_database.app_url, products=2)


def post(engine: Engine, recorded: datetime, *movements) -> None:
    with transaction(engine) as session:
        at(session, recorded)
        post_movements(session, movements)


MISSED = """
select s.item_id, s.day_end, s.on_hand, count(m.id) from stock_snapshots s
  left join stock_movements m on m.to_item_id = s.item_id and greatest(m.occurred_at, m.recorded_at) < s.day_end
 group by s.item_id, s.day_end, s.on_hand having s.on_hand <> count(m.id)
"""


def snapshots(kitchen: Kitchen) -> list[tuple]:
    with psycopg.connect(kitchen.url) as connection:
        query = "select day_end, on_hand, avg_cost from stock_snapshots where item_id = %s order by day_end"
        return connection.execute(query, [kitchen.item]).fetchall()


class TestMaking:
    def test_a_day_that_is_over_has_one_with_what_was_known_by_then(self, past: Engine, kitchen: Kitchen):
        """10 g for 20 on day one; on day two 10 g for 40 and, late, 4 g used on day one: (20 + 40) / 20 = 3 a gram."""
        post(past, day(1), kitchen.movement("receipt", 10, value=20, occurred_at=day(1)))
        post(past, day(2), kitchen.movement("receipt", 10, value=40, occurred_at=day(2)))
        post(past, day(2, 13), kitchen.movement("sale", 4, occurred_at=day(1)))
        assert make_snapshots(past) == [day(2, 0), day(3, 0)]
        assert snapshots(kitchen) == [(day(2, 0), 10, 2), (day(3, 0), 16, 3)]

    def test_today_and_days_without_rows_have_none(self, past: Engine, kitchen: Kitchen):
        post(past, day(1), kitchen.movement("receipt", 10, value=20, occurred_at=day(1)))
        post(past, day(5), kitchen.movement("receipt", 1, value=2, occurred_at=day(5)))
        post(past, datetime.now(UTC), kitchen.movement("sale", 4, occurred_at=day(3)))
        assert make_snapshots(past) == [day(2, 0), day(6, 0)]
        assert make_snapshots(past) == []

    def test_a_row_of_a_clock_that_runs_ahead_belongs_to_the_next_day(self, past: Engine, kitchen: Kitchen):
        midnight = day(2, 0)
        post(
            past,
            midnight - timedelta(minutes=2),
            kitchen.movement("receipt", 5, value=5, occurred_at=midnight + timedelta(minutes=1)),
            kitchen.movement("receipt", 1, value=1, occurred_at=midnight - timedelta(minutes=3)),
        )
        post(past, day(2), kitchen.movement("sale", 2, occurred_at=day(2)))
        make_snapshots(past)
        assert [row[:2] for row in snapshots(kitchen)] == [(midnight, 1), (day(3, 0), 4)]

    def test_they_are_made_in_order(self, past: Engine, kitchen: Kitchen):
        post(past, day(1), kitchen.movement("receipt", 10, occurred_at=day(1)))
        make_snapshots(past)
        with transaction(past) as session, pytest.raises(Exception, match="in order"):
            session.execute(text("select make_stock_snapshot(:day)"), {"day": day(1, 0)})


class TestLateCommit:
    @contextmanager
    def open_posting(self, engine: Engine, recorded: datetime, *movements) -> Iterator[None]:
        """A transaction that has posted and commits when the block ends."""
        with transaction(engine) as session:
            at(session, recorded)
            post_movements(session, movements)
            yield

    def test_no_snapshot_covers_what_an_open_transaction_may_still_commit(self, past: Engine, kitchen: Kitchen):
        """Day one has a committed row, and one that commits long after the day: its snapshot waits and has both."""
        post(past, day(1), kitchen.movement("receipt", 10, value=20, occurred_at=day(1), item=0))
        with self.open_posting(past, day(1, 13), kitchen.movement("receipt", 7, value=7, occurred_at=day(1), item=1)):
            for _ in range(5):
                with transaction(past) as session:
                    assert make_next(session) is None
            assert snapshots(kitchen) == []
        assert make_snapshots(past) == [day(2, 0)]
        with transaction(past) as session:
            found = balances_as_of(session, as_of=day(2), known_at=day(2))
        assert found == {
            kitchen.item_ids[0]: Balance(Decimal(10), Decimal(2)),
            kitchen.item_ids[1]: Balance(Decimal(7), Decimal(1)),
        }

    def test_of_a_hundred_late_commits_none_is_missed(self, fresh_database, monkeypatch: pytest.MonkeyPatch):
        """ "Days" of a twentieth of a second and the real clock: eight writers hold their transactions open, some for
        many such days, while snapshots are made all the time. In the end each has every row that it should have.
        """
        monkeypatch.setattr(snapshot_making, "GRAIN", "50 milliseconds")
        monkeypatch.setattr(snapshot_making, "MARGIN", "0")
        kitchen, chance = make_kitchen(fresh_database.app_url, products=8), random.Random(23)
        pauses = [chance.choice([0, 0, 0.02, 0.1, 0.4]) for _ in range(104)]
        engine = make_engine(fresh_database.app_url)

        def write(number: int) -> None:
            with transaction(engine) as session:
                movement = kitchen.movement("receipt", 1, value=1, item=number % 8, occurred_at=datetime.now(UTC))
                post_movements(session, [movement])
                time.sleep(pauses[number])

        with ThreadPoolExecutor(8) as pool:
            writing = [pool.submit(write, number) for number in range(104)]
            while not all(each.done() for each in writing):
                with transaction(engine) as session:
                    make_next(session)
        assert [each.result() for each in writing] == [None] * 104
        made = make_snapshots(engine)
        with psycopg.connect(fresh_database.app_url) as connection:
            wrong = connection.execute(MISSED).fetchall()
            (covered,) = connection.execute("select count(*) from stock_snapshot_days").fetchone()
        engine.dispose()
        assert wrong == []
        assert covered > len(made) > 0

    def test_it_says_when_something_holds_it_up_for_hours(self, past: Engine, kitchen: Kitchen, fresh_database):
        make_snapshots(past)
        with transaction(past) as session:
            assert not is_held_up(session)
        with psycopg.connect(fresh_database.owner_url) as connection:
            connection.execute("update stock_snapshot_horizons set fenced_at = now() - interval '7 hours'")
        with transaction(past) as session:
            assert is_held_up(session)

    def test_of_two_workers_one_makes_it(self, past: Engine, kitchen: Kitchen):
        post(past, day(1), kitchen.movement("receipt", 10, occurred_at=day(1)))
        make_snapshots(past, patience=30)
        post(past, day(3), kitchen.movement("receipt", 10, occurred_at=day(3)))
        with transaction(past) as first, transaction(past) as second:
            assert make_next(first) == day(4, 0)
            assert make_next(second) is None


class TestForgetting:
    def test_they_can_be_dropped_and_made_again(self, past: Engine, kitchen: Kitchen):
        for number in range(1, 6):
            post(past, day(number), kitchen.movement("receipt", number, value=number * 2, occurred_at=day(number - 1)))
        make_snapshots(past)
        before = snapshots(kitchen)
        with transaction(past) as session:
            forget_snapshots(session)
            assert snapshot_state(session).days == 0
            assert balances_as_of(session, [kitchen.item], as_of=day(6))[kitchen.item].on_hand == 15
        make_snapshots(past)
        assert snapshots(kitchen) == before
        assert len(before) == 5


class TestTheFold:
    def test_balances_are_dropped_and_rebuilt_and_a_hundred_reads_agree(self, past: Engine, fresh_database):
        """Two items with 300 rows over nine days; each read is compared with plain sums over the rows."""
        chance = random.Random(20261122)
        kitchen = make_kitchen(fresh_database.app_url, products=2)
        for number in range(9):
            batch = [
                kitchen.movement(
                    chance.choice(["receipt", "sale", "waste"]),
                    chance.randint(1, 90),
                    item=chance.randint(0, 1),
                    occurred_at=day(number, 9) - timedelta(hours=chance.choice([0, 1, 5, 30, 100])),
                )
                for _ in range(33)
            ]
            post(past, day(number, 10), *batch)
        make_snapshots(past)
        stored = {item: Balance(*kitchen.balance(item)) for item in kitchen.item_ids}
        with psycopg.connect(fresh_database.owner_url) as connection:
            connection.execute("update inventory_items set on_hand = 0, avg_cost = 0")
            connection.execute(
                "update inventory_items i set on_hand = b.on_hand, avg_cost = b.avg_cost"
                " from stock_balances_as_of(null, 'infinity', 'infinity') b where b.item_id = i.id"
            )
        assert {item: Balance(*kitchen.balance(item)) for item in kitchen.item_ids} == stored
        plain = (
            "select coalesce(sum(case when to_item_id = %(item)s then quantity else -quantity end), 0)"
            " from stock_movements where %(item)s in (from_item_id, to_item_id)"
            " and occurred_at <= %(t)s and recorded_at <= %(k)s"
        )
        with psycopg.connect(fresh_database.app_url) as connection, transaction(past) as session:
            for _ in range(100):
                t, k = (day(0, 0) + timedelta(minutes=chance.randint(-6000, 14000)) for _ in range(2))
                found = balances_as_of(session, as_of=t, known_at=k)
                for item in kitchen.item_ids:
                    (expected,) = connection.execute(plain, {"item": item, "t": t, "k": k}).fetchone()
                    assert found[item].on_hand == expected, f"as of {t} known at {k}, seed 20261122"
