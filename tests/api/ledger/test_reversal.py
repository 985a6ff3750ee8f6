"""Undoing: once, with the value carried back."""

from __future__ import annotations

from decimal import Decimal

import pytest

from api.domain.ids import reversal_id, uuid7
from api.ledger.errors import InsufficientStock, MovementNotFound, ReversalOfReversal
from api.ledger.posting import post_movements
from api.ledger.reversal import reverse
from tests.api.ledger.support import Kitchen, transaction


def post(engine, *movements):
    with transaction(engine) as session:
        return post_movements(session, movements)


def undo(engine, movement_id, **more):
    with transaction(engine) as session:
        return reverse(session, movement_id, actor_id=None, **more)


class TestReverse:
    def test_a_reversed_receipt_takes_its_value_out_again(self, engine, kitchen: Kitchen):
        """10 g at 2.00, 30 g worth 90.00 come and go again: 10 g at (110 − 90) / 10 = 2.00."""
        post(engine, kitchen.movement("receipt", 10, value=20))
        (wrong,) = post(engine, kitchen.movement("receipt", 30, value=90))
        undone = undo(engine, wrong.id)
        assert (undone.id, undone.kind, undone.value) == (reversal_id(wrong.id), "receipt", Decimal(90))
        assert kitchen.balance() == (Decimal(10), Decimal(2))

    def test_a_reversed_sale_brings_back_what_it_cost(self, engine, kitchen: Kitchen):
        """10 g at 2.00; 4 g leave worth 8.00; 6 g at 5.00 come: 3.50; 4 g worth 8.00 come back: (42 + 8) / 16 = 3.125."""
        post(engine, kitchen.movement("receipt", 10, value=20))
        (sold,) = post(engine, kitchen.movement("sale", 4))
        post(engine, kitchen.movement("receipt", 6, value=30))
        undo(engine, sold.id)
        assert kitchen.balance() == (Decimal(16), Decimal("3.125"))

    def test_the_second_time_gives_the_first_whoever_asks(self, engine, kitchen: Kitchen):
        (sold,) = post(engine, kitchen.movement("sale", 4))
        first = undo(engine, sold.id, reason_code="mistake")
        with transaction(engine) as session:
            second = reverse(session, sold.id, actor_id=uuid7())
        assert (first.status, second.status, second.id) == ("posted", "duplicate", first.id)
        assert kitchen.on_hand() == 0

    def test_a_reversal_has_the_moment_of_what_it_takes_back(self, engine, kitchen: Kitchen):
        (sold,) = post(engine, kitchen.movement("sale", 4))
        undone = undo(engine, sold.id)
        same = "select count(distinct occurred_at) from stock_movements where id in (%s, %s)"
        assert kitchen.count(same, sold.id, undone.id) == 1

    def test_a_reversal_is_not_reversed(self, engine, kitchen: Kitchen):
        (sold,) = post(engine, kitchen.movement("sale", 4))
        undone = undo(engine, sold.id)
        with pytest.raises(ReversalOfReversal):
            undo(engine, undone.id)

    def test_what_never_was_is_not_found(self, engine):
        with pytest.raises(MovementNotFound):
            undo(engine, uuid7())

    def test_goods_that_are_gone_cannot_be_sent_back(self, engine, strict_kitchen: Kitchen):
        (came,) = post(engine, strict_kitchen.movement("receipt", 5))
        post(engine, strict_kitchen.movement("sale", 3))
        with pytest.raises(InsufficientStock):
            undo(engine, came.id)
        assert strict_kitchen.on_hand() == Decimal(2)
