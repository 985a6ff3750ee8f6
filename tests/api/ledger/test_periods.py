"""Closed books: true in the posting statement, whoever comes first. The location's days begin at 04:00 in London."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from api.domain.ids import uuid7
from api.ledger.errors import AlreadyLocked, LockLifted, PeriodLocked, PeriodLockNotFound, PeriodNotOver
from api.ledger.items import ensure_items
from api.ledger.periods import close_books, lift
from api.ledger.posting import post_movements
from api.ledger.reversal import reverse
from tests.api.ledger.support import Kitchen, make_kitchen, transaction

CLOSED = date(2026, 11, 19)
LAST = datetime(2026, 11, 20, 3, 59, tzinfo=UTC)
FIRST = datetime(2026, 11, 20, 4, tzinfo=UTC)


def post(engine, *movements):
    with transaction(engine) as session:
        return post_movements(session, movements)


def close(engine, kitchen: Kitchen, day: date = CLOSED):
    with transaction(engine) as session:
        lock = close_books(
            session, lock_id=uuid7(), location_id=kitchen.location_id, closed_through=day, actor_id=uuid7()
        )
        return lock.id


def open_again(engine, lock_id) -> None:
    with transaction(engine) as session:
        lift(session, lock_id, locations=None, actor_id=uuid7())


class TestClosed:
    def test_the_business_day_ends_at_its_cut_off(self, engine, kitchen: Kitchen):
        close(engine, kitchen)
        with pytest.raises(PeriodLocked) as refusal:
            post(engine, kitchen.movement("receipt", 5, occurred_at=LAST))
        assert (refusal.value.extra["location"], refusal.value.extra["closed_through"]) == ("Kitchen", "2026-11-19")
        post(engine, kitchen.movement("receipt", 5, occurred_at=FIRST))
        assert kitchen.on_hand() == Decimal(5)

    def test_one_late_row_means_that_none_is_posted(self, engine, kitchen: Kitchen):
        close(engine, kitchen)
        with pytest.raises(PeriodLocked):
            post(engine, kitchen.movement("receipt", 5), kitchen.movement("sale", 1, occurred_at=LAST))
        assert kitchen.on_hand() == 0

    def test_what_was_posted_before_is_still_answered(self, engine, kitchen: Kitchen):
        came = kitchen.movement("receipt", 5, occurred_at=LAST)
        post(engine, came)
        close(engine, kitchen)
        assert post(engine, came)[0].status == "duplicate"

    def test_either_end_counts(self, engine, database):
        here = make_kitchen(database.app_url, products=2, same_product=True)
        post(engine, here.movement("opening", 5, occurred_at=LAST))
        close(engine, here)
        with pytest.raises(PeriodLocked):
            post(engine, here.movement("transfer", 1, into=1, occurred_at=LAST))

    def test_a_count_of_a_closed_moment_is_refused(self, engine, kitchen: Kitchen):
        close(engine, kitchen)
        with pytest.raises(PeriodLocked):
            post(engine, kitchen.movement("count_correction", 3, gain=True, is_count=True, occurred_at=LAST))

    def test_a_row_of_a_closed_day_is_taken_back_on_an_open_one(self, engine, kitchen: Kitchen):
        (came,) = post(engine, kitchen.movement("receipt", 5, occurred_at=LAST))
        close(engine, kitchen)
        with pytest.raises(PeriodLocked), transaction(engine) as session:
            reverse(session, came.id, actor_id=None)
        with transaction(engine) as session:
            reverse(session, came.id, actor_id=None, occurred_at=FIRST)
        assert kitchen.on_hand() == 0

    def test_an_item_made_later_is_closed_too(self, engine, kitchen: Kitchen, database):
        other = make_kitchen(database.app_url)
        close(engine, kitchen)
        key = (other.product_ids[0], kitchen.location_id, None)
        with transaction(engine) as session:
            item = ensure_items(session, [key])[key]
        with pytest.raises(PeriodLocked):
            post(engine, other.movement("receipt", 5, to_item_id=item, occurred_at=LAST))

    def test_other_locations_stay_open(self, engine, kitchen: Kitchen, strict_kitchen: Kitchen):
        close(engine, kitchen)
        post(engine, strict_kitchen.movement("receipt", 5, occurred_at=LAST))
        assert strict_kitchen.on_hand() == Decimal(5)


class TestLocks:
    def test_lifted_the_earlier_one_still_holds(self, engine, kitchen: Kitchen):
        close(engine, kitchen, CLOSED - timedelta(days=1))
        open_again(engine, close(engine, kitchen))
        post(engine, kitchen.movement("receipt", 5, occurred_at=LAST))
        with pytest.raises(PeriodLocked):
            post(engine, kitchen.movement("receipt", 5, occurred_at=LAST - timedelta(days=1)))

    def test_a_lock_is_lifted_once(self, engine, kitchen: Kitchen):
        lock = close(engine, kitchen)
        open_again(engine, lock)
        with pytest.raises(LockLifted):
            open_again(engine, lock)
        with pytest.raises(PeriodLockNotFound):
            open_again(engine, uuid7())

    def test_the_same_day_is_not_closed_twice(self, engine, kitchen: Kitchen):
        close(engine, kitchen)
        with pytest.raises(AlreadyLocked):
            close(engine, kitchen)

    def test_a_day_that_runs_is_not_closed(self, engine, kitchen: Kitchen):
        with pytest.raises(PeriodNotOver):
            close(engine, kitchen, datetime.now(UTC).date() + timedelta(days=1))


class TestAtOnce:
    def test_a_lock_set_while_others_post_is_slipped_past_by_nobody(self, engine, kitchen: Kitchen):
        """Every row that stands was posted before the lock was; whoever comes after it is refused."""
        recorded = []

        def sell(_: int) -> str:
            try:
                (sold,) = post(engine, kitchen.movement("sale", 1, occurred_at=LAST))
            except PeriodLocked:
                return "refused"
            recorded.append(sold.id)
            return "posted"

        with ThreadPoolExecutor(9) as pool:
            sales = pool.map(sell, range(120))
            time.sleep(0.15)
            closing = pool.submit(close, engine, kitchen)
            statuses = Counter(sales)
            closing.result()
        assert statuses["posted"] == -kitchen.on_hand()
        assert sell(0) == "refused"
        late = kitchen.count(
            "select count(*) from stock_movements m join period_locks p on p.location_id = %s"
            " where m.from_item_id = %s and m.recorded_at > p.locked_at + interval '5 seconds'",
            kitchen.location_id,
            kitchen.item,
        )
        assert late == 0

    def test_a_poster_that_holds_the_item_is_waited_for(self, engine, kitchen: Kitchen):
        with ThreadPoolExecutor(1) as pool:
            with transaction(engine) as first:
                post_movements(first, [kitchen.movement("sale", 1, occurred_at=LAST)])
                closing = pool.submit(close, engine, kitchen)
                time.sleep(0.2)
                assert not closing.done()
            closing.result(10)
        assert kitchen.on_hand() == Decimal(-1)

    def test_a_poster_that_waits_for_the_lock_sees_it(self, engine, kitchen: Kitchen):
        with ThreadPoolExecutor(1) as pool:
            with transaction(engine) as session:
                close_books(
                    session,
                    lock_id=uuid7(),
                    location_id=kitchen.location_id,
                    closed_through=CLOSED,
                    actor_id=uuid7(),
                )
                posting = pool.submit(post, engine, kitchen.movement("sale", 1, occurred_at=LAST))
                time.sleep(0.2)
                assert not posting.done()
            with pytest.raises(PeriodLocked):
                posting.result(10)
        assert kitchen.on_hand() == 0

    def test_an_item_being_made_meanwhile_waits_for_the_lock(self, engine, kitchen: Kitchen, database):
        other = make_kitchen(database.app_url)
        key = (other.product_ids[0], kitchen.location_id, None)

        def make_and_post() -> None:
            with transaction(engine) as session:
                item = ensure_items(session, [key])[key]
                post_movements(session, [other.movement("receipt", 1, to_item_id=item, occurred_at=LAST)])

        with ThreadPoolExecutor(1) as pool:
            with transaction(engine) as session:
                close_books(
                    session,
                    lock_id=uuid7(),
                    location_id=kitchen.location_id,
                    closed_through=CLOSED,
                    actor_id=uuid7(),
                )
                posting = pool.submit(make_and_post)
                time.sleep(0.2)
                assert not posting.done()
            with pytest.raises(PeriodLocked):
                posting.result(10)
