"""Inventory items: a product at a location and, where given, a storage area of it."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from api.core.errors import Invalid

ItemKey = tuple[UUID, UUID, UUID | None]

# Keys are sorted so that two callers who make the same new items never wait for each other in a ring.
ENSURE = """
with wanted as (
    select distinct w.product_id, w.location_id, w.area_id
      from unnest(cast(:products as uuid[]), cast(:locations as uuid[]), cast(:areas as uuid[]))
           as w(product_id, location_id, area_id)
)
insert into inventory_items (product_id, location_id, area_id, allows_negative, currency)
select w.product_id, w.location_id, w.area_id, l.allows_negative, l.currency
  from wanted w join products p on p.id = w.product_id join locations l on l.id = w.location_id
  left join storage_areas a on a.id = w.area_id and a.location_id = w.location_id
 where (w.area_id is null or a.id is not null)
   and not exists (select from inventory_items i where i.product_id = w.product_id
                      and i.location_id = w.location_id and i.area_id is not distinct from w.area_id)
 order by w.product_id, w.location_id, w.area_id
on conflict do nothing
"""

FIND = """
select i.product_id, i.location_id, i.area_id, i.id
  from unnest(cast(:products as uuid[]), cast(:locations as uuid[]), cast(:areas as uuid[]))
       as w(product_id, location_id, area_id)
  join inventory_items i on i.product_id = w.product_id and i.location_id = w.location_id
   and i.area_id is not distinct from w.area_id
"""


def ensure_items(session: Session, keys: Iterable[ItemKey]) -> dict[ItemKey, UUID]:
    """The inventory items of these (product, location, area) keys, made where they are missing.

    Raises:
        Invalid: a product, location or area does not exist, or the area belongs to another location.
    """
    wanted = sorted(set(keys), key=str)
    if not wanted:
        return {}
    session.flush()
    found = _find(session, wanted)
    missing = [key for key in wanted if key not in found]
    if missing:
        session.execute(text(ENSURE), _columns(missing))
        found |= _find(session, missing)
    if len(found) < len(wanted):
        raise Invalid("A product, location or storage area does not exist.", code="unknown_item_key")
    return found


def _find(session: Session, keys: list[ItemKey]) -> dict[ItemKey, UUID]:
    rows = session.execute(text(FIND), _columns(keys)).mappings()
    return {(row["product_id"], row["location_id"], row["area_id"]): row["id"] for row in rows}


def _columns(keys: list[ItemKey]) -> dict[str, list[UUID | None]]:
    return {
        "products": [product for product, _, _ in keys],
        "locations": [location for _, location, _ in keys],
        "areas": [area for _, _, area in keys],
    }
