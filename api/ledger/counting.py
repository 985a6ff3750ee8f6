"""What a count asks of the ledger: what there is to count, what was expected when, how fast stock is used."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

USAGE_KINDS = ("sale", "consumption", "waste")
"""What the kitchen uses up: sold through recipes, issued, thrown away."""

ITEMS = """
select i.id, i.product_id, p.sku, p.name, p.stock_unit as unit, i.area_id, a.name as area_name,
       coalesce(a.position, -1) as area_position, i.on_hand, i.avg_cost, i.currency
  from inventory_items i
  join products p on p.id = i.product_id
  left join storage_areas a on a.id = i.area_id
 where i.location_id = :location_id and (p.is_active or i.on_hand <> 0) and not coalesce(a.is_in_transit, false)
 order by area_position, a.name, p.name, i.id
"""
CHOSEN = """
select i.id, i.product_id, p.sku, p.name, p.stock_unit as unit, i.area_id, a.name as area_name,
       coalesce(a.position, -1) as area_position, i.on_hand, i.avg_cost, i.currency
  from inventory_items i
  join products p on p.id = i.product_id
  left join storage_areas a on a.id = i.area_id
 where i.location_id = :location_id and i.id = any (cast(:items as uuid[]))
"""
MEASURES = """
select w.item_id, i.on_hand,
       i.on_hand - case when w.since is null then 0 else balance_since(i.id, w.since) end as expected,
       case when w.until is not distinct from w.since then 0
            else balance_since(i.id, w.since) - balance_since(i.id, w.until) end as moved,
       i.avg_cost, i.currency
  from unnest(cast(:items as uuid[]), cast(:since as timestamptz[]), cast(:until as timestamptz[]))
       as w(item_id, since, until)
  join inventory_items i on i.id = w.item_id
"""
# One row per item and day first, so that the mean and the deviation are those of days.
USAGE = """
with days as (
    select w.item_id, (leg.occurred_at at time zone 'UTC')::date as day, sum(leg.used) as used
      from unnest(cast(:items as uuid[]), cast(:until as timestamptz[])) as w(item_id, until)
     cross join lateral (
          select m.quantity as used, m.occurred_at from stock_movements m
           where m.from_item_id = w.item_id and m.kind = any (cast(:kinds as text[])) and m.reverses_id is null
             and m.occurred_at > w.until - make_interval(days => :days) and m.occurred_at <= w.until
          union all
          select -m.quantity, m.occurred_at from stock_movements m
           where m.to_item_id = w.item_id and m.kind = any (cast(:kinds as text[])) and m.reverses_id is not null
             and m.occurred_at > w.until - make_interval(days => :days) and m.occurred_at <= w.until) leg
     group by w.item_id, day
)
select item_id, sum(used) as used, sum(used * used) as squares, min(day) as first_day from days group by item_id
"""
BETWEEN = """
select w.item_id,
       coalesce((select sum(m.quantity) from stock_movements m
                  where m.to_item_id = w.item_id and m.occurred_at > w.since and m.occurred_at <= w.until
                    and m.kind <> all (cast(:kinds as text[]))), 0)
       - coalesce((select sum(m.quantity) from stock_movements m
                    where m.from_item_id = w.item_id and m.occurred_at > w.since and m.occurred_at <= w.until
                      and m.kind <> all (cast(:kinds as text[]))), 0) as moved
  from unnest(cast(:items as uuid[]), cast(:since as timestamptz[]), cast(:until as timestamptz[]))
       as w(item_id, since, until)
"""
USAGE_VALUES = """
with legs as (
    select m.from_item_id as item_id, m.value from stock_movements m
      join inventory_items i on i.id = m.from_item_id and i.location_id = :location_id
     where m.occurred_at > :since and m.kind = any (cast(:kinds as text[])) and m.reverses_id is null
    union all
    select m.to_item_id, -m.value from stock_movements m
      join inventory_items i on i.id = m.to_item_id and i.location_id = :location_id
     where m.occurred_at > :since and m.kind = any (cast(:kinds as text[])) and m.reverses_id is not null
)
select item_id, sum(value) as value from legs group by item_id
"""
CORRECTED = """
select coalesce(m.to_item_id, m.from_item_id) as item_id, max(m.occurred_at) as counted_at
  from stock_movements m
 where m.kind = 'count_correction' and m.reverses_id is null
   and (m.to_item_id = any (cast(:items as uuid[])) or m.from_item_id = any (cast(:items as uuid[])))
 group by 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CountableItem:
    """An inventory item with its names; `on_hand` in the stock unit `unit`, `avg_cost` per unit in `currency`."""

    id: UUID
    product_id: UUID
    sku: str
    name: str
    unit: str
    area_id: UUID | None
    area_name: str | None
    area_position: int
    on_hand: Decimal
    avg_cost: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Measure:
    """The balance as of a moment, and what came less what went until a later one; in the stock unit."""

    item_id: UUID
    on_hand: Decimal
    expected: Decimal
    moved: Decimal
    avg_cost: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class DailyUsage:
    """Mean and standard deviation of what is used per day, in the stock unit."""

    mean: Decimal
    deviation: Decimal


def items_at(session: Session, location_id: UUID) -> list[CountableItem]:
    """What is kept at a location, by storage area and name; goods on the road and retired products without stock are
    left out.
    """
    session.flush()
    return [CountableItem(**row) for row in session.execute(text(ITEMS), {"location_id": location_id}).mappings()]


def items_by_id(session: Session, location_id: UUID, item_ids: Collection[UUID]) -> dict[UUID, CountableItem]:
    """These items of the location; ids of other places are missing."""
    session.flush()
    values = {"location_id": location_id, "items": list(item_ids)}
    return {row["id"]: CountableItem(**row) for row in session.execute(text(CHOSEN), values).mappings()}


def measures(session: Session, moments: Iterable[tuple[UUID, datetime | None, datetime | None]]) -> dict[UUID, Measure]:
    """For each (item, since, until) the balance as of `since` and what moved until `until`; both None mean now."""
    wanted = list(moments)
    session.flush()
    values = {
        "items": [item for item, _, _ in wanted],
        "since": [since for _, since, _ in wanted],
        "until": [until for _, _, until in wanted],
    }
    return {row["item_id"]: Measure(**row) for row in session.execute(text(MEASURES), values).mappings()}


def daily_usage(session: Session, moments: Iterable[tuple[UUID, datetime]], *, days: int) -> dict[UUID, DailyUsage]:
    """For each (item, until) what was used per day in the `days` before, idle days included from the first with use.

    Items that were not used at all are missing.
    """
    wanted = dict(moments)
    values = {"items": list(wanted), "until": list(wanted.values()), "kinds": list(USAGE_KINDS), "days": days}
    usage = {}
    for row in session.execute(text(USAGE), values).mappings():
        span = min(days, (wanted[row["item_id"]].date() - row["first_day"]).days + 1)
        mean = row["used"] / span
        usage[row["item_id"]] = DailyUsage(mean, max(Decimal(0), row["squares"] / span - mean * mean).sqrt())
    return usage


def moved_otherwise(session: Session, spans: Iterable[tuple[UUID, datetime, datetime]]) -> dict[UUID, Decimal]:
    """For each (item, since, until] what came less what went without being used: receipts, transfers, corrections."""
    wanted = list(spans)
    values = {
        "items": [item for item, _, _ in wanted],
        "since": [since for _, since, _ in wanted],
        "until": [until for _, _, until in wanted],
        "kinds": list(USAGE_KINDS),
    }
    return {row.item_id: row.moved for row in session.execute(text(BETWEEN), values)}


def usage_values(session: Session, location_id: UUID, since: datetime) -> dict[UUID, Decimal]:
    """What each item of a location was used for since then, in the location's currency; unused items are missing."""
    values = {"location_id": location_id, "since": since, "kinds": list(USAGE_KINDS)}
    return {row.item_id: row.value for row in session.execute(text(USAGE_VALUES), values)}


def last_corrections(session: Session, item_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """When each item was last corrected by a count; those that never were are missing."""
    rows = session.execute(text(CORRECTED), {"items": list(item_ids)})
    return {row.item_id: row.counted_at for row in rows}
