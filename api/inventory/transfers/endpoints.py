"""`/api/transfers`: from one restaurant to another, with the goods on the road in between."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.core.access import Principal, Requires
from api.core.database import DbSession
from api.core.pagination import Cursor, Limit, Page
from api.core.preconditions import ExpectedVersion
from api.inventory.transfers import presenting, receiving, resolving, service, shipping
from api.inventory.transfers.repository import TransferFilter
from api.inventory.transfers.schemas import (
    Receipt,
    Resolution,
    Shipment,
    Status,
    TransferEdit,
    TransferIn,
    TransferOut,
)

router = APIRouter(prefix="/api/transfers", tags=["inventory"])

Reader = Annotated[Principal, Requires(service.READ)]
Scanner = Annotated[Principal, Requires(service.SCAN)]


@router.get("")
def list_transfers(
    session: DbSession,
    principal: Reader,
    location_id: Annotated[UUID | None, Query(description="Either end.")] = None,
    from_location_id: UUID | None = None,
    to_location_id: UUID | None = None,
    product_id: UUID | None = None,
    status: Annotated[list[Status] | None, Query(description="One or more, repeated.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[TransferOut]:
    """Transfers of which the person sees one end, the newest first."""
    if location_id is not None:
        principal.must(service.READ, location_id)
    wanted = TransferFilter(
        locations=principal.locations(service.READ),
        location_id=location_id,
        from_location_id=from_location_id,
        to_location_id=to_location_id,
        product_id=product_id,
        statuses=status or (),
    )
    return service.list_transfers(session, wanted, limit=limit, cursor=cursor)


@router.post("", status_code=201)
def create_transfer(session: DbSession, principal: Scanner, body: TransferIn) -> TransferOut:
    """Make a draft, at the sender or at the receiver; the client's id makes a second send harmless."""
    return service.create(session, principal, body)


@router.get("/{transfer_id}")
def get_transfer(session: DbSession, principal: Reader, response: Response, transfer_id: UUID) -> TransferOut:
    """One transfer."""
    transfer = service.found(session, principal, transfer_id)
    response.headers["ETag"] = f'"{transfer.version}"'
    return presenting.present_one(session, transfer)


@router.patch("/{transfer_id}")
def edit_transfer(
    session: DbSession, principal: Scanner, transfer_id: UUID, body: TransferEdit, version: ExpectedVersion
) -> TransferOut:
    """Edit a draft."""
    return service.edit(session, principal, transfer_id, body, version)


@router.post("/{transfer_id}/cancel")
def cancel_transfer(session: DbSession, principal: Scanner, transfer_id: UUID) -> TransferOut:
    """Drop a draft."""
    return service.cancel(session, principal, transfer_id)


@router.post("/{transfer_id}/ship")
def ship_transfer(
    session: DbSession, principal: Scanner, transfer_id: UUID, body: Shipment | None = None
) -> TransferOut:
    """The goods leave the sender, all as asked for unless lines say otherwise."""
    return shipping.ship(session, principal, transfer_id, body or Shipment())


@router.post("/{transfer_id}/receive")
def receive_transfer(
    session: DbSession, principal: Scanner, transfer_id: UUID, body: Receipt | None = None
) -> TransferOut:
    """The goods arrive, all of them unless lines say otherwise; what is missing stays on the road."""
    return receiving.receive(session, principal, transfer_id, body or Receipt())


@router.post("/{transfer_id}/resolve")
def resolve_transfer(session: DbSession, principal: Scanner, transfer_id: UUID, body: Resolution) -> TransferOut:
    """What did not arrive is lost, with a reason, or back at the sender."""
    return resolving.resolve(session, principal, transfer_id, body)
