"""Movements that scans made, with the code that was scanned: it stands in `reference` behind `scan:`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

MARK: Final = "scan:"
SCANNED = """
select m.id, substr(m.reference, 6) as code, m.kind, m.product_id, m.entered_quantity, m.entered_unit,
       coalesce(f.location_id, t.location_id) as location_id, m.actor_id, m.device_id, m.occurred_at, m.recorded_at
  from stock_movements m
  left join inventory_items f on f.id = m.from_item_id
  left join inventory_items t on t.id = m.to_item_id
 where m.reference like 'scan:%'
   and (cast(:everywhere as boolean) or coalesce(f.location_id, t.location_id) = any (cast(:locations as uuid[])))
   and (cast(:location_id as uuid) is null or coalesce(f.location_id, t.location_id) = cast(:location_id as uuid))
   and (cast(:reference as text) is null or m.reference = cast(:reference as text))
   and (cast(:after as uuid) is null or m.id < cast(:after as uuid))
 order by m.id desc
 limit :limit
"""


def reference_of(code: str) -> str:
    """What a movement keeps of the scan that made it."""
    return MARK + code


def scanned_movements(
    session: Session,
    *,
    locations: Collection[UUID] | None,
    location_id: UUID | None,
    code: str | None,
    after: UUID | None,
    limit: int,
) -> Sequence[RowMapping]:
    """Movements made by scans at visible locations (None: all), latest captured first, `limit + 1` of them."""
    values = {
        "everywhere": locations is None,
        "locations": list(locations or ()),
        "location_id": location_id,
        "reference": None if code is None else reference_of(code),
        "after": after,
        "limit": limit + 1,
    }
    return session.execute(text(SCANNED), values).mappings().all()
