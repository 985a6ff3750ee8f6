"""A chain of restaurants for the pipeline's benchmark: made by the server itself from a seed, as people would leave it.

Forty locations in four time zones keep eight hundred products each. Movements go into the operational table: what was
there at first, sales, deliveries, waste, counts, so that little ever runs out. They lie in the order in which they were
recorded, as a ledger's rows do: most within a minute of what happened, one in forty within a day, one in two hundred up
to a month late. The tills' lines go where ingestion would have put them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg

CHUNK = 500_000
SEED = "select setseed(0.20261122)"
PLACES = """
with places as (
    insert into locations (code, name, time_zone, currency)
    select 'B' || n, 'Bench ' || n, (array['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Tokyo'])[1 + n %% 4],
           (array['EUR', 'EUR', 'USD', 'JPY'])[1 + n %% 4]
      from generate_series(1, %(locations)s) n returning id, currency
), made as (
    insert into products (sku, name, category, stock_unit)
    select 'B' || n, 'Product ' || n, 'Category ' || n %% 12, 'g' from generate_series(1, %(products)s) n returning id
)
insert into inventory_items (product_id, location_id, currency)
select made.id, places.id, places.currency from places cross join made
"""
MENU = """
with dishes as (
    insert into menu_items (code, name, category, price)
    select 'dish_' || n, 'Dish ' || n, 'Menu ' || n % 4, 8 + n from generate_series(1, 40) n returning id, code
), written as (
    insert into recipes (menu_item_id, yield_quantity, yield_unit, effective_from)
    select id, 1, 'each', current_date - 1000 from dishes returning id, menu_item_id
), numbered as (
    select id, row_number() over (order by id) as n from written
)
insert into recipe_lines (recipe_id, product_id, position, quantity, unit, yield_fraction)
select numbered.id, products.id, part, 40 + 10 * part, 'g', 1
  from numbered cross join generate_series(1, 5) part join products on products.sku = 'B' || (numbered.n * 5 + part)
"""
NUMBERED = """
create table bench_items as
select (row_number() over (order by id))::int as n, id, product_id, currency from inventory_items;
create unique index on bench_items (n);
analyze bench_items
"""
ROWS = """
insert into stock_movements (id, kind, from_item_id, to_item_id, product_id, quantity, unit, entered_quantity,
                             entered_unit, value, currency, occurred_at, recorded_at, source, content)
select uuidv7(d.occurred_at - clock_timestamp()), d.kind, case when d.comes then null else i.id end,
       case when d.comes then i.id end, i.product_id, d.quantity, 'g', d.quantity, 'g', d.quantity * 0.002, i.currency,
       d.occurred_at, d.recorded_at, case when d.kind = 'sale' then 'pos' else 'scan' end, '\\x00'
  from (select 1 + floor(random() * %(items)s)::int as n, kinds.kind, moment.recorded_at,
               (1 + floor(random() * 400)) * case kinds.kind when 'receipt' then 10 else 1 end as quantity,
               kinds.kind = 'receipt' or kinds.kind = 'count_correction' and g %% 2 = 0 as comes,
               greatest(%(opened)s, moment.recorded_at
                        - case when random() < %(late)s then random() * interval '20 days' else interval '0' end
                        - random() * interval '1 second' * case when random() < 0.005 then 30 * 86400
                                                                when random() < 0.025 then 86400 else 60 end
               ) as occurred_at
          from generate_series(%(first)s::bigint, %(last)s::bigint) g
         cross join lateral (select %(start)s::timestamptz + make_interval(secs => g * %(step)s) as recorded_at) moment
         cross join lateral (select (g * 7919) %% 100 as place) dealt
         cross join lateral (select case when place < 80 then 'sale' when place < 93 then 'receipt'
                                         when place < 98 then 'waste' else 'count_correction' end as kind) kinds
       ) d
  join bench_items i on i.n = d.n
 order by d.recorded_at
"""
SALES = """
create schema raw_pos;
create table raw_pos.order_lines (
    row_id text not null, location_id text, location_code text, order_number text, ordered_at timestamptz,
    business_day date, item_code text, item_name text, category text, quantity numeric, unit_price numeric,
    line_total numeric, source_file text, source_line integer, loaded_at timestamptz
);
insert into raw_pos.order_lines
select place.code || '-' || day || '-' || line, place.id::text, place.code, day || '-' || line / 3,
       day + interval '11 hours' + line * interval '5 minutes', day::date, 'dish_' || 1 + (line * 13 + place.n) % 40,
       'Dish', 'Menu', 1 + line % 2, 10, 10 * (1 + line % 2),
       place.code || '-' || day::date || '.csv', line, day + interval '1 day'
  from (select *, row_number() over (order by code) as n from locations) place
 cross join generate_series(%(start)s::date, %(end)s::date, interval '1 day') day
 cross join generate_series(1, %(lines)s) line
"""
OPENING = """
insert into stock_movements (id, kind, to_item_id, product_id, quantity, unit, entered_quantity, entered_unit, value,
                             currency, occurred_at, recorded_at, source, content)
select uuidv7(%(start)s - clock_timestamp()), 'opening', id, product_id, 6000, 'g', 6000, 'g', 12, currency,
       %(start)s, %(start)s, 'count', '\\x00'
  from bench_items
"""
INDEXES = """
select c.relname, pg_get_indexdef(c.oid) from pg_index x join pg_class c on c.oid = x.indexrelid
 where x.indrelid = 'stock_movements'::regclass and not x.indisprimary
"""
BALANCES = """
update inventory_items i set on_hand = moved.on_hand from (
    select item_id, sum(delta) as on_hand from (
        select to_item_id as item_id, quantity as delta from stock_movements where to_item_id is not null
        union all
        select from_item_id, -quantity from stock_movements where from_item_id is not null
    ) legs group by item_id
) moved where moved.item_id = i.id
"""


@dataclass(frozen=True)
class Chain:
    """How large it is: movements lie between `start` and `end`, an equal time apart."""

    locations: int
    products: int
    start: datetime
    end: datetime

    @property
    def items(self) -> int:
        """Inventory items: every product at every location."""
        return self.locations * self.products


def make_places(admin: psycopg.Connection[Any], chain: Chain, sales_lines: int) -> None:
    """Locations, products, menu, and `sales_lines` till lines per location and day."""
    admin.execute("set session_replication_role = replica")  # triggers and references are not what is measured
    admin.execute("set synchronous_commit = off")
    admin.execute(SEED)
    admin.execute(PLACES, {"locations": chain.locations, "products": chain.products})
    admin.execute(MENU)
    admin.execute(NUMBERED)
    statement = SALES.replace("%(start)s", f"'{chain.start.date()}'").replace("%(end)s", f"'{chain.end.date()}'")
    admin.execute(statement.replace("%(lines)s", str(sales_lines)).encode())
    admin.execute("grant usage on schema raw_pos to stockpot_pipeline")
    admin.execute("alter schema raw_pos owner to stockpot_pipeline")
    admin.execute("alter table raw_pos.order_lines owner to stockpot_pipeline")


def make_history(admin: psycopg.Connection[Any], chain: Chain, movements: int, progress: Callable[[str], None]) -> None:
    """The old movements, their indexes afterwards, and the balances that follow from them."""
    admin.execute(
        "select ensure_movement_partitions(%s::date, %s::date)", [chain.start - timedelta(days=60), chain.end]
    )
    indexes = admin.execute(INDEXES).fetchall()
    for name, _ in indexes:
        admin.execute(f'drop index "{name}"'.encode())
    admin.execute(OPENING.encode(), {"start": chain.start})
    step = (chain.end - chain.start).total_seconds() / (movements + 1)
    for first in range(1, movements + 1, CHUNK):
        last = min(first + CHUNK - 1, movements)
        _insert(admin, chain, first, last, start=chain.start, step=step, late=0.0)
        progress(f"{last:,} of {movements:,} movements")
    for _, definition in indexes:
        admin.execute(definition.replace(" ON ONLY ", " ON ").encode())
    admin.execute(BALANCES)
    admin.execute("vacuum analyze stock_movements")


def add_night(admin: psycopg.Connection[Any], chain: Chain, movements: int) -> None:
    """What one day more brings: most of it happened in that day, one in fifty up to twenty days before."""
    step = timedelta(hours=20).total_seconds() / (movements + 1)
    _insert(admin, chain, 1, movements, start=chain.end, step=step, late=0.02)
    admin.execute(BALANCES)


def _insert(
    admin: psycopg.Connection[Any], chain: Chain, first: int, last: int, *, start: datetime, step: float, late: float
) -> None:
    values = {
        "items": chain.items,
        "opened": chain.start,
        "start": start,
        "step": step,
        "first": first,
        "last": last,
        "late": late,
    }
    admin.execute(ROWS.encode(), values)
