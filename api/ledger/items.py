"""Inventory items: a product at a location and, where given, a storage area of it."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from api.core.errors import Invalid

ItemKey = tuple[UUID, UUID, UUID | None]

ENSURE = text(
    "select product_id, location_id, area_id, item_id from ensure_inventory_items("
    "cast(:products as uuid[]), cast(:locations as uuid[]), cast(:areas as uuid[]))"
)


def ensure_items(session: Session, keys: Iterable[ItemKey]) -> dict[ItemKey, UUID]:
    """The inventory items of these (product, location, area) keys, made where they are missing.

    Raises:
        Invalid: a product, location or area does not exist, or the area belongs to another location.
    """
    wanted = sorted(set(keys), key=str)
    if not wanted:
        return {}
    session.flush()
    columns = {
        "products": [product for product, _, _ in wanted],
        "locations": [location for _, location, _ in wanted],
        "areas": [area for _, _, area in wanted],
    }
    rows = session.execute(ENSURE, columns).mappings()
    found: dict[ItemKey, UUID] = {
        (row["product_id"], row["location_id"], row["area_id"]): row["item_id"] for row in rows
    }
    if len(found) < len(wanted):
        raise Invalid("A product, location or storage area does not exist.", code="unknown_item_key")
    return found
