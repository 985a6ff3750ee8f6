"""What the rooms above need to know of the ledger's rows for their documents."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.domain.ids import reversal_id
from api.ledger.models import Lot, StockMovement


def products_of_lots(session: Session, lot_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """The product of each of these lots; unknown ids are missing."""
    if not lot_ids:
        return {}
    return {
        row.id: row.product_id for row in session.execute(select(Lot.id, Lot.product_id).where(Lot.id.in_(lot_ids)))
    }


def reversed_among(session: Session, movement_ids: Collection[UUID]) -> set[UUID]:
    """Those of the movements that were taken back; a reversal's id is derived, so it is found by its key."""
    ids = {reversal_id(each): each for each in movement_ids}
    if not ids:
        return set()
    return {ids[found] for found in session.scalars(select(StockMovement.id).where(StockMovement.id.in_(list(ids))))}
