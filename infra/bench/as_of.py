"""`stockpot bench as-of`: every balance as of a moment, on a ledger of ten million rows, beside two plain queries.

The rows are made by the server itself, a year of them from a seed: deliveries and uses of all items, most recorded
within a minute, one in forty within a day and one in two hundred up to a month late. Two plain queries stand beside the
read: today's balances of the same items (as many rows, no past), and the sum over every row (the past, no snapshots).
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import psycopg

from infra.bench.scans import machine
from infra.bench.scratch import scratch_database
from infra.local.environment import Environment

SEED = 20261122
DAYS = 365
CHUNKS = 20
PRODUCTS = 250  # of each location
TARGET_MS = 1000

PLACES = """
with places as (
    insert into locations (code, name, time_zone, currency)
    select 'B' || n, 'Bench ' || n, 'UTC', 'EUR' from generate_series(1, ceil(%(items)s::numeric / %(products)s)::int) n
    returning id
), made as (
    insert into products (sku, name, stock_unit)
    select 'B' || n, 'Product ' || n, 'each' from generate_series(1, least(%(items)s, %(products)s)) n returning id
), items as (
    insert into inventory_items (product_id, location_id, currency)
    select made.id, places.id, 'EUR' from places cross join made limit %(items)s returning id
)
select count(*) from items
"""
NUMBERED = """
create temporary table bench_items as
select row_number() over (order by id)::int as n, id, product_id from inventory_items;
create unique index on bench_items (n);
analyze bench_items
"""
ROWS = """
insert into stock_movements (id, kind, from_item_id, to_item_id, product_id, quantity, unit, entered_quantity,
                             entered_unit, value, currency, occurred_at, recorded_at, source, content)
select uuidv7(r.occurred_at - clock_timestamp()), case when r.comes then 'receipt' else 'sale' end,
       case when r.comes then null else i.id end, case when r.comes then i.id end, i.product_id, r.quantity, 'each',
       r.quantity, 'each', r.quantity * 2, 'EUR', r.occurred_at, r.occurred_at + r.late, 'manual', '\\x00'
  from (select 1 + floor(random() * %(items)s)::int as n, random() < 0.12 as comes,
               1 + floor(random() * 40) as quantity,
               %(start)s::timestamptz + make_interval(secs => g * %(step)s) as occurred_at,
               random() as luck, random() as share, g
          from generate_series(%(first)s::bigint, %(last)s::bigint) g) d
 cross join lateral (select d.n, d.comes, d.quantity, d.occurred_at,
                            least(make_interval(secs => d.share * case when d.luck < 0.005 then 30 * 86400
                                                                       when d.luck < 0.03 then 86400 else 60 end),
                                  %(end)s - d.occurred_at) as late) r
  join bench_items i on i.n = r.n
 order by d.g
"""
INDEXES = """
select c.relname, pg_get_indexdef(c.oid) from pg_index x join pg_class c on c.oid = x.indexrelid
 where x.indrelid = 'stock_movements'::regclass and not x.indisprimary
"""
AS_OF = "select item_id, on_hand, avg_cost from stock_balances_as_of(null, %s, %s)"
TODAY = "select id, on_hand, avg_cost from inventory_items"
FOLD = """
select i.id, coalesce(sum(l.delta), 0) from inventory_items i
  left join (select to_item_id as item_id, quantity as delta from stock_movements
              where to_item_id is not null and occurred_at <= %(t)s and recorded_at <= %(k)s
             union all
             select from_item_id, -quantity from stock_movements
              where from_item_id is not null and occurred_at <= %(t)s and recorded_at <= %(k)s) l on l.item_id = i.id
 group by i.id
"""


@dataclass(frozen=True)
class Span:
    """The year that is made up; it ends with yesterday."""

    start: datetime
    end: datetime

    def moment(self, chance: random.Random) -> datetime:
        """Any moment of it."""
        return self.start + (self.end - self.start) * chance.random()


def run(
    *,
    environment: Environment,
    items: int = 10_000,
    movements: int = 10_000_000,
    reads: int = 20,
    progress: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Make the ledger and its snapshots in a database of its own, and time reads of every item as of random moments.

    Half of the reads are as known now, half as known at another random moment. `differences` counts items whose
    quantity is not the plain sum over the rows; it must be 0.

    Raises:
        CannotRunError: the server is not an embedded one.
    """
    end = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    span = Span(end - timedelta(days=DAYS), end)
    with scratch_database(environment, progress) as (admin_url, here):
        with psycopg.connect(admin_url, autocommit=True) as admin:
            load_seconds = _timed(lambda: _load(admin, span, items, movements, progress))
            progress("making the snapshots")
            snapshot_seconds = _timed(lambda: _snapshots(admin, span))
            admin.execute("vacuum analyze stock_snapshots, stock_snapshot_days, inventory_items")
            (snapshot_rows,) = admin.execute("select count(*) from stock_snapshots").fetchone() or (0,)
        progress(f"reading {items:,} items, {reads} times")
        with psycopg.connect(here.variables["DATABASE_URL"], autocommit=True) as service:
            figures = _measure(service, span, reads)
    return {
        **figures,
        "target_ms": TARGET_MS,
        "items": items,
        "movements": movements,
        "snapshot_rows": snapshot_rows,
        "load_seconds": round(load_seconds, 1),
        "snapshot_seconds": round(snapshot_seconds, 1),
        "reads": reads,
        "seed": SEED,
        "machine": machine(),
    }


def _load(
    admin: psycopg.Connection[Any], span: Span, items: int, movements: int, progress: Callable[[str], None]
) -> None:
    """The rows straight into the table, its indexes afterwards; triggers and references are not what is measured."""
    admin.execute("set session_replication_role = replica")
    admin.execute("set synchronous_commit = off")
    admin.execute("set max_parallel_maintenance_workers = 2")
    admin.execute("set maintenance_work_mem = '256MB'")
    admin.execute("select ensure_movement_partitions(%s::date, %s::date)", [span.start, span.end])
    admin.execute(PLACES, {"items": items, "products": PRODUCTS})
    admin.execute(NUMBERED)
    indexes = admin.execute(INDEXES).fetchall()
    for name, _ in indexes:
        admin.execute(f'drop index "{name}"'.encode())
    admin.execute("select setseed(0.20261122)")
    step = (span.end - span.start).total_seconds() / (movements + 1)
    for chunk in range(CHUNKS):
        first, last = chunk * movements // CHUNKS + 1, (chunk + 1) * movements // CHUNKS
        values = {"items": items, "start": span.start, "end": span.end, "step": step, "first": first, "last": last}
        admin.execute(ROWS.encode(), values)
        progress(f"{last:,} of {movements:,} movements")
    for _, definition in indexes:
        admin.execute(definition.replace(" ON ONLY ", " ON ").encode())
    admin.execute("vacuum analyze stock_movements")


def _snapshots(admin: psycopg.Connection[Any], span: Span) -> None:
    for number in range(1, DAYS + 1):
        admin.execute("select make_stock_snapshot(%s)", [span.start + timedelta(days=number)])


def _measure(service: psycopg.Connection[Any], span: Span, reads: int) -> dict[str, Any]:
    """Milliseconds of each kind of read, rows fetched; today's balances are read before and after each read."""
    chance = random.Random(SEED)  # noqa: S311 - moments, not secrets
    taken: dict[str, list[float]] = {"now": [], "then": []}
    floors: list[float] = []
    for number in range(reads):
        known = "then" if number % 2 else "now"
        as_of = span.moment(chance)
        known_at = span.moment(chance) if number % 2 else datetime.now(UTC)
        floors.append(_timed(partial(_fetch, service, TODAY)))
        taken[known].append(_timed(partial(_fetch, service, AS_OF, as_of, known_at)))
    plain: dict[Any, Any] = {}
    fold = _timed(lambda: plain.update(service.execute(FOLD, {"t": as_of, "k": known_at}).fetchall()))
    found = {item: on_hand for item, on_hand, _ in service.execute(AS_OF, [as_of, known_at])}
    every = taken["now"] + taken["then"]
    return {
        "as_of_ms": round(statistics.median(every) * 1000, 1),
        "slowest_ms": round(max(every) * 1000, 1),
        "known_now_ms": round(statistics.median(taken["now"]) * 1000, 1),
        "known_then_ms": round(statistics.median(taken["then"]) * 1000, 1),
        "today_ms": round(statistics.median(floors) * 1000, 1),
        "ratio_to_today": round(statistics.median(every) / statistics.median(floors), 1),
        "plain_sum_ms": round(fold * 1000, 1),
        "differences": sum(found[item] != plain[item] for item in plain),
    }


def _fetch(service: psycopg.Connection[Any], query: str, *values: datetime) -> list[Any]:
    return service.execute(query.encode(), values).fetchall()


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
