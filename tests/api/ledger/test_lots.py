"""Which lot a movement takes, as worked examples; quantities in g, dates in November 2026, movements at noon of the 20th."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.domain.ids import uuid7
from api.domain.lots import Share, StandingLot, take
from api.domain.movements import LotPart
from api.ledger.errors import ExpiredStock, InsufficientStock, LotNotFound, LotsExceedQuantity
from api.ledger.items import ensure_items
from api.ledger.lots import LotFilter, ensure_lots, list_lots, open_lot, suggest
from api.ledger.posting import post_movements
from api.ledger.reconcile import reconcile
from api.ledger.reversal import reverse
from tests.api.ledger.support import NOON, Kitchen, assert_invariants, make_kitchen, transaction

TODAY = NOON.date()


class Shelf:
    """The lots of a kitchen's first product, by their codes."""

    def __init__(self, engine, kitchen: Kitchen) -> None:
        self.engine = engine
        self.kitchen = kitchen
        self.ids: dict[str, UUID] = {}

    def lot(self, code: str, day: int | None = None) -> UUID:
        key = (self.kitchen.product_ids[0], code, None if day is None else date(2026, 11, day))
        with transaction(self.engine) as session:
            self.ids[code] = ensure_lots(session, [key])[key]
        return self.ids[code]

    def post(self, *movements):
        with transaction(self.engine) as session:
            return post_movements(session, movements)

    def receive(self, code: str, quantity: int, day: int | None = None, *, hours: int = -24, item: int = 0) -> None:
        lot = self.lot(code, day)
        self.post(
            self.kitchen.movement(
                "receipt", quantity, item=item, lot_id=lot, value=quantity, occurred_at=NOON + timedelta(hours=hours)
            )
        )

    def open(self, code: str) -> None:
        with transaction(self.engine) as session:
            rows = list_lots(session, LotFilter(locations=None, item_id=self.kitchen.item), limit=50)
            open_lot(session, next(row["id"] for row in rows if row["code"] == code), NOON)

    def left(self, item: int = 0) -> dict[str, int]:
        with transaction(self.engine) as session:
            rows = list_lots(session, LotFilter(locations=None, item_id=self.kitchen.item_ids[item]), limit=50)
        return {row["code"]: int(row["on_hand"]) for row in rows}

    def taken(self, movement_id: UUID) -> dict[str, int]:
        names = {lot: code for code, lot in self.ids.items()}
        with psycopg.connect(self.kitchen.url) as connection:
            rows = connection.execute(
                "select lot_id, sum(quantity) from movement_lots where movement_id = %s group by lot_id", [movement_id]
            ).fetchall()
        return {names[lot]: int(quantity) for lot, quantity in rows}


@pytest.fixture
def shelf(engine, kitchen: Kitchen) -> Shelf:
    return Shelf(engine, kitchen)


@pytest.fixture
def strict_shelf(engine, strict_kitchen: Kitchen) -> Shelf:
    return Shelf(engine, strict_kitchen)


class TestKitchenOrder:
    def test_three_lots_one_opened(self, shelf: Shelf, kitchen: Kitchen):
        """A 10 g until the 30th, B 10 g until the 24th, C 10 g until the 28th and opened. 25 g are used: the opened C
        first, then B, which expires before A: 10 of C, 10 of B, 5 of A; 5 g of A remain.
        """
        shelf.receive("A", 10, 30)
        shelf.receive("B", 10, 24)
        shelf.receive("C", 10, 28)
        shelf.open("C")
        (used,) = shelf.post(kitchen.movement("consumption", 25))
        assert shelf.taken(used.id) == {"C": -10, "B": -10, "A": -5}
        assert shelf.left() == {"A": 5}

    def test_equal_dates_go_as_they_came_and_undated_ones_last(self, shelf: Shelf, kitchen: Kitchen):
        shelf.receive("undated", 10)
        shelf.receive("second", 10, 24, hours=-24)
        shelf.receive("first", 10, 24, hours=-48)
        (used,) = shelf.post(kitchen.movement("sale", 21))
        assert shelf.taken(used.id) == {"first": -10, "second": -10, "undated": -1}

    def test_what_has_no_lot_was_there_before_and_goes_first(self, shelf: Shelf, kitchen: Kitchen):
        """5 g from before lots were kept, 10 g of A; 8 g are used: the 5 and 3 of A."""
        shelf.post(kitchen.movement("opening", 5))
        shelf.receive("A", 10, 24)
        (used,) = shelf.post(kitchen.movement("sale", 8))
        assert shelf.taken(used.id) == {"A": -3}

    def test_one_call_of_several_rows_is_as_several_calls(self, shelf: Shelf, kitchen: Kitchen):
        late, soon = shelf.lot("late", 30), shelf.lot("soon", 24)
        shelf.post(
            kitchen.movement("receipt", 10, lot_id=late),
            kitchen.movement("receipt", 10, lot_id=soon),
            kitchen.movement("sale", 12),
            kitchen.movement("sale", 3),
        )
        assert shelf.left() == {"late": 5}

    def test_the_day_a_lot_expires_it_may_still_be_used(self, shelf: Shelf, kitchen: Kitchen):
        shelf.receive("A", 10, TODAY.day)
        shelf.post(kitchen.movement("sale", 4))
        assert shelf.left() == {"A": 6}

    def test_a_retry_takes_nothing_more(self, shelf: Shelf, kitchen: Kitchen):
        shelf.receive("A", 10, 24)
        used = kitchen.movement("sale", 4)
        assert [shelf.post(used)[0].status for _ in range(2)] == ["posted", "duplicate"]
        assert shelf.left() == {"A": 6}


class TestExpired:
    def test_it_is_never_taken_unasked(self, shelf: Shelf, kitchen: Kitchen):
        """OLD ended on the 19th, NEW lasts: 8 g on the 20th come from NEW, whose 5 g do not suffice; 3 g are owed."""
        shelf.receive("OLD", 10, 19)
        shelf.receive("NEW", 5, 24)
        shelf.post(kitchen.movement("sale", 8))
        assert shelf.left() == {"OLD": 10}
        assert kitchen.on_hand() == 7

    def test_named_it_is_wasted(self, shelf: Shelf, kitchen: Kitchen):
        shelf.receive("OLD", 10, 19)
        shelf.receive("NEW", 5, 24)
        shelf.post(kitchen.movement("waste", 10, lot_id=shelf.ids["OLD"]))
        assert shelf.left() == {"NEW": 5}

    def test_where_negative_stock_is_barred_it_must_be_named(self, strict_shelf: Shelf, strict_kitchen: Kitchen):
        strict_shelf.receive("OLD", 10, 19)
        with pytest.raises(ExpiredStock):
            strict_shelf.post(strict_kitchen.movement("sale", 3))
        strict_shelf.post(strict_kitchen.movement("sale", 3, lot_id=strict_shelf.ids["OLD"]))
        assert strict_shelf.left() == {"OLD": 7}

    def test_a_count_that_finds_nothing_clears_it_too(self, shelf: Shelf, kitchen: Kitchen):
        shelf.receive("OLD", 10, 19)
        shelf.receive("NEW", 5, 24)
        shelf.post(kitchen.movement("count_correction", 0, gain=True, is_count=True))
        assert shelf.left() == {}
        assert kitchen.on_hand() == 0


class TestNamed:
    def test_more_than_its_lot_holds_leaves_it_below_zero(self, shelf: Shelf, kitchen: Kitchen):
        shelf.receive("A", 5, 24)
        shelf.receive("B", 5, 28)
        shelf.post(kitchen.movement("waste", 7, lot_id=shelf.ids["A"]))
        assert shelf.left() == {"A": -2, "B": 5}

    def test_or_is_refused_where_that_is_barred(self, strict_shelf: Shelf, strict_kitchen: Kitchen):
        strict_shelf.receive("A", 5, 24)
        strict_shelf.receive("B", 5, 28)
        with pytest.raises(InsufficientStock):
            strict_shelf.post(strict_kitchen.movement("waste", 7, lot_id=strict_shelf.ids["A"]))
        assert strict_shelf.left() == {"A": 5, "B": 5}

    def test_one_delivery_brings_several_lots(self, shelf: Shelf, kitchen: Kitchen):
        """10 g: 6 of A, 3 of B and 1 without a label."""
        lots = (LotPart(shelf.lot("A", 24), Decimal(6)), LotPart(shelf.lot("B", 28), Decimal(3)))
        shelf.post(kitchen.movement("receipt", 10, lots=lots))
        assert shelf.left() == {"A": 6, "B": 3}
        assert kitchen.on_hand() == 10

    def test_lots_of_more_than_the_quantity_are_refused(self, shelf: Shelf, kitchen: Kitchen):
        lots = (LotPart(shelf.lot("A", 24), Decimal(6)), LotPart(shelf.lot("B", 28), Decimal(5)))
        with pytest.raises(LotsExceedQuantity):
            shelf.post(kitchen.movement("receipt", 10, lots=lots))

    def test_another_products_lot_is_refused(self, shelf: Shelf, kitchen: Kitchen):
        with pytest.raises(LotNotFound):
            shelf.post(kitchen.movement("receipt", 10, item=1, lot_id=shelf.lot("A", 24)))
        assert kitchen.on_hand(kitchen.item_ids[1]) == 0

    def test_a_lot_without_a_date_is_the_one_known(self, shelf: Shelf):
        assert shelf.lot("A", 24) == shelf.lot("A")


class TestSettling:
    def test_goods_used_before_their_delivery_was_booked_come_off_its_lot(self, shelf: Shelf, kitchen: Kitchen):
        """8 g used, then 20 g of A booked: 12 g are there, all of A."""
        shelf.receive("Z", 1, 24)
        shelf.post(kitchen.movement("sale", 9))
        shelf.receive("A", 20, 28)
        assert shelf.left() == {"A": 12}
        assert kitchen.on_hand() == 12


class TestTransfers:
    def test_goods_arrive_with_the_lots_they_left_with(self, engine, database):
        kitchen = make_kitchen(database.app_url, products=2, same_product=True)
        shelf = Shelf(engine, kitchen)
        shelf.receive("A", 10, 24)
        shelf.receive("B", 10, 28)
        (moved,) = shelf.post(kitchen.movement("transfer", 14, into=1))
        assert (shelf.left(), shelf.left(1)) == ({"B": 6}, {"A": 10, "B": 4})
        with transaction(engine) as session:
            reverse(session, moved.id, actor_id=None)
        assert (shelf.left(), shelf.left(1)) == ({"A": 10, "B": 10}, {})
        assert_invariants(database.app_url, kitchen.item_ids)

    def test_what_expired_on_the_road_still_arrives(self, engine, kitchen: Kitchen, database):
        """A travels until its last day is over; arriving, nobody names it, and it is what the lorry holds."""
        shelf = Shelf(engine, kitchen)
        shelf.receive("A", 10, 19, hours=-48)
        with psycopg.connect(database.owner_url) as owner:
            (road,) = owner.execute(
                "insert into storage_areas (location_id, name, is_in_transit) values (%s, 'Road', true) returning id",
                [kitchen.location_id],
            ).fetchone()
        key = (kitchen.product_ids[0], kitchen.location_id, road)
        with transaction(engine) as session:
            lorry = ensure_items(session, [key])[key]
        shelf.post(kitchen.movement("transfer", 10, to_item_id=lorry, occurred_at=NOON - timedelta(hours=30)))
        assert shelf.left() == {}
        shelf.post(kitchen.movement("transfer", 10, from_item_id=lorry, to_item_id=kitchen.item))
        assert shelf.left() == {"A": 10}
        assert_invariants(database.app_url, (lorry,))


class TestReversal:
    def test_it_brings_back_the_very_lots(self, engine, shelf: Shelf, kitchen: Kitchen):
        """6 g were taken of A and 2 of B. Meanwhile C came, which expires first; the reversal gives A and B back."""
        shelf.receive("A", 6, 24)
        shelf.receive("B", 10, 28)
        (used,) = shelf.post(kitchen.movement("sale", 8))
        shelf.receive("C", 10, 21)
        with transaction(engine) as session:
            reverse(session, used.id, actor_id=None)
        assert shelf.left() == {"C": 10, "A": 6, "B": 10}

    def test_a_receipt_taken_back_takes_its_lot(self, engine, shelf: Shelf, kitchen: Kitchen):
        shelf.receive("A", 6, 24)
        (wrong,) = shelf.post(kitchen.movement("receipt", 4, lot_id=shelf.lot("B", 21)))
        with transaction(engine) as session:
            reverse(session, wrong.id, actor_id=None)
        assert shelf.left() == {"A": 6}


class TestSuggest:
    def test_it_says_what_the_ledger_will_do(self, engine, shelf: Shelf, kitchen: Kitchen):
        shelf.post(kitchen.movement("opening", 2))
        shelf.receive("OLD", 10, 19)
        shelf.receive("A", 10, 30)
        shelf.receive("B", 4, 24)
        with transaction(engine) as session:
            shares = suggest(session, kitchen.item, Decimal(11), TODAY)
        assert shares == [
            Share(None, Decimal(2)),
            Share(shelf.ids["B"], Decimal(4)),
            Share(shelf.ids["A"], Decimal(5)),
        ]
        (used,) = shelf.post(kitchen.movement("sale", 11))
        assert shelf.taken(used.id) == {"B": -4, "A": -5}

    def test_what_is_not_there_is_not_suggested(self, engine, shelf: Shelf, kitchen: Kitchen):
        shelf.receive("A", 3, 24)
        with transaction(engine) as session:
            assert suggest(session, kitchen.item, Decimal(10), TODAY) == [Share(shelf.ids["A"], Decimal(3))]


class TestOpen:
    def test_the_first_moment_stands(self, engine, shelf: Shelf, kitchen: Kitchen):
        shelf.receive("A", 3, 24)
        shelf.open("A")
        with transaction(engine) as session:
            (row,) = list_lots(session, LotFilter(locations=None, item_id=kitchen.item), limit=5)
            assert not open_lot(session, row["id"], NOON + timedelta(hours=1))
            assert row["opened_at"] == NOON


steps = st.lists(
    st.tuples(st.sampled_from(["receipt", "sale", "waste"]), st.integers(1, 30), st.integers(0, 3)),
    min_size=1,
    max_size=20,
)
DATES = (18, 22, 26, None)


class TestAgainstTheModel:
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(steps, st.integers(1, 7))
    def test_any_history_takes_the_lots_that_the_domain_says(self, engine, database, history, size):
        kitchen = make_kitchen(database.app_url)
        shelf = Shelf(engine, kitchen)
        ids = [shelf.lot(str(number), day) for number, day in enumerate(DATES)]
        lots: dict[int, Decimal] = {}
        received: dict[int, int] = {}
        loose = Decimal(0)
        movements = []
        for minute, (kind, quantity, number) in enumerate(history):
            at = NOON + timedelta(minutes=minute)
            if kind == "receipt":
                movements.append(kitchen.movement(kind, quantity, lot_id=ids[number], occurred_at=at))
                settled = min(Decimal(quantity), max(Decimal(0), -loose))
                loose += settled
                lots[number] = lots.get(number, Decimal(0)) + quantity - settled
                received.setdefault(number, minute)
                continue
            movements.append(kitchen.movement(kind, quantity, occurred_at=at))
            standing = [
                StandingLot(
                    ids[each],
                    left,
                    None if DATES[each] is None else date(2026, 11, DATES[each]),
                    NOON + timedelta(minutes=received[each]),
                )
                for each, left in lots.items()
            ]
            shares = take(standing, loose, Decimal(quantity), TODAY)
            for share in shares:
                if share.lot_id is None:
                    loose -= share.quantity
                else:
                    lots[ids.index(share.lot_id)] -= share.quantity
            loose -= quantity - sum(share.quantity for share in shares)
        for start in range(0, len(movements), size):
            shelf.post(*movements[start : start + size])
        assert shelf.left() == {str(number): int(left) for number, left in lots.items() if left}
        assert_invariants(database.app_url, kitchen.item_ids)


class TestAtOnce:
    def test_takers_at_the_same_moment_empty_the_lots_in_order(self, shelf: Shelf, kitchen: Kitchen):
        """A has 20 g and B 40 g, A expires first: after 50 takers of 1 g, A is empty and B has 10 g."""
        shelf.receive("A", 20, 24)
        shelf.receive("B", 40, 28)
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: shelf.post(kitchen.movement("sale", 1)), range(50)))
        assert shelf.left() == {"B": 10}


class TestReconcile:
    def test_a_lot_that_was_tampered_with_is_named(self, shelf: Shelf, kitchen: Kitchen, database):
        shelf.receive("A", 20, 24)
        change = "update lot_balances set on_hand = on_hand + %s where item_id = %s"
        with psycopg.connect(database.owner_url, autocommit=True) as owner:
            owner.execute(change, [1, kitchen.item])
            report = reconcile(owner)
            owner.execute(change, [-1, kitchen.item])
        assert [
            (each.figure, each.stored, each.from_rows)
            for each in report.differences
            if each.item_id == str(kitchen.item)
        ] == [("lot A", "21.000000", "20.000000")]


class TestGrants:
    @pytest.mark.parametrize("table", ["lot_balances", "movement_lots", "period_locks"])
    def test_the_pipeline_reads_and_does_not_write(self, database, table: str):
        with psycopg.connect(database.pipeline_url) as connection:
            connection.execute(f"select count(*) from {table}").fetchone()
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"delete from {table}")


class TestAppendOnly:
    @pytest.mark.parametrize("attempt", ["update movement_lots set quantity = 1", "delete from movement_lots"])
    def test_the_service_may_not_change_which_lots_moved(self, shelf: Shelf, kitchen: Kitchen, attempt: str):
        shelf.receive("A", 3, 24)
        with psycopg.connect(kitchen.url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(attempt)

    def test_unknown_lots_stay_unknown(self, shelf: Shelf, kitchen: Kitchen):
        with pytest.raises(LotNotFound):
            shelf.post(kitchen.movement("sale", 1, lot_id=uuid7()))
