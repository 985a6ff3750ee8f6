"""Posting, as worked examples; quantities in g, values in GBP."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import psycopg
import pytest

from api.core.errors import IdempotencyConflict
from api.domain.ids import uuid7
from api.ledger.errors import InsufficientStock, NotUuid7, OutOfRange, TooManyMovements
from api.ledger.items import ensure_items
from api.ledger.posting import post_movements
from tests.api.ledger.support import NOON, Kitchen, transaction


def post(engine, *movements):
    with transaction(engine) as session:
        return post_movements(session, movements)


class TestAverageCost:
    def test_receipts_move_the_average_and_issues_leave_at_it(self, engine, kitchen: Kitchen):
        """10 g at 2.00 and 30 g worth 90.00: (10·2 + 90) / 40 = 2.75; 8 g leave worth 22.00."""
        post(engine, kitchen.movement("receipt", 10, value=20))
        post(engine, kitchen.movement("receipt", 30, value=90))
        (sold,) = post(engine, kitchen.movement("sale", 8))
        assert (sold.value, sold.currency) == (Decimal(22), "GBP")
        assert kitchen.balance() == (Decimal(32), Decimal("2.75"))

    def test_through_zero_the_rate_becomes_that_of_the_receipt(self, engine, kitchen: Kitchen):
        """2 g at 5.00, 10 g used before the delivery was booked: −8 g; 20 g worth 60.00 come: 12 g at 3.00."""
        post(engine, kitchen.movement("receipt", 2, value=10))
        post(engine, kitchen.movement("consumption", 10))
        assert kitchen.balance() == (Decimal(-8), Decimal(5))
        post(engine, kitchen.movement("receipt", 20, value=60))
        assert kitchen.balance() == (Decimal(12), Decimal(3))

    def test_rows_of_one_item_in_one_call_are_taken_in_order(self, engine, kitchen: Kitchen):
        """+10 g worth 20.00 → 2.00; −4 g worth 8.00; +6 g worth 30.00 → (6·2 + 30) / 12 = 3.50; −2 g worth 7.00."""
        answers = post(
            engine,
            kitchen.movement("receipt", 10, value=20),
            kitchen.movement("sale", 4),
            kitchen.movement("receipt", 6, value=30),
            kitchen.movement("waste", 2),
        )
        assert [answer.value for answer in answers] == [20, 8, 30, 7]
        assert kitchen.balance() == (Decimal(10), Decimal("3.5"))

    def test_goods_without_a_value_come_in_at_the_average(self, engine, kitchen: Kitchen):
        post(engine, kitchen.movement("receipt", 10, value=20))
        (found,) = post(engine, kitchen.movement("adjustment", 5, gain=True))
        assert found.value == Decimal(10)
        assert kitchen.balance() == (Decimal(15), Decimal(2))

    def test_a_transfer_carries_the_cost_of_where_it_leaves(self, engine, kitchen: Kitchen, database):
        """10 g at 3.00 here, 10 g at 1.00 there; 5 g move: there (10·1 + 15) / 15 = 1.666667."""
        with transaction(engine) as session, psycopg.connect(database.app_url) as connection:
            (area,) = connection.execute(
                "insert into storage_areas (location_id, name) values (%s, 'Cellar') returning id",
                [kitchen.location_id],
            ).fetchone()
            connection.commit()
            key = (kitchen.product_ids[0], kitchen.location_id, area)
            cellar = ensure_items(session, [key])[key]
            post_movements(
                session,
                [
                    kitchen.movement("receipt", 10, value=30),
                    kitchen.movement("receipt", 10, value=10, to_item_id=cellar),
                    kitchen.movement("transfer", 5, to_item_id=cellar),
                ],
            )
        assert kitchen.balance() == (Decimal(5), Decimal(3))
        assert kitchen.balance(cellar) == (Decimal(15), Decimal("1.666667"))


class TestIdempotency:
    def test_the_same_again_is_a_duplicate_with_the_standing_answer(self, engine, kitchen: Kitchen):
        movement = kitchen.movement("receipt", 10, value=20)
        (first,) = post(engine, movement)
        (second,) = post(engine, movement)
        assert (first.status, second.status) == ("posted", "duplicate")
        assert (second.quantity, second.value, second.to_on_hand) == (first.quantity, first.value, Decimal(10))
        assert kitchen.on_hand() == Decimal(10)

    def test_other_content_under_the_same_id_is_a_conflict_that_shows_nothing(self, engine, kitchen: Kitchen):
        movement = kitchen.movement("receipt", 10, value=20)
        post(engine, movement)
        (other,) = post(engine, kitchen.movement("receipt", 11, value=20, id=movement.id))
        assert (other.status, other.quantity, other.to_on_hand) == ("conflict", Decimal(11), None)
        assert kitchen.on_hand() == Decimal(10)

    def test_another_person_never_gets_the_first_answer(self, engine, kitchen: Kitchen):
        movement = kitchen.movement("receipt", 10, actor_id=uuid4())
        post(engine, movement)
        (other,) = post(engine, kitchen.movement("receipt", 10, id=movement.id, actor_id=uuid4()))
        assert other.status == "conflict"

    def test_the_same_id_twice_in_one_call_is_posted_once(self, engine, kitchen: Kitchen):
        movement = kitchen.movement("receipt", 10)
        answers = post(engine, movement, movement, kitchen.movement("receipt", 7, id=movement.id))
        assert [answer.status for answer in answers] == ["posted", "duplicate", "conflict"]
        assert kitchen.on_hand() == Decimal(10)

    def test_ids_must_be_uuid7(self, engine, kitchen: Kitchen):
        with pytest.raises(NotUuid7):
            post(engine, kitchen.movement("receipt", 10, id=uuid4()))
        assert kitchen.on_hand() == 0

    def test_an_id_used_elsewhere_at_the_same_moment_is_a_conflict(self, engine, kitchen: Kitchen):
        """The second sender holds no lock of the first, waits for its row, and is told to look again."""
        shared = uuid7()
        with ThreadPoolExecutor(1) as pool:
            with transaction(engine) as first:
                post_movements(first, [kitchen.movement("receipt", 1, id=shared)])
                second = pool.submit(post, engine, kitchen.movement("receipt", 2, item=1, id=shared))
                wait_for_a_blocked_backend(kitchen)
            with pytest.raises(IdempotencyConflict):
                second.result(10)
        (again,) = post(engine, kitchen.movement("receipt", 2, item=1, id=shared))
        assert again.status == "conflict"


def wait_for_a_blocked_backend(kitchen: Kitchen) -> None:
    waiting = (
        "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        " and query like '%%post_stock_movements%%'"
    )
    deadline = time.monotonic() + 10
    while kitchen.count(waiting) == 0:
        assert time.monotonic() < deadline
        time.sleep(0.01)


class TestRefusals:
    def test_a_barred_location_never_falls_below_zero_and_nothing_is_posted(self, engine, strict_kitchen: Kitchen):
        post(engine, strict_kitchen.movement("receipt", 5))
        with pytest.raises(InsufficientStock) as refusal:
            post(engine, strict_kitchen.movement("receipt", 5, item=1), strict_kitchen.movement("sale", 6))
        assert refusal.value.extra["movements"][0]["on_hand"] == "5.000000"
        assert strict_kitchen.on_hand() == Decimal(5)
        assert strict_kitchen.on_hand(strict_kitchen.item_ids[1]) == 0

    def test_a_balance_of_more_than_twelve_digits_is_refused(self, engine, kitchen: Kitchen):
        post(engine, kitchen.movement("receipt", 999_999_999_999))
        with pytest.raises(OutOfRange):
            post(engine, kitchen.movement("receipt", 1))

    def test_more_than_500_are_refused_before_anything_happens(self, engine, kitchen: Kitchen):
        with pytest.raises(TooManyMovements):
            post(engine, *[kitchen.movement("receipt", 1) for _ in range(501)])

    def test_a_movement_of_another_product_than_its_item_holds_is_refused(self, engine, kitchen: Kitchen):
        with pytest.raises(Exception, match="fk_stock_movements_to_item_id_product_id"):
            post(engine, kitchen.movement("receipt", 1, product_id=kitchen.product_ids[1]))


class TestTime:
    def test_a_device_clock_ahead_of_ours_is_clamped_to_now(self, engine, kitchen: Kitchen):
        ahead = datetime.now(UTC) + timedelta(days=2)
        (posted,) = post(engine, kitchen.movement("receipt", 1, occurred_at=ahead))
        late = kitchen.count("select count(*) from stock_movements where id = %s and occurred_at > now()", posted.id)
        assert late == 0

    def test_500_movements_of_one_item_in_one_call(self, engine, kitchen: Kitchen):
        answers = post(engine, *[kitchen.movement("receipt", 1, value=1) for _ in range(500)])
        assert {answer.status for answer in answers} == {"posted"}
        assert kitchen.balance() == (Decimal(500), Decimal(1))


class TestCount:
    def test_a_count_is_measured_against_the_balance_as_of_its_moment(self, engine, kitchen: Kitchen):
        """100 g at noon; 30 g are sold at 12:10; the count of 12:05 says 95 g: −5 g, and 65 g remain."""
        post(engine, kitchen.movement("receipt", 100))
        post(engine, kitchen.movement("sale", 30, occurred_at=NOON + timedelta(minutes=10)))
        (counted,) = post(engine, count(kitchen, 95, minutes=5))
        assert (counted.quantity, counted.from_item_id, counted.on_hand) == (Decimal(5), kitchen.item, Decimal(65))

    def test_sales_in_the_same_call_after_the_count_do_not_disturb_it(self, engine, kitchen: Kitchen):
        post(engine, kitchen.movement("receipt", 100))
        _, counted = post(
            engine,
            kitchen.movement("sale", 30, occurred_at=NOON + timedelta(minutes=10)),
            count(kitchen, 110, minutes=5),
        )
        assert (counted.quantity, counted.to_item_id, counted.on_hand) == (Decimal(10), kitchen.item, Decimal(80))

    def test_no_variance_posts_no_row(self, engine, kitchen: Kitchen):
        post(engine, kitchen.movement("receipt", 100))
        (counted,) = post(engine, count(kitchen, 100, minutes=5))
        assert (counted.status, counted.quantity, counted.on_hand) == ("posted", 0, Decimal(100))
        assert kitchen.count("select count(*) from stock_movements where id = %s", counted.id) == 0


def count(kitchen: Kitchen, quantity: int, *, minutes: int):
    at = NOON + timedelta(minutes=minutes)
    return kitchen.movement("count_correction", quantity, gain=True, is_count=True, occurred_at=at)


class TestEnsureItems:
    def test_the_same_key_gives_the_same_item(self, engine, kitchen: Kitchen):
        key = (kitchen.product_ids[0], kitchen.location_id, None)
        with transaction(engine) as session:
            assert ensure_items(session, [key, key]) == {key: kitchen.item}

    def test_an_unknown_product_is_refused(self, engine, kitchen: Kitchen):
        with transaction(engine) as session, pytest.raises(Exception, match="does not exist"):
            ensure_items(session, [(uuid7(), kitchen.location_id, None)])
