"""Correcting a balance: at once within the role's limit, beyond it with a second pair of eyes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from api.audit.record import record
from api.catalog import repository as catalog
from api.core.access import Principal
from api.core.errors import IdempotencyConflict
from api.core.pagination import Page, cut, read_cursor
from api.core.types import plain
from api.domain.ids import captured_at
from api.domain.movements import NewMovement, content_digest
from api.identity import people
from api.inventory.adjustments import repository
from api.inventory.adjustments.errors import AdjustmentNotFound, NothingToAdjust
from api.inventory.adjustments.models import Adjustment
from api.inventory.adjustments.repository import AdjustmentFilter
from api.inventory.adjustments.schemas import AdjustmentAnswer, AdjustmentIn
from api.inventory.quantities import in_stock_unit, worth
from api.inventory.reasons import service as reasons
from api.ledger import queries
from api.ledger.posting import post_movements
from api.outbox.publish import publish

ADJUST = "inventory.adjust"
READ = "inventory.read"
PATIENCE = timedelta(days=7)
"""How long an adjustment waits for a decision; by then the shelf has been counted again."""


def adjust(session: Session, principal: Principal, item_id: UUID, asked: AdjustmentIn) -> Adjustment:
    """Correct a balance by a difference, once per id; the same again gives the adjustment as it stands by now.

    Raises:
        InventoryItemNotFound: no such item where the person may adjust.
        UnknownReason, ReasonDirection: the reason cannot be given for it.
        NothingToAdjust, UnitDoesNotFit: the difference cannot be posted.
        InsufficientStock: the location bars negative stock.
        IdempotencyConflict: the id was used for something else.
    """
    item = queries.get_item(session, item_id, locations=principal.locations(ADJUST))
    content = _content(principal, item_id, asked)
    if repository.find(session, asked.id) is None:
        values = _plan(session, principal, item, asked) | {"content": content}
        if repository.claim(session, values):
            return _begin(session, principal, found(session, asked.id))
    standing = found(session, asked.id)
    if standing.content != content:
        raise IdempotencyConflict("This id was used before for another adjustment.")
    return standing


def found(session: Session, adjustment_id: UUID, principal: Principal | None = None, scope: str = READ) -> Adjustment:
    """An adjustment as it stands, at a place where the person holds the scope.

    Raises:
        AdjustmentNotFound: there is none.
    """
    row = repository.find(session, adjustment_id, None if principal is None else principal.locations(scope))
    if row is None:
        raise AdjustmentNotFound
    return row


def list_adjustments(
    session: Session, wanted: AdjustmentFilter, *, limit: int, cursor: str | None
) -> Page[AdjustmentAnswer]:
    """A page of adjustments, the latest asked for first.

    Raises:
        Invalid: the cursor is not one of this list's.
    """
    after = None if cursor is None else tuple(read_cursor(cursor, datetime.fromisoformat, UUID))
    rows = repository.find_many(session, wanted, limit, after)
    page, following = cut(rows, limit, lambda row: (row.requested_at.isoformat(), row.id))
    return Page(items=present(session, page), next_cursor=following)


def present(session: Session, rows: Sequence[Adjustment]) -> list[AdjustmentAnswer]:
    """Adjustments as clients read them, with their products in one query."""
    products = catalog.get_products(session, {row.product_id for row in rows})
    return [AdjustmentAnswer.of(row, status_of(row), products[row.product_id]) for row in rows]


def status_of(row: Adjustment) -> str:
    """The status as of now: what waits beyond its time has expired."""
    is_overdue = row.status == "pending" and row.expires_at is not None and row.expires_at <= datetime.now(UTC)
    return "expired" if is_overdue else row.status


def post(session: Session, row: Adjustment) -> None:
    """Post the movement; its id and its captor are the adjustment's.

    Raises:
        InsufficientStock: the location bars negative stock.
        IdempotencyConflict: the id stands for another movement.
    """
    movement = NewMovement(
        id=row.id,
        kind="adjustment",
        product_id=row.product_id,
        quantity=row.quantity,
        unit=row.unit,
        entered_quantity=row.entered_quantity,
        entered_unit=row.entered_unit,
        from_item_id=None if row.is_incoming else row.item_id,
        to_item_id=row.item_id if row.is_incoming else None,
        occurred_at=row.occurred_at,
        actor_id=row.requested_by,
        device_id=row.device_id,
        source=row.source,
        reason_code=row.reason_code,
        reference=row.note,
        content=row.content,
    )
    (posted,) = post_movements(session, [movement])
    if posted.status == "conflict":
        raise IdempotencyConflict("This id was used before for another movement.")


def note(session: Session, actor_id: UUID | None, row: Adjustment, action: str) -> None:
    """Put an act on an adjustment into the audit trail."""
    record(
        session,
        actor_id=actor_id,
        action=action,
        subject_type="adjustment",
        subject_id=row.id,
        location_id=row.location_id,
        details={"status": row.status, "reason_code": row.reason_code, "value": plain(row.value)},
    )


def tell(session: Session, row: Adjustment, what: str) -> None:
    """Let others hear of an adjustment that waits or was decided."""
    payload = {"adjustment_id": str(row.id), "location_id": str(row.location_id), "status": row.status}
    publish(session, f"adjustment.{what}.v1", subject_id=row.id, payload=payload)


def _plan(session: Session, principal: Principal, item: Mapping[Any, Any], asked: AdjustmentIn) -> dict[str, Any]:
    """The new row: posted if it is worth no more than the person may adjust alone, else pending."""
    if asked.quantity_delta == 0:
        raise NothingToAdjust
    is_incoming = asked.quantity_delta > 0
    reasons.require(session, asked.reason_code, "adjustment", incoming=is_incoming)
    product = catalog.get_products(session, [item["product_id"]])[item["product_id"]]
    unit = asked.unit or product.stock_unit
    quantity = in_stock_unit(product, abs(asked.quantity_delta), unit, field="quantity_delta")
    value = worth(quantity, item["avg_cost"], "quantity_delta")
    limit = people.adjustment_limit(session, principal.id, ADJUST, item["location_id"])
    waits = limit is not None and value > limit
    return {
        "id": asked.id,
        "item_id": item["id"],
        "product_id": product.id,
        "location_id": item["location_id"],
        "status": "pending" if waits else "posted",
        "is_incoming": is_incoming,
        "quantity": quantity,
        "unit": product.stock_unit,
        "entered_quantity": abs(asked.quantity_delta),
        "entered_unit": unit,
        "value": value,
        "currency": item["currency"],
        "approval_limit": limit,
        "reason_code": asked.reason_code,
        "note": asked.note,
        "source": asked.source,
        "device_id": asked.device_id,
        "occurred_at": asked.occurred_at or captured_at(asked.id),
        "requested_by": principal.id,
        "expires_at": datetime.now(UTC) + PATIENCE if waits else None,
    }


def _begin(session: Session, principal: Principal, row: Adjustment) -> Adjustment:
    if row.status == "pending":
        _refuse_used_id(session, row.id)
        note(session, principal.id, row, "adjustment.requested")
        tell(session, row, "requested")
    else:
        post(session, row)
        note(session, principal.id, row, "adjustment.posted")
    return row


def _refuse_used_id(session: Session, adjustment_id: UUID) -> None:
    """An adjustment that waits needs its id later: one that a movement has already is refused now."""
    wanted = queries.MovementFilter(locations=None, movement_id=adjustment_id)
    if queries.list_movements(session, wanted, limit=1):
        raise IdempotencyConflict("This id was used before for another movement.")


def _content(principal: Principal, item_id: UUID, asked: AdjustmentIn) -> bytes:
    parts: tuple[object, ...] = (item_id, asked.quantity_delta, asked.unit, asked.reason_code, asked.note)
    return content_digest("adjustment", *parts, asked.occurred_at, asked.source, principal.id)
