"""Proof that every balance is the sum of its rows; it names every difference and repairs nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg

# Rows and balances are read in one statement, and so in one snapshot: a posting is seen whole or not at all.
DIFFERENCES = """
with legs as (
    select to_item_id as item_id, quantity as delta from stock_movements where to_item_id is not null
    union all
    select from_item_id, -quantity from stock_movements where from_item_id is not null
), sums as (
    select item_id, sum(delta) as moved from legs group by item_id
)
select i.id::text, p.sku, l.code, i.on_hand::text, coalesce(s.moved, 0)::text, p.stock_unit
  from inventory_items i
  join products p on p.id = i.product_id
  join locations l on l.id = i.location_id
  left join sums s on s.item_id = i.id
 where i.on_hand <> coalesce(s.moved, 0)
 order by l.code, p.sku, i.id
"""
UNHEARD = """
select m.id::text, count(e.id) from stock_movements m
  left join outbox_events e on e.subject_id = m.id and e.type = 'stock_movement.posted.v1'
 where m.recorded_at > now() - interval '1 day'
 group by m.id having count(e.id) <> 1 order by m.id
"""


@dataclass(frozen=True, slots=True)
class Difference:
    """An item whose balance is not what its movements add up to, in the product's stock unit."""

    item_id: str
    sku: str
    location: str
    on_hand: str
    moved: str
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
    """Recompute every balance from the rows and compare; reads only, in one repeatable-read transaction."""
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read read only")
        differences = [Difference(*row) for row in connection.execute(DIFFERENCES)]
        missing = [row[0] for row in connection.execute(UNHEARD)]
        items = _number(connection, "select count(*) from inventory_items")
        movements = _number(connection, "select count(*) from stock_movements")
    return Report(not differences and not missing, items, movements, differences, missing)


def _number(connection: psycopg.Connection[Any], query: str) -> int:
    row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])
