"""Later differences in cost, as worked examples; quantities in g, values in GBP."""

from __future__ import annotations

from decimal import Decimal

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.core.errors import IdempotencyConflict
from api.domain.costing import Balance
from api.domain.ids import uuid7
from api.ledger.corrections import ValueCorrection, post_value_correction
from api.ledger.errors import MovementNotFound, NotAReceipt
from api.ledger.posting import post_movements
from api.ledger.reconcile import reconcile
from api.ledger.reversal import reverse
from tests.api.ledger.support import Kitchen, make_kitchen, transaction


def post(engine, *movements):
    with transaction(engine) as session:
        return post_movements(session, movements)


def correct(engine, receipt_id, difference, *, correction_id=None) -> ValueCorrection:
    with transaction(engine) as session:
        return post_value_correction(
            session,
            correction_id=correction_id or uuid7(),
            receipt_id=receipt_id,
            difference=Decimal(difference),
            actor_id=None,
        )


def undo(engine, movement_id):
    with transaction(engine) as session:
        return reverse(session, movement_id, actor_id=None)


def rows_say(kitchen: Kitchen, kinds: str) -> Decimal:
    """Σ value in − Σ value out over the rows of these kinds."""
    with psycopg.connect(kitchen.url) as connection:
        (total,) = connection.execute(
            "select coalesce(sum(case when to_item_id = %(item)s then value else -value end), 0) from stock_movements"
            " where %(item)s in (to_item_id, from_item_id) and kind like any (%(kinds)s)",
            {"item": kitchen.item, "kinds": kinds.split()},
        ).fetchone()
    return total


class TestCorrection:
    def test_what_is_still_there_takes_its_share_and_the_rest_is_the_periods(self, engine, kitchen: Kitchen):
        """20 g worth 60.00 at 3.00; 15 g are used worth 45.00; the invoice says 8.00 more. 5 of 20 g are there: 2.00
        move the average to (15 + 2) / 5 = 3.40, and 6.00 are a price variance.
        """
        (came,) = post(engine, kitchen.movement("receipt", 20, value=60))
        post(engine, kitchen.movement("sale", 15))
        corrected = correct(engine, came.id, 8)
        assert (corrected.stock, corrected.variance) == (Decimal(2), Decimal(6))
        assert kitchen.balance() == (Decimal(5), Decimal("3.4"))
        assert rows_say(kitchen, "receipt sale cost_correction") == Decimal(17)
        assert rows_say(kitchen, "price_variance") == Decimal(6)

    def test_all_of_it_still_there(self, engine, kitchen: Kitchen):
        (came,) = post(engine, kitchen.movement("receipt", 20, value=60))
        corrected = correct(engine, came.id, "-10")
        assert (corrected.stock, corrected.variance, len(corrected.movements)) == (Decimal(-10), 0, 1)
        assert kitchen.balance() == (Decimal(20), Decimal("2.5"))

    def test_more_is_there_than_came(self, engine, kitchen: Kitchen):
        """10 g at 1.00 lie there, 10 g worth 30.00 come: 2.00. 20.00 more: all of it, (40 + 20) / 20 = 3.00."""
        post(engine, kitchen.movement("receipt", 10, value=10))
        (came,) = post(engine, kitchen.movement("receipt", 10, value=30))
        assert correct(engine, came.id, 20).variance == 0
        assert kitchen.balance() == (Decimal(20), Decimal(3))

    @pytest.mark.parametrize("used", [20, 25])
    def test_nothing_of_it_is_there(self, engine, kitchen: Kitchen, used: int):
        """Used up, or more than that: the whole difference is the period's, under the id that was given."""
        (came,) = post(engine, kitchen.movement("receipt", 20, value=60))
        post(engine, kitchen.movement("sale", used))
        corrected = correct(engine, came.id, 8)
        assert (corrected.stock, corrected.variance) == (0, Decimal(8))
        assert [(each.id, each.kind) for each in corrected.movements] == [(corrected.id, "price_variance")]
        assert kitchen.balance() == (Decimal(20 - used), Decimal(3))

    def test_the_average_never_falls_below_zero_and_nothing_is_lost(self, engine, kitchen: Kitchen):
        """2 of 20 g at 3.00 are there, worth 6.00; 100.00 less: their share of 10.00 is more than that."""
        (came,) = post(engine, kitchen.movement("receipt", 20, value=60))
        post(engine, kitchen.movement("sale", 18))
        corrected = correct(engine, came.id, "-100")
        assert (corrected.stock, corrected.variance) == (Decimal(-6), Decimal(-94))
        assert kitchen.balance() == (Decimal(2), Decimal(0))

    def test_sent_again_it_is_the_same_however_much_is_left_by_then(self, engine, kitchen: Kitchen):
        (came,) = post(engine, kitchen.movement("receipt", 20, value=60))
        post(engine, kitchen.movement("sale", 20))
        first = correct(engine, came.id, 8)
        post(engine, kitchen.movement("receipt", 10, value=30))
        second = correct(engine, came.id, 8, correction_id=first.id)
        assert (second.status, second.stock, second.variance) == ("duplicate", first.stock, first.variance)
        assert kitchen.balance() == (Decimal(10), Decimal(3))

    def test_the_id_for_another_difference_is_refused(self, engine, kitchen: Kitchen):
        (came,) = post(engine, kitchen.movement("receipt", 20, value=60))
        first = correct(engine, came.id, 8)
        with pytest.raises(IdempotencyConflict):
            correct(engine, came.id, 9, correction_id=first.id)

    def test_only_what_came_in_and_stands_is_corrected(self, engine, kitchen: Kitchen):
        came, sold = post(engine, kitchen.movement("receipt", 20, value=60), kitchen.movement("sale", 1))
        undo(engine, came.id)
        for wrong in (came.id, sold.id):
            with pytest.raises(NotAReceipt):
                correct(engine, wrong, 8)
        with pytest.raises(MovementNotFound):
            correct(engine, uuid7(), 8)


class TestReversal:
    def test_with_nothing_used_meanwhile_it_is_as_before(self, engine, kitchen: Kitchen):
        """As in the first example; taken back, 2.00 leave the average and 6.00 the period's cost again."""
        (came,) = post(engine, kitchen.movement("receipt", 20, value=60))
        post(engine, kitchen.movement("sale", 15))
        undo(engine, correct(engine, came.id, 8).id)
        assert kitchen.balance() == (Decimal(5), Decimal(3))
        assert rows_say(kitchen, "cost_correction price_variance") == 0

    def test_what_left_at_the_corrected_cost_is_the_periods(self, engine, kitchen: Kitchen):
        """20 g at 3.00, 40.00 more: 5.00. 15 g leave worth 75.00. Taken back: 5 of 20 g are there, so 10.00 leave the
        average, (25 − 10) / 5 = 3.00, and 30.00 go back out of the period's cost.
        """
        (came,) = post(engine, kitchen.movement("receipt", 20, value=60))
        corrected = correct(engine, came.id, 40)
        post(engine, kitchen.movement("sale", 15))
        undo(engine, corrected.id)
        assert kitchen.balance() == (Decimal(5), Decimal(3))
        assert rows_say(kitchen, "price_variance") == Decimal(-30)
        assert rows_say(kitchen, "cost_correction") == Decimal(30)

    def test_either_row_takes_both_back_once(self, engine, kitchen: Kitchen):
        (came,) = post(engine, kitchen.movement("receipt", 20, value=60))
        post(engine, kitchen.movement("sale", 15))
        corrected = correct(engine, came.id, 8)
        statuses = [undo(engine, each.id).status for each in reversed(corrected.movements)]
        assert statuses == ["posted", "duplicate"]
        assert kitchen.balance() == (Decimal(5), Decimal(3))
        assert rows_say(kitchen, "cost_correction price_variance") == 0


class TestReconcile:
    def test_the_average_of_the_rows_is_that_of_the_item(self, engine, kitchen: Kitchen):
        (came,) = post(engine, kitchen.movement("receipt", 20, value=60))
        post(engine, kitchen.movement("sale", 15))
        undo(engine, correct(engine, came.id, 8).id)
        correct(engine, came.id, "-4")
        with psycopg.connect(kitchen.url) as connection:
            differences = reconcile(connection).differences
        assert [each for each in differences if each.item_id == str(kitchen.item)] == []


class TestNothingIsLost:
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        st.decimals(min_value=1, max_value=500, places=3),
        st.decimals(min_value=0, max_value=900, places=2),
        st.decimals(min_value="0.001", max_value=700, places=3),
        st.decimals(min_value=-900, max_value=900, places=2).filter(bool),
    )
    def test_the_parts_add_up_and_the_shelf_is_worth_what_its_rows_say(
        self, engine, database, came, value, used, difference
    ):
        """The domain's arithmetic says the same; the stored average rounds off half a millionth for each unit and step."""
        kitchen = make_kitchen(database.app_url)
        (receipt,) = post(engine, kitchen.movement("receipt", came, value=value))
        post(engine, kitchen.movement("sale", used))
        corrected = correct(engine, receipt.id, difference)
        balance = Balance().receive(came, value).issue(used)
        expected, stock, variance = balance.correct(difference, came)
        assert (corrected.stock, corrected.variance) == (stock, variance)
        assert kitchen.balance() == (expected.on_hand, expected.avg_cost)
        assert corrected.stock + corrected.variance == difference
        assert rows_say(kitchen, "cost_correction price_variance") == difference
        on_hand, cost = kitchen.balance()
        if on_hand > 0:
            worth = rows_say(kitchen, "receipt sale cost_correction")
            assert abs(on_hand * cost - worth) <= Decimal("0.000002") * (came + used)
