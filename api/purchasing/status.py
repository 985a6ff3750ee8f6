"""Moving an order along its life; what each step means for goods stands in `receiving`."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from api.audit.record import record
from api.catalog.models import Location
from api.core.access import Principal
from api.core.errors import Forbidden, VersionConflict
from api.outbox.publish import publish
from api.purchasing import presenting, receiving, repository
from api.purchasing.errors import SelfApproval, StepNotAllowed
from api.purchasing.lifecycle import ACTS, Act, Step, scope_of, step
from api.purchasing.models import PurchaseOrder
from api.purchasing.schemas import OrderOut, StatusChange
from api.purchasing.service import get_order, happened, promised
from api.suppliers.models import Supplier

MOMENT_OF: dict[Act, str] = {
    "submit": "submitted_at",
    "approve": "approved_at",
    "send": "sent_at",
    "close": "closed_at",
    "cancel": "cancelled_at",
}


def change_status(session: Session, principal: Principal, order_id: UUID, asked: StatusChange) -> OrderOut:
    """Take one step; receiving the same receipts again changes nothing and answers the same.

    Raises:
        OrderNotFound, Forbidden, SelfApproval, VersionConflict, StepNotAllowed: see their names.
        AlreadyReceived, OverReceipt, IdempotencyConflict: receiving what is not open.
    """
    order = get_order(session, principal, order_id, lock=True)
    act = ACTS[asked.status]
    _must_hold(principal, scope_of(order.status, act), order.location_id)  # type: ignore[arg-type]  # checked column
    if act == "receive":
        return _receive(session, principal, order, asked)
    _check_version(order, asked)
    taken = _allowed(order, act)
    if act == "approve" and order.created_by == principal.id:
        raise SelfApproval("You made this order: somebody else has to approve it.")
    moment = happened(asked.occurred_at, order.ordered_at)
    _apply(session, principal, order, act, moment)
    if asked.expected_on is not None:
        order.expected_on = asked.expected_on
    move(session, order, taken.to, act=act, actor_id=principal.id, at=moment)
    return presenting.present_one(session, order)


def _receive(session: Session, principal: Principal, order: PurchaseOrder, asked: StatusChange) -> OrderOut:
    arrival = receiving.plan(session, order, asked)
    if arrival.is_repeat:
        return presenting.present_one(session, order)
    _check_version(order, asked)
    receiving.refuse_complete(order)
    _allowed(order, "receive")
    at = happened(asked.occurred_at, order.ordered_at)
    receiving.book(session, order, arrival.new, actor_id=principal.id, device_id=asked.device_id, at=at)
    move_received(session, order, actor_id=principal.id, at=at)
    return presenting.present_one(session, order)


def move_received(session: Session, order: PurchaseOrder, *, actor_id: UUID | None, at: datetime) -> None:
    """Say what the receipts have made of the order: all there, or part of it."""
    is_complete = all(line.completed_at is not None for line in order.lines)
    if is_complete:
        order.received_at = max(line.completed_at for line in order.lines if line.completed_at)
    move(session, order, "received" if is_complete else "partially_received", act="receive", actor_id=actor_id, at=at)


def move(session: Session, order: PurchaseOrder, status: str, *, act: Act, actor_id: UUID | None, at: datetime) -> None:
    """Set the status and tell everybody who listens; the order's row is locked by this transaction."""
    before, order.status = order.status, status
    order.version += 1
    session.flush()
    record(
        session,
        actor_id=actor_id,
        action=f"purchase_order.{act}",
        subject_type="purchase_order",
        subject_id=order.id,
        location_id=order.location_id,
        details={"from": before, "to": status, "occurred_at": at.isoformat()},
    )
    publish(
        session,
        "purchase_order.status_changed.v1",
        subject_id=order.id,
        payload={
            "purchase_order_id": str(order.id),
            "number": order.number,
            "from": before,
            "to": status,
            "supplier_id": str(order.supplier_id),
            "location_id": str(order.location_id),
            "product_ids": [str(line.product_id) for line in order.lines],
            "occurred_at": at.isoformat(),
        },
    )


def _apply(session: Session, principal: Principal, order: PurchaseOrder, act: Act, at: datetime) -> None:
    setattr(order, MOMENT_OF[act], at)
    if act == "approve":
        order.approved_by = principal.id
        order.submitted_at = order.submitted_at or at
    if act == "send" and order.source == "suggestion":
        # A draft of the system may have waited for days: what counts is when it is sent.
        supplier = repository.by_id(session, Supplier, {order.supplier_id})[order.supplier_id]
        location = repository.by_id(session, Location, {order.location_id})[order.location_id]
        order.expected_on = promised(at, supplier, location)


def _allowed(order: PurchaseOrder, act: Act) -> Step:
    taken = step(order.status, act)  # type: ignore[arg-type]  # checked column
    if taken is None:
        message = f"An order that is {order.status.replace('_', ' ')} cannot take the step {act}."
        raise StepNotAllowed(message, status_now=order.status)
    return taken


def _must_hold(principal: Principal, scope: str, location_id: UUID) -> None:
    if not principal.may(scope, location_id):
        raise Forbidden(f"This needs the scope {scope} at the order's location.", code="missing_scope", scope=scope)


def _check_version(order: PurchaseOrder, asked: StatusChange) -> None:
    if asked.expected_version is not None and asked.expected_version != order.version:
        raise VersionConflict("The order has moved on since you read it.", version=order.version)
