"""Opening lots: from then on they are used before all others."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.orm import Session

from api.audit.record import record
from api.core.access import Principal
from api.inventory.lots.schemas import Opening
from api.ledger import lots

SCAN = "inventory.scan"


def open_lot(session: Session, principal: Principal, balance_id: UUID, asked: Opening) -> RowMapping:
    """Mark a lot at a place as opened; asking again changes nothing.

    Raises:
        LotNotFound: there is none, or none where the person may scan.
    """
    visible = principal.locations(SCAN)
    row = lots.get_lot(session, balance_id, locations=visible)
    if lots.open_lot(session, balance_id, asked.opened_at or datetime.now(UTC)):
        record(
            session,
            actor_id=principal.id,
            action="lots.open",
            subject_type="lot_balance",
            subject_id=balance_id,
            location_id=row["location_id"],
            details={"lot_id": str(row["lot_id"]), "item_id": str(row["item_id"])},
        )
    return lots.get_lot(session, balance_id, locations=visible)
