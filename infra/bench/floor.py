"""The floor of a scan: four plain tables and one unique key, the same work in one statement, by pgbench.

Nothing of the service is in it: no audit, no scopes, no costs, no idempotent answer. One transaction carries one scan,
or `batch` of them. The statement travels as text, as pgbench sends it unless told otherwise; the faster figure with
prepared statements is printed beside it.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import psycopg

from infra.local.errors import CannotRunError
from infra.local.postgres import BINARIES

CODES = 1000
TABLES = """
create schema floor;
create table floor.codes (code text primary key, item_id bigint not null);
create table floor.items (id bigint primary key, on_hand numeric(18, 6) not null) with (fillfactor = 70);
create table floor.movements (id uuid primary key, item_id bigint not null, quantity numeric(18, 6) not null,
                              occurred_at timestamptz not null default now());
create table floor.outbox (id bigint generated always as identity primary key, payload jsonb not null);
insert into floor.items select n, 1000000 from generate_series(1, 1000) n;
insert into floor.codes select lpad(n::text, 14, '0'), n from generate_series(1, 1000) n;
"""
SCAN = """
\\set number random(1, 1000)
with found as (
    select item_id from floor.codes where code = lpad((:number)::text, 14, '0')
), moved as (
    insert into floor.movements (id, item_id, quantity) select uuidv7(), item_id, 1 from found returning id, item_id
), heard as (
    insert into floor.outbox (payload) select jsonb_build_object('id', id, 'item_id', item_id) from moved
)
update floor.items i set on_hand = i.on_hand - 1 from found where i.id = found.item_id returning i.on_hand;
"""
# The items of a batch are taken in key order, as any careful program would; otherwise the floor would deadlock.
BATCH = """
with asked as materialized (
    select lpad((1 + floor(random() * 1000))::int::text, 14, '0') as code from generate_series(1, {batch})
), found as materialized (
    select c.item_id from asked a join floor.codes c on c.code = a.code
), locked as materialized (
    select i.id from floor.items i where i.id in (select item_id from found) order by i.id for no key update
), moved as (
    insert into floor.movements (id, item_id, quantity) select uuidv7(), item_id, 1 from found returning id, item_id
), heard as (
    insert into floor.outbox (payload) select jsonb_build_object('id', id, 'item_id', item_id) from moved
)
update floor.items i set on_hand = i.on_hand - d.quantity
  from (select item_id, count(*) as quantity from found group by item_id) d, locked l
 where i.id = d.item_id and l.id = i.id returning i.on_hand;
"""

# What a page shows and nothing of how it comes about: sums, flags and what is on order are plain columns.
SHELF = """
create table floor.products (id uuid primary key, sku text not null, name text not null, unit text not null);
create table floor.shelf (id uuid primary key, product_id uuid not null, location_id uuid not null, area_id uuid,
                          on_hand numeric(18, 6) not null, avg_cost numeric(18, 6) not null, currency text not null,
                          on_order numeric(18, 6) not null, reorder_point numeric(18, 6), par_level numeric(18, 6),
                          is_below_reorder boolean not null, updated_at timestamptz not null, version bigint not null);
insert into floor.products select uuidv7(), 'B' || n, 'Product ' || n, 'each' from generate_series(1, 1000) n;
insert into floor.shelf select uuidv7(), id, '00000000-0000-7000-8000-000000000001', null, 0, 0, 'EUR', 0, null, null,
                               false, now(), 0 from floor.products;
create index on floor.products (name);
create index on floor.shelf (location_id, product_id);
"""
PAGE = """
select s.id, s.product_id, p.sku, p.name, s.location_id, s.area_id, s.on_hand, p.unit, s.avg_cost,
       s.on_hand * s.avg_cost, s.currency, s.on_order, s.reorder_point, s.par_level, s.is_below_reorder, s.on_hand < 0,
       s.updated_at, s.version
  from floor.products p join floor.shelf s on s.product_id = p.id
 where s.location_id = '00000000-0000-7000-8000-000000000001' order by p.name, s.id limit {rows};
"""


def make_tables(admin_url: str) -> None:
    """The four tables with a thousand codes."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute(TABLES.encode())
        connection.execute(SHELF.encode())
        connection.execute("vacuum analyze floor.items")
        connection.execute("vacuum analyze floor.products")
        connection.execute("vacuum analyze floor.shelf")


def measure(admin_url: str, folder: Path, *, seconds: int, clients: int, batch: int, protocol: str = "simple") -> float:
    """Scans per second of the floor; `protocol` is pgbench's: simple (its default), extended or prepared.

    Raises:
        CannotRunError: pgbench failed.
    """
    statement = SCAN if batch == 1 else BATCH.format(batch=batch)
    return batch * _pgbench(admin_url, folder, statement, seconds=seconds, clients=clients, protocol=protocol)


def measure_pages(
    admin_url: str, folder: Path, *, seconds: int, clients: int, rows: int, protocol: str = "simple"
) -> float:
    """Pages per second of the floor: a select with one join that shows just what a page shows.

    Raises:
        CannotRunError: pgbench failed.
    """
    statement = PAGE.format(rows=rows)
    return _pgbench(admin_url, folder, statement, seconds=seconds, clients=clients, protocol=protocol)


def _pgbench(admin_url: str, folder: Path, statement: str, *, seconds: int, clients: int, protocol: str) -> float:
    script = folder / "floor.sql"
    script.write_text(statement, encoding="utf-8")
    done = subprocess.run(
        [
            str(BINARIES / "pgbench"),
            *("--no-vacuum", f"--protocol={protocol}", "--jobs=2", f"--client={clients}", f"--time={seconds}"),
            f"--file={script}",
            admin_url,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.search(r"^tps = ([\d.]+)", done.stdout, re.MULTILINE)
    if done.returncode or found is None:
        words = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()
        raise CannotRunError(f"pgbench failed: {words[-1]}")
    return float(found[1])
