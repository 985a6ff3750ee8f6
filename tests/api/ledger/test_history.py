"""Reading the past: as of a moment, as known at a moment, and the difference of the two."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from api.domain.costing import Balance
from api.ledger.history import balances_as_of, restatement
from api.ledger.posting import post_movements
from api.ledger.reversal import reverse
from tests.api.ledger.support import NOON, Kitchen, transaction


def post(engine, *movements):
    with transaction(engine) as session:
        return post_movements(session, movements)


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def read(engine, kitchen: Kitchen):
    """The first item's balance as of and as known at a moment."""

    def ask(as_of: datetime | None = None, known_at: datetime | None = None) -> Balance:
        with transaction(engine) as session:
            return balances_as_of(session, [kitchen.item], as_of=as_of, known_at=known_at)[kitchen.item]

    return ask


class TestAsOf:
    def test_the_average_is_that_of_the_rows_until_then(self, engine, kitchen: Kitchen, read):
        """10 g for 20 at noon: 2 a gram. 10 g for 40 at two: (10 · 2 + 40) / 20 = 3. At three 5 g leave at 3."""
        hours = [NOON + timedelta(hours=n) for n in range(4)]
        post(engine, kitchen.movement("receipt", 10, value=20, occurred_at=hours[0]))
        post(engine, kitchen.movement("receipt", 10, value=40, occurred_at=hours[2]))
        post(engine, kitchen.movement("sale", 5, occurred_at=hours[3]))
        assert read(hours[0] - timedelta(seconds=1)) == Balance(Decimal(0), Decimal(0))
        assert read(hours[1]) == Balance(Decimal(10), Decimal(2))
        assert read(hours[2]) == Balance(Decimal(20), Decimal(3))
        assert read(hours[3]) == Balance(Decimal(15), Decimal(3))
        assert read(hours[3]).value == Decimal(45)

    def test_without_moments_it_is_the_balance_of_now(self, engine, kitchen: Kitchen, read):
        """Through zero: 5 g are used before the delivery, so its price becomes the average: 30 / 10 = 3."""
        post(engine, kitchen.movement("sale", 5), kitchen.movement("receipt", 10, value=30))
        (receipt,) = post(engine, kitchen.movement("receipt", 2, value=11))
        post(engine, kitchen.movement("adjustment", 4, gain=True))
        with transaction(engine) as session:
            reverse(session, receipt.id, actor_id=None)
        assert read() == Balance(*kitchen.balance())

    def test_items_without_movements_are_there_too(self, engine, kitchen: Kitchen):
        with transaction(engine) as session:
            found = balances_as_of(session, kitchen.item_ids, as_of=NOON)
        assert found == dict.fromkeys(kitchen.item_ids, Balance())


class TestALateEntry:
    def test_what_we_knew_before_it_and_what_we_know_since(self, engine, kitchen: Kitchen, read):
        """A delivery of 10 g for 20 at noon, 4 g sold at one: 6 g at 2. The second delivery of noon, 10 g for 50, is
        entered in the evening. Of two o'clock we knew 6 g worth 12; since then it is 16 g worth 6 · 2 + 50 = 62.
        """
        at_two = NOON + timedelta(hours=2)
        post(engine, kitchen.movement("receipt", 10, value=20, occurred_at=NOON))
        post(engine, kitchen.movement("sale", 4, occurred_at=NOON + timedelta(hours=1)))
        afternoon = now()
        post(engine, kitchen.movement("receipt", 10, value=50, occurred_at=NOON))
        assert read(at_two, afternoon) == Balance(Decimal(6), Decimal(2))
        assert (read(at_two).on_hand, read(at_two).avg_cost, read(at_two).value) == (16, Decimal("3.875"), 62)
        with transaction(engine) as session:
            found = restatement(session, kitchen.item, as_of=at_two, known_at=afternoon)
        assert (found.then, found.since) == (read(at_two, afternoon), read(at_two))

    def test_a_reversal_restates_the_moment_of_what_it_takes_back(self, engine, kitchen: Kitchen, read):
        (sold,) = post(engine, kitchen.movement("sale", 3))
        before = now()
        with transaction(engine) as session:
            reverse(session, sold.id, actor_id=None)
        assert (read(NOON, before).on_hand, read(NOON).on_hand) == (-3, 0)

    def test_between_two_later_moments(self, engine, kitchen: Kitchen):
        """1 g is entered late, then 2 g more: the first moment knew of none, the second of one."""
        moments = []
        for quantity in (1, 2):
            moments.append(now())
            post(engine, kitchen.movement("receipt", quantity, value=quantity))
        with transaction(engine) as session:
            found = restatement(session, kitchen.item, as_of=NOON, known_at=moments[0], known_since=moments[1])
        assert (found.then.on_hand, found.since.on_hand) == (0, 1)
