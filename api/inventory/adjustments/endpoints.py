"""`/api/inventory/{id}/adjust` and `/api/adjustments`: corrections, and the second pair of eyes."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.core.access import Principal, Requires
from api.core.database import DbSession
from api.core.pagination import Cursor, Limit, Page
from api.core.types import UtcDateTime
from api.inventory.adjustments import deciding, service
from api.inventory.adjustments.models import Adjustment
from api.inventory.adjustments.repository import AdjustmentFilter
from api.inventory.adjustments.schemas import AdjustedAnswer, AdjustmentAnswer, AdjustmentIn, Decision, Status
from api.ledger import queries

router = APIRouter(prefix="/api", tags=["inventory"])

Reader = Annotated[Principal, Requires(service.READ)]
Adjuster = Annotated[Principal, Requires(service.ADJUST)]
Approver = Annotated[Principal, Requires(deciding.APPROVE)]
Reason = Annotated[str | None, Query(max_length=40, pattern=r"^[^\x00]*$")]
WAITING: dict[int | str, dict[str, Any]] = {
    200: {"model": AdjustmentAnswer, "description": "Sent before, and decided against since."},
    202: {"model": AdjustmentAnswer, "description": "Worth more than the person may adjust alone: it waits."},
}


@router.post("/inventory/{item_id}/adjust", status_code=201, responses=WAITING)
def adjust(
    session: DbSession, principal: Adjuster, response: Response, item_id: UUID, body: AdjustmentIn
) -> AdjustedAnswer | AdjustmentAnswer:
    """Correct a balance by a difference; beyond the role's limit it waits (202). The same id again is harmless."""
    row = service.adjust(session, principal, item_id, body)
    status = service.status_of(row)
    if status not in {"posted", "approved"}:
        response.status_code = 202 if status == "pending" else 200
        return _present(session, row)
    locations = principal.locations(service.ADJUST)
    movement = queries.get_movement(session, row.id, locations=locations)
    item = queries.get_item(session, item_id, locations=locations)
    return AdjustedAnswer.of({**movement, "status": status}, on_hand=item["on_hand"])


@router.get("/adjustments")
def list_adjustments(
    session: DbSession,
    principal: Reader,
    location_id: UUID | None = None,
    product_id: UUID | None = None,
    item_id: UUID | None = None,
    reason_code: Reason = None,
    requested_by: UUID | None = None,
    status: Annotated[list[Status] | None, Query(description="One or more, repeated.")] = None,
    since: UtcDateTime | None = None,
    until: UtcDateTime | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[AdjustmentAnswer]:
    """Adjustments, the latest asked for first; `since` and `until` are moments at which they happened."""
    if location_id is not None:
        principal.must(service.READ, location_id)
    wanted = AdjustmentFilter(
        locations=principal.locations(service.READ),
        location_id=location_id,
        product_id=product_id,
        item_id=item_id,
        reason_code=reason_code,
        requested_by=requested_by,
        statuses=status or (),
        since=since,
        until=until,
    )
    return service.list_adjustments(session, wanted, limit=limit, cursor=cursor)


@router.get("/adjustments/{adjustment_id}")
def get_adjustment(session: DbSession, principal: Reader, adjustment_id: UUID) -> AdjustmentAnswer:
    """One adjustment."""
    return _present(session, service.found(session, adjustment_id, principal))


@router.post("/adjustments/{adjustment_id}/approve")
def approve(
    session: DbSession, principal: Approver, adjustment_id: UUID, body: Decision | None = None
) -> AdjustmentAnswer:
    """Post what a colleague has asked for; nobody approves their own."""
    return _present(session, deciding.approve(session, principal, adjustment_id, _remark(body)))


@router.post("/adjustments/{adjustment_id}/reject")
def reject(
    session: DbSession, principal: Approver, adjustment_id: UUID, body: Decision | None = None
) -> AdjustmentAnswer:
    """Refuse it; nothing is posted."""
    return _present(session, deciding.reject(session, principal, adjustment_id, _remark(body)))


@router.post("/adjustments/{adjustment_id}/withdraw")
def withdraw(
    session: DbSession, principal: Adjuster, adjustment_id: UUID, body: Decision | None = None
) -> AdjustmentAnswer:
    """Take back one's own while it waits."""
    return _present(session, deciding.withdraw(session, principal, adjustment_id, _remark(body)))


def _present(session: DbSession, row: Adjustment) -> AdjustmentAnswer:
    return service.present(session, [row])[0]


def _remark(body: Decision | None) -> str | None:
    return None if body is None else body.note
