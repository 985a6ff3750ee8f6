"""Partitions are made ahead; one that comes late takes in the rows that stood outside."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest
from sqlalchemy import Engine, text

from api.domain.ids import uuid7
from api.ledger.partitions import ensure_partitions, report_partitions
from api.ledger.posting import post_movements
from tests.api.ledger.support import Kitchen, assert_invariants, make_engine, make_kitchen, transaction
from tests.conftest import Database

WHERE = "select tableoid::regclass::text from stock_movements where id = %s"


@pytest.fixture
def engine(fresh_database: Database) -> Iterator[Engine]:
    engine = make_engine(fresh_database.app_url)
    yield engine
    engine.dispose()


@pytest.fixture
def kitchen(fresh_database: Database) -> Kitchen:
    return make_kitchen(fresh_database.app_url)


def make(engine: Engine, month: str) -> int:
    with transaction(engine) as session:
        return session.scalar(
            text("select ensure_movement_partitions(cast(:m as date), cast(:m as date))"), {"m": month}
        )


class TestPlans:
    def test_posting_never_reads_a_month_from_end_to_end(self, fresh_database: Database):
        """Plans are kept from when a month was empty; whoever replaces a posting function sets this again."""
        with psycopg.connect(fresh_database.app_url) as connection:
            rows = connection.execute(
                "select proname::text, 'enable_seqscan=off' = any(proconfig) from pg_proc"
                " where proname = any('{post_plain_scans,post_scans,post_stock_movements}') order by 1"
            ).fetchall()
        assert rows == [("post_plain_scans", True), ("post_scans", True), ("post_stock_movements", True)]


class TestAhead:
    def test_the_months_to_come_are_there_and_all_is_well(self, engine: Engine):
        with transaction(engine) as session:
            assert ensure_partitions(session) == 0
            assert report_partitions(session)

    def test_a_month_that_is_missing_is_said_and_made(self, engine: Engine, fresh_database: Database, capsys):
        this_month = f"stock_movements_{datetime.now(UTC):%Y_%m}"
        with psycopg.connect(fresh_database.owner_url) as connection:
            connection.execute(f"drop table {this_month}")
        with transaction(engine) as session:
            assert not report_partitions(session)
            assert "partitions_behind" in capsys.readouterr().out
            assert ensure_partitions(session) == 1
            assert report_partitions(session)


class TestLate:
    def test_rows_of_the_month_move_in_and_stay_whole(self, engine: Engine, kitchen: Kitchen, fresh_database: Database):
        """A device's clock says August 2031: two rows stand in the default partition until that month is made."""
        early, late = uuid7(datetime(2031, 8, 3, tzinfo=UTC)), uuid7(datetime(2031, 9, 3, tzinfo=UTC))
        with transaction(engine) as session:
            movements = [kitchen.movement("receipt", 5, value=10, id=each) for each in (early, late)]
            post_movements(session, movements)
            assert not report_partitions(session)
        with psycopg.connect(kitchen.url) as connection:
            before = connection.execute("select * from stock_movements order by id").fetchall()
        assert make(engine, "2031-08-15") == 1
        with psycopg.connect(kitchen.url) as connection:
            assert connection.execute(WHERE, [early]).fetchone() == ("stock_movements_2031_08",)
            assert connection.execute(WHERE, [late]).fetchone() == ("stock_movements_default",)
            assert connection.execute("select * from stock_movements order by id").fetchall() == before
        with transaction(engine) as session:
            assert [answer.status for answer in post_movements(session, movements)] == ["duplicate"] * 2
        assert_invariants(kitchen.url)

    def test_they_are_as_immutable_as_before(self, engine: Engine, kitchen: Kitchen, fresh_database: Database):
        august, september = (uuid7(datetime(2031, month, 3, tzinfo=UTC)) for month in (8, 9))
        with transaction(engine) as session:
            post_movements(session, [kitchen.movement("receipt", 5, id=each) for each in (august, september)])
        make(engine, "2031-08-15")
        for row in (august, september):
            with (
                psycopg.connect(fresh_database.owner_url) as connection,
                pytest.raises(psycopg.errors.RestrictViolation),
            ):
                connection.execute("delete from stock_movements where id = %s", [row])
        with (
            psycopg.connect(fresh_database.app_url) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute("select * from stock_movements_2031_08")

    def test_new_rows_of_the_month_go_there(self, engine: Engine, kitchen: Kitchen):
        moment = datetime(2031, 8, 3, tzinfo=UTC)
        with transaction(engine) as session:
            post_movements(session, [kitchen.movement("receipt", 5, id=uuid7(moment))])
        make(engine, "2031-08-15")
        following = uuid7(moment)
        with transaction(engine) as session:
            post_movements(session, [kitchen.movement("sale", 1, id=following)])
        with psycopg.connect(kitchen.url) as connection:
            assert connection.execute(WHERE, [following]).fetchone() == ("stock_movements_2031_08",)
        assert kitchen.on_hand() == 4
