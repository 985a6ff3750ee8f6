"""What was thrown away, whichever way it was told: by a scan, at the desk, or lost on the road."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

# The restaurant's day runs from its cut-off in its own time zone. Days are at most 14 hours off UTC's: the plain bounds
# on `occurred_at` let an index narrow the rows down before the exact day is worked out.
WASTE = """
select m.id, m.from_item_id as item_id, m.product_id, p.sku, p.name, i.location_id, i.area_id, m.quantity, m.unit,
       m.entered_quantity, m.entered_unit, m.value, m.currency, m.reason_code, m.reference, m.source, m.actor_id,
       m.device_id, l.code as lot_code, l.expires_on as lot_expires_on, m.occurred_at, m.recorded_at, d.business_day
  from stock_movements m
  join inventory_items i on i.id = m.from_item_id
  join products p on p.id = m.product_id
  join locations o on o.id = i.location_id
  left join lots l on l.id = m.lot_id
 cross join lateral (
       select cast((m.occurred_at at time zone o.time_zone) - cast(o.day_cutoff as interval) as date) as business_day) d
 where m.kind = 'waste' and m.reverses_id is null and {conditions}
 order by m.id desc
 limit :limit
"""
CONDITIONS = {
    "locations": "i.location_id = any (cast(:locations as uuid[]))",
    "waste_id": "m.id = :waste_id",
    "location_id": "i.location_id = :location_id",
    "product_id": "m.product_id = :product_id",
    "reason_code": "m.reason_code = :reason_code",
    "day": "d.business_day = :day and m.occurred_at >= cast(:day as date) - interval '2 days'"
    " and m.occurred_at < cast(:day as date) + interval '3 days'",
    "since": "m.occurred_at >= :since",
    "until": "m.occurred_at < :until",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WasteFilter:
    """Which waste; `locations` are those that the person may see (`None`: all), `day` is each location's own."""

    locations: frozenset[UUID] | None
    waste_id: UUID | None = None
    location_id: UUID | None = None
    product_id: UUID | None = None
    reason_code: str | None = None
    day: date | None = None
    since: datetime | None = None
    until: datetime | None = None


def list_waste(session: Session, wanted: WasteFilter, *, limit: int, after: UUID | None = None) -> Sequence[RowMapping]:
    """Waste, latest captured first, `limit + 1` rows before the id of the page before."""
    given = {name: getattr(wanted, name) for name in CONDITIONS}
    values: dict[str, Any] = {
        name: list(value) if isinstance(value, frozenset) else value
        for name, value in given.items()
        if value is not None
    }
    chosen = [CONDITIONS[name] for name in values] or ["true"]
    if after is not None:
        chosen.append("m.id < cast(:after as uuid)")
        values["after"] = after
    session.flush()
    query = text(WASTE.format(conditions=" and ".join(chosen)))  # conditions written above alone
    return session.execute(query, values | {"limit": limit + 1}).mappings().all()
