"""Every figure that was tampered with is named; what is right is left in peace; the worker keeps what it found."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import psycopg
import pytest
from sqlalchemy import text

from api.config import Settings
from api.core.database import forget_engine
from api.core.database import transaction as service_transaction
from api.ledger.lots import ensure_lots
from api.ledger.posting import post_movements
from api.ledger.reconcile import is_reconciled, reconcile
from api.ledger.reversal import reverse
from api.worker import reconcile_daily
from tests.api.ledger.past import at, make_snapshots, set_clock_aside
from tests.api.ledger.support import Kitchen, make_engine, make_kitchen, transaction
from tests.conftest import Database

YESTERDAY = datetime.now(UTC) - timedelta(days=1)


@pytest.fixture
def kitchen(fresh_database: Database) -> Kitchen:
    """Stock through zero and back, a transfer, a reversal, a value-only row, and yesterday's snapshot."""
    set_clock_aside(fresh_database)
    kitchen = make_kitchen(fresh_database.app_url, products=3, same_product=True)
    engine = make_engine(fresh_database.app_url)
    with transaction(engine) as session:
        at(session, YESTERDAY)
        history = [
            kitchen.movement("sale", 5),
            kitchen.movement("receipt", 12, value=31),
            kitchen.movement("transfer", 3, into=1),
            kitchen.movement("adjustment", 2, gain=True),
            kitchen.movement("receipt", 0, value=2),
        ]
        posted = post_movements(session, [*history, kitchen.movement("receipt", 7, value=44)])
        reverse(session, posted[-1].id, actor_id=None)
    make_snapshots(engine)
    engine.dispose()
    return kitchen


@pytest.fixture
def tamper(fresh_database: Database):
    def change(statement: str, *values: object) -> None:
        with psycopg.connect(fresh_database.owner_url) as connection:
            connection.execute(statement, values)

    return change


def found(kitchen: Kitchen) -> list[tuple[str, str, str, str]]:
    with psycopg.connect(kitchen.url) as connection:
        report = reconcile(connection)
    assert report.ok == (not report.differences)
    return [(each.item_id, each.figure, each.stored, each.from_rows) for each in report.differences]


class TestReconcile:
    def test_nothing_differs_after_any_kind_of_movement(self, kitchen: Kitchen):
        with psycopg.connect(kitchen.url) as connection:
            report = reconcile(connection)
        assert (report.ok, report.items, report.movements) == (True, 3, 7)

    @pytest.mark.parametrize(
        ("figure", "table"),
        [("on_hand", "inventory_items"), ("avg_cost", "inventory_items"), ("snapshot", "stock_snapshots")],
    )
    def test_a_changed_figure_is_named_with_both_values(self, kitchen: Kitchen, tamper, figure: str, table: str):
        column, key = ("on_hand", "item_id") if figure == "snapshot" else (figure, "id")
        tamper(f"update {table} set {column} = {column} + 1 where {key} = %s", kitchen.item)
        ((item, named, stored, from_rows),) = found(kitchen)
        assert (item, named, Decimal(stored) - Decimal(from_rows)) == (str(kitchen.item), figure, 1)

    def test_a_lots_balance_is_held_against_what_moved_of_it(self, kitchen: Kitchen, fresh_database: Database, tamper):
        engine = make_engine(fresh_database.app_url)
        key = (kitchen.product_ids[0], "L-7", None)
        with transaction(engine) as session:
            lot = ensure_lots(session, [key])[key]
            post_movements(session, [kitchen.movement("receipt", 4, value=8, lot_id=lot), kitchen.movement("sale", 1)])
        engine.dispose()
        assert found(kitchen) == []
        tamper("update lot_balances set on_hand = on_hand + 1 where lot_id = %s", lot)
        ((_, figure, stored, from_rows),) = found(kitchen)
        assert (figure, Decimal(stored) - Decimal(from_rows)) == ("lot L-7", 1)

    def test_every_difference_is_named_and_none_repaired(self, kitchen: Kitchen, tamper):
        tamper("update inventory_items set on_hand = on_hand + 0.000001")
        assert [figure for _, figure, _, _ in found(kitchen)] == ["on_hand"] * 3
        assert len(found(kitchen)) == 3

    def test_a_movement_without_its_event_is_named(self, kitchen: Kitchen, fresh_database: Database, tamper):
        engine = make_engine(fresh_database.app_url)
        with transaction(engine) as session:
            (sold,) = post_movements(session, [kitchen.movement("sale", 1)])
        engine.dispose()
        tamper("delete from outbox_events where subject_id = %s", sold.id)
        with psycopg.connect(kitchen.url) as connection:
            report = reconcile(connection)
        assert (report.ok, report.differences, report.events_missing) == (False, [], [str(sold.id)])


class TestDaily:
    @pytest.fixture
    def here(self, settings: Settings, fresh_database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
        monkeypatch.setattr(settings, "database_url", fresh_database.app_url)
        forget_engine()
        yield settings
        forget_engine()

    def test_once_a_day_the_report_is_kept_and_a_difference_raises_the_alarm(
        self, kitchen: Kitchen, here: Settings, tamper, capsys
    ):
        tamper("update inventory_items set on_hand = on_hand + 1 where id = %s", kitchen.item)
        assert reconcile_daily(here) == 0
        assert "ledger_differs" in capsys.readouterr().out
        reconcile_daily(here)
        assert capsys.readouterr().out == ""
        with service_transaction() as session:
            assert is_reconciled(session, datetime.now(UTC).date())
            kept = session.execute(text("select ok, differences, report from stock_reconciliations")).one()
        assert (kept.ok, kept.differences) == (False, 1)
        assert [each["figure"] for each in kept.report["differences"]] == ["on_hand"]
