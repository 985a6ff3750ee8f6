"""Four eyes: deciding about an adjustment that waits. Each step locks the adjustment's row first."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from api.core.access import Principal
from api.inventory.adjustments import repository
from api.inventory.adjustments.errors import (
    AdjustmentExpired,
    AdjustmentNotFound,
    AlreadyDecided,
    NotTheAuthor,
    SelfApproval,
)
from api.inventory.adjustments.models import Adjustment
from api.inventory.adjustments.service import ADJUST, note, post, status_of, tell

APPROVE = "inventory.approve"
AT_ONCE = 200


def approve(session: Session, principal: Principal, adjustment_id: UUID, remark: str | None) -> Adjustment:
    """Post an adjustment that waits; a second approval changes nothing and answers the same.

    Raises:
        AdjustmentNotFound, SelfApproval, AlreadyDecided, AdjustmentExpired: see their names.
        InsufficientStock: the location bars negative stock; it goes on waiting.
    """
    row = _locked(session, principal, APPROVE, adjustment_id)
    if row.status == "approved":
        return row
    _must_wait(row)
    if row.requested_by == principal.id:
        raise SelfApproval
    post(session, row)
    return _decide(session, principal.id, row, "approved", remark)


def reject(session: Session, principal: Principal, adjustment_id: UUID, remark: str | None) -> Adjustment:
    """Refuse an adjustment that waits; nothing is posted. A second rejection answers the same.

    Raises:
        AdjustmentNotFound, SelfApproval, AlreadyDecided, AdjustmentExpired: see their names.
    """
    row = _locked(session, principal, APPROVE, adjustment_id)
    if row.status == "rejected":
        return row
    _must_wait(row)
    if row.requested_by == principal.id:
        raise SelfApproval
    return _decide(session, principal.id, row, "rejected", remark)


def withdraw(session: Session, principal: Principal, adjustment_id: UUID, remark: str | None) -> Adjustment:
    """Take back what one has asked for oneself, while it waits; again answers the same.

    Raises:
        AdjustmentNotFound, NotTheAuthor, AlreadyDecided, AdjustmentExpired: see their names.
    """
    row = _locked(session, principal, ADJUST, adjustment_id)
    if row.requested_by != principal.id:
        raise NotTheAuthor
    if row.status == "withdrawn":
        return row
    _must_wait(row)
    return _decide(session, principal.id, row, "withdrawn", remark)


def expire_overdue(session: Session) -> int:
    """Say of some adjustments that nobody decided in time; how many they were."""
    rows = repository.overdue(session, AT_ONCE)
    for row in rows:
        _decide(session, None, row, "expired", None)
    return len(rows)


def _locked(session: Session, principal: Principal, scope: str, adjustment_id: UUID) -> Adjustment:
    row = repository.find(session, adjustment_id, principal.locations(scope), lock=True)
    if row is None:
        raise AdjustmentNotFound
    return row


def _must_wait(row: Adjustment) -> None:
    status = status_of(row)
    if status == "expired":
        raise AdjustmentExpired
    if status != "pending":
        raise AlreadyDecided(status)


def _decide(session: Session, actor_id: UUID | None, row: Adjustment, status: str, remark: str | None) -> Adjustment:
    row.status, row.decided_by, row.decision_note = status, actor_id, remark
    row.decided_at = datetime.now(UTC)
    session.flush()
    note(session, actor_id, row, f"adjustment.{status}")
    tell(session, row, "decided")
    return row
