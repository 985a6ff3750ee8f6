"""Proof that every balance is the fold of its rows; it names every difference and repairs nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from api.ledger.snapshot_models import StockReconciliation

# Ten million rows are sorted on disk; the ordinary limit for a statement is that of a request.
LONGEST = "30min"
PAGE = 500
KEPT_DIFFERENCES = 100
# Rows and balances are read in one snapshot: a posting is seen whole or not at all. The fold is in order of posting.
# Posting knows whether a value was given or came from the average; the rows do not say it, and a value that happens to
# be the rounded average may be read as either. What that moves the average by lies far below a ten-thousandth of it.
DIFFERENCES = """
with covered as (
    select coalesce(max(day_end), '-infinity') as until from stock_snapshot_days
), legs as (
    select l.item_id, l.incoming, m.quantity, m.value, m.recorded_at, m.id,
           m.reverses_id is not null or m.quantity = 0 or m.kind = 'return_to_supplier' as own_value,
           greatest(m.occurred_at, m.recorded_at) < covered.until as is_covered
      from stock_movements m
     cross join covered
     cross join lateral (values (m.to_item_id, true), (m.from_item_id, false)) as l(item_id, incoming)
     where l.item_id is not null and m.kind <> 'price_variance'
), folds as (
    select item_id, fold_stock(0, 0, incoming, quantity, value, own_value order by recorded_at, id) as balance,
           sum(case when incoming then quantity else -quantity end) filter (where is_covered) as covered
      from legs group by item_id
), figures as (
    select i.id, i.product_id, i.location_id, i.on_hand, i.avg_cost as stored_cost, s.on_hand as snapshot,
           coalesce(f.balance[1], 0) as moved, coalesce(f.balance[2], 0) as avg_cost, coalesce(f.covered, 0) as covered
      from inventory_items i
      left join folds f on f.item_id = i.id
      left join lateral (select s.on_hand from stock_snapshots s where s.item_id = i.id
                          order by s.day_end desc limit 1) s on true
)
select f.id::text, p.sku, l.code, d.figure, d.stored::text, d.from_rows::text, p.stock_unit
  from figures f
  join products p on p.id = f.product_id
  join locations l on l.id = f.location_id
 cross join lateral (values ('on_hand', f.on_hand, f.moved, f.on_hand <> f.moved),
                            ('avg_cost', f.stored_cost, f.avg_cost,
                             abs(f.stored_cost - f.avg_cost) > greatest(0.0001, 0.0001 * f.avg_cost)),
                            ('snapshot', coalesce(f.snapshot, 0), f.covered, coalesce(f.snapshot, 0) <> f.covered)
      ) as d(figure, stored, from_rows, differs)
 where d.differs
 order by l.code, p.sku, f.id, d.figure desc
"""
# A share without its movement counts for nothing: what it moved is missing, and so it is named too.
LOTS = """
with sums as (
    select a.item_id, a.lot_id, sum(a.quantity) as moved
      from movement_lots a
      join stock_movements m on m.id = a.movement_id
     group by a.item_id, a.lot_id
)
select i.id::text, p.sku, l.code, 'lot ' || t.code, coalesce(b.on_hand, 0)::text, coalesce(s.moved, 0)::text,
       p.stock_unit
  from sums s
  full join lot_balances b on b.item_id = s.item_id and b.lot_id = s.lot_id
  join inventory_items i on i.id = coalesce(b.item_id, s.item_id)
  join products p on p.id = i.product_id
  join locations l on l.id = i.location_id
  join lots t on t.id = coalesce(b.lot_id, s.lot_id)
 where coalesce(b.on_hand, 0) <> coalesce(s.moved, 0)
 order by l.code, p.sku, i.id, t.code, t.id
"""
UNHEARD = """
select m.id::text from stock_movements m
  left join outbox_events e on e.subject_id = m.id and e.type = 'stock_movement.posted.v1'
 where m.recorded_at > now() - interval '1 day'
 group by m.id having count(e.id) <> 1 order by m.id
"""


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure of an item that is not what its movements come to.

    `figure` is `on_hand` (stock units), `avg_cost` (the location's currency), `snapshot` (stock units at the end of the
    last day with a snapshot) or `lot` and the lot's code (stock units).
    """

    item_id: str
    sku: str
    location: str
    figure: str
    stored: str
    from_rows: str
    unit: str


@dataclass(frozen=True, slots=True)
class Report:
    """What was compared, and what does not agree; `ok` when everything does.

    `events_missing` lists movements of the last day without exactly one event.
    """

    ok: bool
    items: int
    movements: int
    differences: list[Difference]
    events_missing: list[str]


def reconcile(connection: psycopg.Connection[Any]) -> Report:
    """Recompute every balance from the rows and compare; reads only, in one repeatable-read transaction.

    The rows are folded on the server; what differs comes a page at a time.
    """
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read read only")
        connection.execute(f"set local statement_timeout = '{LONGEST}'".encode())
        differences = [Difference(*row) for row in _stream(connection, "differences", DIFFERENCES)]
        differences += [Difference(*row) for row in _stream(connection, "lots", LOTS)]
        missing = [row[0] for row in _stream(connection, "unheard", UNHEARD)]
        items = _number(connection, "select count(*) from inventory_items")
        movements = _number(connection, "select count(*) from stock_movements")
    return Report(not differences and not missing, items, movements, differences, missing)


def is_reconciled(session: Session, day: date) -> bool:
    """Whether a reconciliation of this day is kept."""
    return session.scalar(select(StockReconciliation.day).where(StockReconciliation.day == day)) is not None


def keep_report(session: Session, day: date, report: Report) -> None:
    """Keep a day's report with the first hundred differences; the first one of a day stays."""
    found = {
        "differences": [dataclasses.asdict(each) for each in report.differences[:KEPT_DIFFERENCES]],
        "events_missing": report.events_missing[:KEPT_DIFFERENCES],
    }
    row = {
        "day": day,
        "ok": report.ok,
        "items": report.items,
        "movements": report.movements,
        "differences": len(report.differences) + len(report.events_missing),
        "report": found,
    }
    session.execute(insert(StockReconciliation).values(row).on_conflict_do_nothing())


def _stream(connection: psycopg.Connection[Any], name: str, query: str) -> Iterator[tuple[Any, ...]]:
    with connection.cursor(name=name) as cursor:
        cursor.itersize = PAGE
        yield from cursor.execute(query.encode())


def _number(connection: psycopg.Connection[Any], query: str) -> int:
    row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])
