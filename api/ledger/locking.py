"""Balances held until the transaction ends, for what is worked out from several of them or posted in several calls."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.domain.costing import Balance
from api.ledger.models import InventoryItem


def lock_balances(session: Session, item_ids: Collection[UUID]) -> dict[UUID, Balance]:
    """What is on hand of each item, and what one of it costs; nobody else moves them before this transaction ends.

    The rows are locked in key order, as the posting function does, so that two callers never wait in a ring. Whoever
    posts in several calls locks all items of all of them first, for the same reason.
    """
    session.flush()
    item = InventoryItem
    query = select(item.id, item.on_hand, item.avg_cost).where(item.id.in_(item_ids)).order_by(item.id)
    rows = session.execute(query.with_for_update(key_share=True))
    return {row.id: Balance(row.on_hand, row.avg_cost) for row in rows}


def lock_products(session: Session, location_id: UUID, product_ids: Collection[UUID]) -> None:
    """Hold every item of these products at a location, in key order, until the transaction ends."""
    session.flush()
    item = InventoryItem
    query = select(item.id).where(item.location_id == location_id, item.product_id.in_(product_ids)).order_by(item.id)
    session.execute(query.with_for_update(key_share=True)).all()
