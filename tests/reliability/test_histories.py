"""Random histories agree with a plain Decimal model: balances, average costs, and reads of the past.

Each history has two items of a product of its own and one step per round: deliveries with and without a price, use,
transfers, counts, gains, returns, differences in cost and reversals, many of them entered hours or weeks late, some by a clock
that runs ahead. A round is posted for all histories at once and recorded on a day of its own, so that snapshots of
stock are made in between and reads of the past start from them. In full: 10,000 histories (`make soak`).
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import Engine, text

from api.domain.costing import Balance
from api.domain.ids import reversal_id, uuid7
from api.domain.movements import NewMovement, PostedMovement, content_digest
from api.ledger.history import balances_as_of
from api.ledger.posting import post_movements
from tests.api.ledger.past import Row, at, make_snapshots, replay, set_clock_aside
from tests.api.ledger.support import make_engine, transaction
from tests.conftest import Database
from tests.reliability.sizes import size as sized

pytestmark = pytest.mark.reliability

SEED = int(os.environ.get("STOCKPOT_SEED", "20261122"))
HISTORIES = sized(200, 10_000)
SIZE = 500  # histories that go side by side
ROUNDS = 14
READS = 6
DAYS = ROUNDS * 2 + 12  # a lot's time, with some room after it
LATE = (0, 0, 0, 1, 7, 26, 24 * 9)
# How often each kind comes, in a hundred; `cost` is a row that carries value alone.
KINDS = {
    "receipt": 30,
    "opening": 6,
    "sale": 10,
    "waste": 8,
    "consumption": 8,
    "transfer": 14,
    "count_correction": 8,
    "adjustment": 6,
    "return_to_supplier": 5,
    "cost": 5,
}

MAKE = """
with place as (
    insert into locations (code, name, time_zone, currency) values (%(tag)s, 'Kitchen', 'UTC', 'EUR') returning id
), area as (
    insert into storage_areas (location_id, name) select id, 'Cellar' from place returning id
), made as (
    insert into products (sku, name, stock_unit) select %(tag)s || n, 'Product ' || n, 'g' from generate_series(1, %(size)s) n
    returning id
), items as (
    insert into inventory_items (product_id, location_id, area_id, currency)
    select made.id, place.id, a.id, 'EUR' from made cross join place
      cross join (select null::uuid as id union all select id from area) a
    returning id, product_id
)
select product_id, array_agg(id order by id) from items group by product_id
"""


@dataclass
class History:
    """Two items of one product: what the plain model holds of them, and their rows."""

    product_id: UUID
    items: list[UUID]
    balances: list[Balance] = field(default_factory=lambda: [Balance(), Balance()])
    rows: list[list[Row]] = field(default_factory=lambda: [[], []])
    undoable: list[tuple[PostedMovement, datetime]] = field(default_factory=list)

    def movement(self, kind: Any, quantity: Decimal, occurred: datetime, **more: Any) -> NewMovement:
        return NewMovement(
            id=more.pop("id", uuid7()),
            kind=kind,
            product_id=self.product_id,
            quantity=quantity,
            unit="g",
            occurred_at=occurred,
            source="manual",
            **more,
        )

    def next_step(self, chance: random.Random, now: datetime) -> NewMovement:
        """What happens next, now or late, or a few minutes from now by the device's clock."""
        here = chance.randint(0, 1)
        occurred = now - timedelta(hours=chance.choice(LATE)) if chance.random() < 0.95 else now + timedelta(minutes=3)
        quantity = Decimal(chance.randint(1, 5_000_000)) / 1000
        value = Decimal(chance.randint(0, 900_000)) / 100
        incoming, leaving = {"to_item_id": self.items[here]}, {"from_item_id": self.items[here]}
        if self.undoable and chance.random() < 0.06:
            return self.undo(*self.undoable.pop(chance.randrange(len(self.undoable))))
        (kind,) = chance.choices(list(KINDS), list(KINDS.values()))
        more: dict[str, Any] = {
            "receipt": {**incoming, "value": chance.choice([value, value, None])},
            "opening": {**incoming, "value": value},
            "transfer": {**leaving, "to_item_id": self.items[1 - here]},
            "count_correction": {**incoming, "is_count": True},
            "adjustment": chance.choice([incoming, leaving]),
            "return_to_supplier": {**leaving, "value": chance.choice([value, None])},
            "cost": {**incoming, "value": value + 1},
        }.get(kind, leaving)
        if kind == "cost":
            kind, quantity = "adjustment", Decimal(0)
        return self.movement(kind, quantity, occurred, **more)

    def undo(self, posted: PostedMovement, occurred: datetime) -> NewMovement:
        return self.movement(
            posted.kind,
            posted.quantity,
            occurred,
            id=reversal_id(posted.id),
            from_item_id=posted.to_item_id,
            to_item_id=posted.from_item_id,
            value=posted.value,
            reverses_id=posted.id,
            content=content_digest("reversal", posted.id),
        )

    def take(self, asked: NewMovement, posted: PostedMovement, recorded: datetime) -> None:
        """The same step in the model; what the ledger says that the row is worth must be what the model says."""
        quantity, source, target = asked.quantity, asked.from_item_id, asked.to_item_id
        if asked.is_count:
            assert target is not None
            quantity -= self.on_hand_at(self.items.index(target), asked.occurred_at)
            source, target = (target, None) if quantity < 0 else (None, target)
        quantity, own_value = (
            abs(quantity),
            asked.reverses_id is not None or not quantity or asked.kind == "return_to_supplier",
        )
        first = self.balances[self.items.index(source or target)]  # type: ignore[arg-type]
        value = first.value_of(quantity) if asked.value is None else asked.value
        assert (posted.status, posted.quantity, posted.value) == ("posted", quantity, value)
        if quantity == 0 and value == 0:
            return
        valued = None if asked.value is None else value
        for item, incoming in ((source, False), (target, True)):
            if item is None:
                continue
            number = self.items.index(item)
            balance = self.balances[number]
            if incoming:
                self.balances[number] = balance.receive(quantity, value if source is not None else valued)
            else:
                self.balances[number] = balance.issue(quantity, valued)
            self.rows[number].append(Row(incoming, quantity, value, own_value, asked.occurred_at, recorded))
        if asked.reverses_id is None and quantity > 0:
            self.undoable.append((posted, asked.occurred_at))

    def on_hand_at(self, number: int, moment: datetime) -> Decimal:
        rows = [row for row in self.rows[number] if row.occurred_at <= moment]
        return sum((row.quantity if row.incoming else -row.quantity for row in rows), Decimal(0))


@pytest.fixture
def house(fresh_database: Database) -> Iterator[Engine]:
    set_clock_aside(fresh_database)
    engine = make_engine(fresh_database.app_url)
    yield engine
    engine.dispose()


def make_histories(url: str, tag: str, size: int) -> list[History]:
    with psycopg.connect(url) as connection:
        made = connection.execute(MAKE, {"tag": tag, "size": size}).fetchall()
    return [History(product_id, items) for product_id, items in made]


def play(engine: Engine, histories: list[History], chance: random.Random, now: datetime) -> None:
    """One round: a step of each history, recorded from `now` on."""
    steps = [history.next_step(chance, now) for history in histories]
    with transaction(engine) as session:
        at(session, now)
        posted = post_movements(session, steps)
    for history, step, answer in zip(histories, steps, posted, strict=True):
        history.take(step, answer, now)


def compare(engine: Engine, histories: list[History], chance: random.Random, began: datetime) -> None:
    """Balances of now, and of random moments as known at random moments."""
    items = [(item, history, number) for history in histories for number, item in enumerate(history.items)]
    asked = [item for item, _, _ in items]
    with transaction(engine) as session:
        found = balances_as_of(session, asked)
        kept = session.execute(
            text("select id, on_hand, avg_cost from inventory_items where id = any (:ids)"), {"ids": asked}
        )
        stored = {row.id: Balance(row.on_hand, row.avg_cost) for row in kept}
        for item, history, number in items:
            balance = history.balances[number]
            assert stored[item] == balance, item
            assert found[item] == balance, item
        for _ in range(READS):
            as_of, known_at = (began + timedelta(hours=chance.randint(-300, 24 * ROUNDS * 2) + 0.5) for _ in range(2))
            found = balances_as_of(session, chance.choice([None, asked]), as_of=as_of, known_at=known_at)
            for item, history, number in items:
                assert found[item] == replay(history.rows[number], as_of, known_at), (item, as_of, known_at)


class TestHistories:
    def test_balances_costs_and_the_past_agree_with_the_model(self, house: Engine, fresh_database: Database):
        chance, today = random.Random(SEED), datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0)
        for start in range(0, HISTORIES, SIZE):
            histories = make_histories(fresh_database.app_url, f"{start}-", min(SIZE, HISTORIES - start))
            began = today - timedelta(days=DAYS * -(-(HISTORIES - start) // SIZE))
            try:
                for number in range(ROUNDS):
                    play(house, histories, chance, began + timedelta(days=number * 2))
                    if number % 4 == 3:
                        make_snapshots(house)
                compare(house, histories, chance, began)
            except AssertionError as wrong:
                wrong.add_note(f"seed {SEED}, histories from {start}")
                raise
