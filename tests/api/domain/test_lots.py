"""Kitchen order: opened, then best before, then received; quantities in stock units, the day is 20 November."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from api.domain.lots import Share, StandingLot, kitchen_order, take

TODAY = date(2026, 11, 20)
D = Decimal


def lot(number: int, on_hand: int = 10, expires: int | None = None, received: int = 1, opened: int | None = None):
    return StandingLot(
        UUID(int=number),
        D(on_hand),
        None if expires is None else date(2026, 11, expires),
        datetime(2026, 11, received, tzinfo=UTC),
        None if opened is None else datetime(2026, 11, opened, tzinfo=UTC),
    )


class TestKitchenOrder:
    def test_opened_then_best_before_then_received(self):
        lots = [lot(1), lot(2, expires=25, received=9), lot(3, expires=25), lot(4, expires=24), lot(5, opened=19)]
        assert [each.lot_id.int for each in kitchen_order(lots)] == [5, 4, 3, 2, 1]

    def test_of_several_opened_ones_the_longest_open_goes_first(self):
        lots = [lot(1, expires=21, opened=19), lot(2, expires=30, opened=18)]
        assert [each.lot_id.int for each in kitchen_order(lots)] == [2, 1]


class TestTake:
    def test_three_lots_one_opened(self):
        """25 of A (until the 30th), B (until the 24th) and the opened C, ten of each: 10 of C, 10 of B, 5 of A."""
        lots = [lot(1, expires=30), lot(2, expires=24), lot(3, expires=28, opened=19)]
        assert take(lots, D(0), D(25), TODAY) == [
            Share(UUID(int=3), D(10)),
            Share(UUID(int=2), D(10)),
            Share(UUID(int=1), D(5)),
        ]

    def test_what_has_no_lot_goes_first(self):
        assert take([lot(1)], D(4), D(6), TODAY) == [Share(None, D(4)), Share(UUID(int=1), D(2))]

    def test_expired_and_overdrawn_lots_are_left(self):
        lots = [lot(1, expires=19), lot(2, expires=20), lot(3, on_hand=-5, expires=22)]
        assert take(lots, D(-3), D(99), TODAY) == [Share(UUID(int=2), D(10))]
