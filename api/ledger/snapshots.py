"""Making the day-end snapshots that reads of the past start from, one day per step, never before its rows are settled.

A row's `recorded_at` is read from the clock when it is written, but it is seen when its transaction commits, perhaps
much later. So a step notes its own transaction id as a fence. Whatever was recorded before that step, less a margin,
has a lower id, or none yet; and once no lower id runs any more, no row from before that moment can appear.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

# A transaction may read the clock for its first row a moment before it gets its id; the locks in between wait for 10 s.
MARGIN = "1 minute"
# A day of UTC: reads are exact for any moment, so it need not be a restaurant's day.
GRAIN = "1 day"
# The first day may hold years of imported rows.
LONGEST_DAY = "15min"

HORIZON = text("select id from stock_snapshot_horizons for update skip locked")
# A fence of a future id came with a copy of the database from another server: it says nothing here.
MOVE_FENCE = text("""
update stock_snapshot_horizons
   set safe_until = case when fence <= own.id then fenced_at - cast(:margin as interval) else safe_until end,
       fence = own.id, fenced_at = now()
  from (select pg_current_xact_id()::text::bigint as id) own
 where pg_snapshot_xmin(pg_current_snapshot())::text::bigint >= fence or fence > own.id
""")
# A day without rows needs no snapshot: the one before says the same.
DUE = text("""
select date_bin(cast(:grain as interval), first.recorded_at, '2000-01-01 00:00Z') + cast(:grain as interval) as day_end
  from (select min(recorded_at) as recorded_at from stock_movements
         where recorded_at >= coalesce((select max(day_end) from stock_snapshot_days), '-infinity')) first
 where date_bin(cast(:grain as interval), first.recorded_at, '2000-01-01 00:00Z') + cast(:grain as interval)
       <= (select safe_until from stock_snapshot_horizons)
""")
HELD_UP = text("select now() - fenced_at > cast(:patience as interval) from stock_snapshot_horizons")
PATIENCE = "6 hours"
STATE = text("""
select (select max(day_end) from stock_snapshot_days) as covered_until,
       (select count(*) from stock_snapshot_days) as days, (select count(*) from stock_snapshots) as rows,
       (select nullif(safe_until, '-infinity') from stock_snapshot_horizons) as safe_until
""")


@dataclass(frozen=True, slots=True)
class SnapshotState:
    """How far the snapshots reach; `safe_until` is the moment before which every row is committed."""

    covered_until: datetime | None
    days: int
    rows: int
    safe_until: datetime | None


def make_next(session: Session) -> datetime | None:
    """Make the next day's snapshot in this transaction and give its end; `None` when no day is due and settled.

    A second worker that comes meanwhile finds the horizon locked and has nothing to do.
    """
    if not _move_horizon(session):
        return None
    due: datetime | None = session.scalar(DUE, {"grain": GRAIN})
    if due is not None:
        session.execute(text(f"set local statement_timeout = '{LONGEST_DAY}'"))
        session.execute(text("select make_stock_snapshot(:day_end)"), {"day_end": due})
    return due


def forget_snapshots(session: Session) -> None:
    """Drop every snapshot; reads stay right without them, and the next steps make them again from the rows."""
    session.execute(HORIZON)
    session.execute(text("delete from stock_snapshots"))
    session.execute(text("delete from stock_snapshot_days"))


def snapshot_state(session: Session) -> SnapshotState:
    """How far the snapshots reach."""
    return SnapshotState(**session.execute(STATE).mappings().one())


def is_held_up(session: Session) -> bool:
    """Whether a transaction that runs for hours keeps the days after it began from being settled."""
    held_up: bool | None = session.scalar(HELD_UP, {"patience": PATIENCE})
    return bool(held_up)


def _move_horizon(session: Session) -> bool:
    """Move the horizon as far as running transactions allow; False while another step holds it."""
    if session.scalar(HORIZON) is None:
        return False
    session.execute(MOVE_FENCE, {"margin": MARGIN})
    return True
