"""Every scan there was: those that became a movement stand in the ledger, the others in `scans`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from api.core.pagination import cut
from api.ledger.scanned import scanned_movements
from api.scans import repository
from api.scans.planning import MOVES
from api.scans.schemas import ScanRecord

ACTIONS = {kind: action for action, (kind, _, _) in MOVES.items()}


def list_scans(
    session: Session,
    *,
    locations: frozenset[UUID] | None,
    location_id: UUID | None,
    status: str | None,
    code: str | None,
    after: UUID | None,
    limit: int,
) -> tuple[list[ScanRecord], str | None]:
    """A page of scans, latest captured first, and the cursor of the next; each scan once."""
    kept = repository.list_scans(
        session, locations=locations, location_id=location_id, status=status, code=code, after=after, limit=limit
    )
    found = {row.id: ScanRecord.model_validate(row) for row in kept}
    if status in {None, "posted"}:
        moved = scanned_movements(
            session, locations=locations, location_id=location_id, code=code, after=after, limit=limit
        )
        found |= {row["id"]: _as_record(row, found.get(row["id"])) for row in moved}
    latest = sorted(found.values(), key=lambda record: record.id, reverse=True)[: limit + 1]
    return cut(latest, limit, lambda record: (record.id,))


def _as_record(row: Mapping[Any, Any], kept: ScanRecord | None) -> ScanRecord:
    """A scan that became a movement; what waited for its code first has its symbology kept too."""
    return ScanRecord(
        id=row["id"],
        code=row["code"],
        symbology=None if kept is None else kept.symbology,
        action=ACTIONS.get(row["kind"], row["kind"]),
        status="posted",
        movement_id=row["id"],
        location_id=row["location_id"],
        product_id=row["product_id"],
        quantity=row["entered_quantity"],
        unit=row["entered_unit"],
        actor_id=row["actor_id"],
        device_id=row["device_id"],
        occurred_at=row["occurred_at"],
        recorded_at=row["recorded_at"],
    )
