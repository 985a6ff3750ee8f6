"""Orders to suppliers over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.core.access import Principal, Requires
from api.core.database import DbSession
from api.core.pagination import Cursor, Limit, Page
from api.core.preconditions import ExpectedVersion
from api.purchasing import drafts, invoicing, presenting, service, suggesting
from api.purchasing import status as life
from api.purchasing.schemas import (
    DraftsOut,
    InvoicedPrices,
    OrderEdit,
    OrderIn,
    OrderOut,
    StatusChange,
    SuggestionsIn,
    SuggestionsOut,
)

router = APIRouter(prefix="/api/purchase-orders", tags=["purchasing"])

Reader = Annotated[Principal, Requires("purchase_orders.read")]
Editor = Annotated[Principal, Requires("purchase_orders.edit")]
Approver = Annotated[Principal, Requires("purchase_orders.approve")]


@router.get("")
def list_orders(
    principal: Reader,
    session: DbSession,
    location_id: UUID | None = None,
    supplier_id: UUID | None = None,
    status: Annotated[list[str] | None, Query(description="One or more, repeated.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[OrderOut]:
    """Orders, newest first."""
    return service.list_orders(
        session,
        principal,
        location_id=location_id,
        supplier_id=supplier_id,
        statuses=status or (),
        limit=limit,
        cursor=cursor,
    )


@router.post("", status_code=201)
def create_order(body: OrderIn, principal: Editor, session: DbSession) -> OrderOut:
    """Make a draft; the client's id makes a second send harmless."""
    return service.create_order(session, principal, body)


@router.get("/{order_id}")
def get_order(order_id: UUID, principal: Reader, session: DbSession) -> OrderOut:
    """One order."""
    return presenting.present_one(session, service.get_order(session, principal, order_id))


@router.patch("/{order_id}")
def edit_order(
    order_id: UUID, body: OrderEdit, principal: Editor, session: DbSession, version: ExpectedVersion
) -> OrderOut:
    """Edit a draft."""
    return service.edit_order(session, principal, order_id, body, version)


@router.patch("/{order_id}/status")
def change_status(order_id: UUID, body: StatusChange, principal: Reader, session: DbSession) -> OrderOut:
    """Submit, approve, send, receive (part or whole), close or cancel; each act takes its own scope."""
    return life.change_status(session, principal, order_id, body)


@router.post("/{order_id}/invoiced-prices")
def book_invoiced_prices(order_id: UUID, body: InvoicedPrices, principal: Approver, session: DbSession) -> OrderOut:
    """Book what an invoice asks beyond the price that goods were booked with; the difference counts from their day."""
    return invoicing.book_invoiced_prices(session, principal, order_id, body)


suggestions_router = APIRouter(prefix="/api/order-suggestions", tags=["purchasing"])


@suggestions_router.get("")
def list_suggestions(
    principal: Reader,
    session: DbSession,
    location_id: UUID,
    is_all: Annotated[bool, Query(alias="all", description="Also what is not needed now.")] = False,
) -> SuggestionsOut:
    """What to order at a place and why: every term of the arithmetic."""
    return suggesting.suggestions_at(session, principal, location_id, is_all=is_all)


@suggestions_router.post("", status_code=201)
def draft_suggestions(body: SuggestionsIn, principal: Editor, session: DbSession) -> DraftsOut:
    """Put the suggestions into the standing drafts; again changes nothing."""
    return drafts.draft_suggestions(session, principal, body)
