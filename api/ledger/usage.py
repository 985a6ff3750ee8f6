"""Which of a product's items at a location is used up when nobody says where it was taken from."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from api.catalog.models import StorageArea
from api.ledger.items import ensure_items
from api.ledger.models import InventoryItem


def items_in_use(session: Session, location_id: UUID, product_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Per product the item that use is taken from: the one without a storage area, else the fullest.

    Goods on the road cannot be used yet. A product that was never at the location gets an item without an area.

    Raises:
        Invalid: a product or the location does not exist.
    """
    item = InventoryItem
    query = (
        select(item.product_id, item.id)
        .where(item.location_id == location_id, item.product_id.in_(product_ids))
        .where(~exists().where(StorageArea.id == item.area_id, StorageArea.is_in_transit))
        .ext(distinct_on(item.product_id))
        .order_by(item.product_id, item.area_id.is_not(None), item.on_hand.desc(), item.id)
    )
    found: dict[UUID, UUID] = {row.product_id: row.id for row in session.execute(query)}
    missing = [(product_id, location_id, None) for product_id in product_ids if product_id not in found]
    made = ensure_items(session, missing)
    return found | {product_id: item_id for (product_id, _, _), item_id in made.items()}
