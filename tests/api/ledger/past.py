"""A ledger whose past can be written as it happened: a database whose rows are recorded by a clock that a test sets."""

from __future__ import annotations

import time
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

import psycopg
from sqlalchemy import text
from sqlalchemy.orm import Session

from api.domain.costing import Balance
from api.ledger.snapshots import make_next
from tests.api.ledger.support import transaction
from tests.conftest import Database

BEHIND = "coalesce(nullif(current_setting('test.behind', true), ''), '0')::interval"


def set_clock_aside(database: Database) -> None:
    """Let `recorded_at` be the clock's time less the transaction's `test.behind`."""
    with psycopg.connect(database.owner_url) as connection:
        connection.execute(
            f"alter table stock_movements alter column recorded_at set default clock_timestamp() - {BEHIND}"
        )


def at(session: Session, moment: datetime) -> None:
    """From here on this transaction's rows are recorded as if it were `moment`."""
    session.execute(
        text("select set_config('test.behind', (clock_timestamp() - cast(:moment as timestamptz))::text, true)"),
        {"moment": moment},
    )


def make_snapshots(engine, *, patience: float = 30) -> list[datetime]:
    """Every snapshot that is due; transactions of other tests may hold the horizon up for a moment."""
    deadline, made = time.monotonic() + patience, []
    settled = 0
    while settled < 2:  # the first round only raises the fence
        assert time.monotonic() < deadline, "the horizon does not move"
        with transaction(engine) as session:
            fence = session.execute(text("select fence from stock_snapshot_horizons")).scalar()
            day_end = make_next(session)
            moved = fence != session.execute(text("select fence from stock_snapshot_horizons")).scalar()
        if day_end is not None:
            made.append(day_end)
        settled += moved and day_end is None
        if not moved:
            time.sleep(0.05)
    return made


class Row(NamedTuple):
    """A posted row as one of its items sees it; `settled` is when it had both happened and become known."""

    incoming: bool
    quantity: Decimal
    value: Decimal
    own_value: bool
    occurred_at: datetime
    recorded_at: datetime

    @property
    def settled(self) -> datetime:
        return max(self.occurred_at, self.recorded_at)


def replay(rows: list[Row], as_of: datetime, known_at: datetime) -> Balance:
    """The plain model: the rows that had happened by then and were known by then, one after the other."""
    balance = Balance()
    for row in sorted(rows, key=lambda row: row.settled):
        if row.occurred_at > as_of or row.recorded_at > known_at:
            continue
        if row.incoming:
            at_average = not row.own_value and row.value == balance.value_of(row.quantity)
            balance = balance.receive(row.quantity, None if at_average else row.value)
        else:
            balance = balance.issue(row.quantity, row.value if row.own_value else None)
    return balance
