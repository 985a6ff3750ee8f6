"""Drafting orders: who may, with which supplier, and until when they may still be edited."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from api.audit.record import record
from api.catalog.models import Location
from api.core.access import Principal
from api.core.creation import create_once
from api.core.errors import IdempotencyConflict, Invalid
from api.core.pagination import Page, cut, decode_cursor
from api.core.preconditions import bump
from api.purchasing import presenting, repository
from api.purchasing.delivery import DeliveryTerms, expected_delivery
from api.purchasing.errors import NotADraft, OrderNotFound
from api.purchasing.lifecycle import EDIT
from api.purchasing.lines import build_lines
from api.purchasing.models import STATUSES, PurchaseOrder
from api.purchasing.repository import OrderFilter
from api.purchasing.schemas import OrderEdit, OrderIn, OrderOut
from api.suppliers.models import Supplier

READ = "purchase_orders.read"
CLOCK_SKEW = timedelta(minutes=5)
"""A tablet's clock may run ahead by this much; its times are then taken as now."""


def list_orders(
    session: Session,
    principal: Principal,
    *,
    location_id: UUID | None,
    supplier_id: UUID | None,
    statuses: Sequence[str],
    limit: int,
    cursor: str | None,
) -> Page[OrderOut]:
    """A page of the orders that the person may see, newest first.

    Raises:
        Invalid: a status or the cursor is not one of this list's.
    """
    if unknown := sorted(set(statuses) - set(STATUSES)):
        raise Invalid(f"There is no status {unknown[0]}.", code="unknown_status")
    wanted = OrderFilter(principal.locations(READ), location_id, supplier_id, statuses)
    rows = repository.find_orders(session, wanted, limit, _after(cursor))
    page, next_cursor = cut(rows, limit, lambda order: (order.ordered_at.isoformat(), order.id))
    return Page(items=presenting.present(session, page), next_cursor=next_cursor)


def get_order(session: Session, principal: Principal, order_id: UUID, *, lock: bool = False) -> PurchaseOrder:
    """An order that the person may see.

    Raises:
        OrderNotFound: there is none.
    """
    order = repository.find_order(session, order_id, principal.locations(READ), lock=lock)
    if order is None:
        raise OrderNotFound("There is no such order, or none that you may see.")
    return order


def create_order(session: Session, principal: Principal, asked: OrderIn) -> OrderOut:
    """Make a draft, once per client id; the same request again gets the first answer.

    Raises:
        NotFound: the location is not one where the person may order.
        Invalid: the supplier, a line, the currency or the time does not fit.
        IdempotencyConflict: the id was used for something else.
    """
    principal.must(EDIT, asked.location_id)
    return create_once(
        session,
        actor_id=principal.id,
        route="purchase-orders",
        row_id=asked.id,
        body=asked,
        answer=OrderOut,
        create=lambda: presenting.present_one(session, _insert(session, principal, asked)),
    )


def _insert(session: Session, principal: Principal, asked: OrderIn) -> PurchaseOrder:
    supplier, location = _partners(session, asked.supplier_id, asked.location_id)
    ordered_at = happened(asked.occurred_at)
    _refuse_taken_lines(session, [line.id for line in asked.lines or () if line.id])
    order = PurchaseOrder(
        id=asked.id,
        supplier_id=supplier.id,
        location_id=location.id,
        currency=location.currency,
        expected_on=asked.expected_on or promised(ordered_at, supplier, location),
        note=asked.note,
        created_by=principal.id,
        ordered_at=ordered_at,
    )
    order.lines = build_lines(session, order, asked.lines)
    session.add(order)
    session.flush()
    session.refresh(order)
    _note(session, principal, order, "created")
    return order


def edit_order(
    session: Session, principal: Principal, order_id: UUID, asked: OrderEdit, expected_version: int
) -> OrderOut:
    """Edit a draft: other lines, another day, another note.

    Raises:
        OrderNotFound, VersionConflict, NotADraft, Invalid: see their names.
    """
    order = get_order(session, principal, order_id, lock=True)
    principal.must(EDIT, order.location_id)
    bump(order, expected_version)
    if order.status != "draft":
        raise NotADraft(f"Only a draft can be edited; this order is {order.status}.", status_now=order.status)
    for name in asked.model_fields_set & {"expected_on", "note"}:
        setattr(order, name, getattr(asked, name))
    if asked.lines is not None:
        own = {line.id for line in order.lines}
        _refuse_taken_lines(session, [line.id for line in asked.lines if line.id and line.id not in own])
        order.lines.clear()
        session.flush()
        order.lines.extend(build_lines(session, order, asked.lines))
    session.flush()
    _note(session, principal, order, "edited")
    return presenting.present_one(session, order)


# ------------------------------------------------------------------ shared with the other steps of an order's life


def happened(occurred_at: datetime | None, not_before: datetime | None = None) -> datetime:
    """When something happened: now if it is not told, never in the future, never before what it follows.

    Raises:
        Invalid: in_the_future, before_order.
    """
    now = datetime.now(UTC)
    if occurred_at is None:
        return now
    if occurred_at > now + CLOCK_SKEW:
        raise Invalid("It cannot have happened in the future.", code="in_the_future")
    if not_before is not None and occurred_at < not_before:
        raise Invalid("It cannot have happened before the order was made.", code="before_order")
    return min(occurred_at, now)


def promised(at: datetime, supplier: Supplier, location: Location) -> date:
    """The day on which the supplier's terms bring what is ordered at `at`."""
    terms = DeliveryTerms(supplier.lead_time_days, tuple(supplier.delivery_weekdays), supplier.order_cutoff)
    return expected_delivery(at, terms, location.time_zone)


def _partners(session: Session, supplier_id: UUID, location_id: UUID) -> tuple[Supplier, Location]:
    supplier = repository.by_id(session, Supplier, {supplier_id}).get(supplier_id)
    location = repository.by_id(session, Location, {location_id}).get(location_id)
    if supplier is None or not supplier.is_active:
        raise Invalid("There is no such supplier to order from.", code="unknown_supplier")
    if location is None:
        raise Invalid("There is no such location.", code="unknown_location")
    if supplier.currency != location.currency:
        message = f"{supplier.name} sells in {supplier.currency}, the location counts in {location.currency}."
        raise Invalid(message, code="currency_mismatch")
    return supplier, location


def _refuse_taken_lines(session: Session, ids: Sequence[UUID]) -> None:
    if len(set(ids)) < len(ids):
        raise Invalid("Two lines have the same id.", code="duplicate_line")
    if ids and repository.is_line_id_taken(session, ids):
        raise IdempotencyConflict("A line's id was used before.")


def _note(session: Session, principal: Principal, order: PurchaseOrder, what: str) -> None:
    record(
        session,
        actor_id=principal.id,
        action=f"purchase_order.{what}",
        subject_type="purchase_order",
        subject_id=order.id,
        location_id=order.location_id,
        details={"lines": len(order.lines), "version": order.version},
    )


def _after(cursor: str | None) -> tuple[datetime, UUID] | None:
    if cursor is None:
        return None
    at, order_id = decode_cursor(cursor, 2)
    try:
        return datetime.fromisoformat(at), UUID(order_id)
    except (TypeError, ValueError, AttributeError) as error:
        raise Invalid("The cursor is not one of this list's.", code="bad_cursor") from error
