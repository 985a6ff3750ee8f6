"""Random histories agree with a plain Decimal model: balances, average costs and what each row was worth."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.domain.costing import Balance
from api.ledger.posting import post_movements
from tests.api.ledger.support import Kitchen, assert_invariants, make_kitchen, transaction

quantities = st.decimals(min_value="0.001", max_value=5000, places=3)
values = st.none() | st.decimals(min_value=0, max_value=9000, places=2)
steps = st.one_of(
    st.tuples(st.just("receipt"), st.integers(0, 2), quantities, values),
    st.tuples(st.sampled_from(["sale", "waste", "consumption"]), st.integers(0, 2), quantities, st.none()),
    st.tuples(st.just("transfer"), st.integers(0, 2), quantities, st.none()),
)


class Model:
    """The same three items, in Decimal."""

    def __init__(self) -> None:
        self.items: defaultdict[int, Balance] = defaultdict(Balance)

    def step(self, kind: str, item: int, quantity: Decimal, value: Decimal | None) -> Decimal:
        """Take one step and say what the row is worth."""
        here = self.items[item]
        worth = here.value_of(quantity) if value is None else value
        if kind == "receipt":
            self.items[item] = here.receive(quantity, value)
            return worth
        self.items[item] = here.issue(quantity)
        if kind == "transfer":
            there = (item + 1) % 3
            self.items[there] = self.items[there].receive(quantity, worth)
        return worth


def movement(kitchen: Kitchen, kind: str, item: int, quantity: Decimal, value: Decimal | None):
    into = (item + 1) % 3 if kind == "transfer" else None
    return kitchen.movement(kind, quantity, item=item, into=into, value=value)


class TestAgainstTheModel:
    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.lists(steps, min_size=1, max_size=25), st.integers(1, 10))
    def test_any_history_in_calls_of_any_size(self, engine, database, history, size):
        kitchen = make_kitchen(database.app_url, products=3, same_product=True)
        model = Model()
        expected = [model.step(*step) for step in history]
        movements = [movement(kitchen, *step) for step in history]
        posted = []
        for start in range(0, len(movements), size):
            with transaction(engine) as session:
                posted += post_movements(session, movements[start : start + size])
        assert [answer.value for answer in posted] == expected
        for number, item in enumerate(kitchen.item_ids):
            balance = model.items[number]
            assert kitchen.balance(item) == (balance.on_hand, balance.avg_cost)
        assert_invariants(database.app_url, kitchen.item_ids)
