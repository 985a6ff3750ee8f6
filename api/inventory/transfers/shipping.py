"""Goods leave: one movement per line, from the sender's stock to the receiver's in-transit area."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Session

from api.catalog import repository as catalog
from api.catalog.locations import in_transit_area
from api.core.access import Principal
from api.core.errors import IdempotencyConflict, VersionConflict
from api.domain.movements import NewMovement, content_digest
from api.inventory.quantities import STEP, WIDE, in_stock_unit
from api.inventory.transfers import presenting
from api.inventory.transfers.errors import AlreadyShipped, NothingToShip, StepNotAllowed, TransferLineNotFound
from api.inventory.transfers.models import Transfer, TransferLine
from api.inventory.transfers.schemas import Shipment, TransferOut
from api.inventory.transfers.service import found, moment, must_scan, note, tell
from api.ledger.items import ensure_items
from api.ledger.posting import post_movements
from api.ledger.usage import items_in_use

SOURCE = "transfer"
ZERO = Decimal(0)


def ship(session: Session, principal: Principal, transfer_id: UUID, asked: Shipment) -> TransferOut:
    """Send the goods on the road, at the sender's average cost; the same again changes nothing.

    Raises:
        TransferNotFound, TransferLineNotFound, Forbidden, VersionConflict: see their names.
        AlreadyShipped, StepNotAllowed: it was shipped with other quantities, or cancelled.
        NothingToShip, UnitDoesNotFit: the quantities cannot be shipped.
        InsufficientStock: the sender bars negative stock.
    """
    transfer = found(session, principal, transfer_id, lock=True)
    must_scan(principal, transfer.from_location_id)
    leaving = _leaving(session, transfer, asked)
    if transfer.status != "draft":
        return _repeated(session, transfer, leaving, is_told=asked.lines is not None)
    if asked.expected_version is not None and asked.expected_version != transfer.version:
        raise VersionConflict("The transfer has moved on since you read it.", version=transfer.version)
    if not any(leaving.values()):
        raise NothingToShip
    at = moment(asked.occurred_at)
    _find_items(session, transfer)
    _post(session, principal, transfer, leaving, at, asked.device_id)
    transfer.status, transfer.shipped_by, transfer.shipped_at = "in_transit", principal.id, at
    transfer.version += 1
    session.flush()
    note(session, principal, transfer, "shipped", occurred_at=at.isoformat())
    tell(session, principal, transfer, "shipped")
    return presenting.present_one(session, transfer)


def _leaving(session: Session, transfer: Transfer, asked: Shipment) -> dict[UUID, Decimal]:
    """What leaves of each line, in stock units: what was asked for, unless something else is told."""
    lines = {line.id: line for line in transfer.lines}
    products = catalog.get_products(session, {line.product_id for line in lines.values()})
    leaving = {line.id: line.quantity for line in lines.values()}
    for place, told in enumerate(asked.lines or ()):
        line = lines.get(told.line_id)
        if line is None:
            raise TransferLineNotFound(told.line_id)
        product = products[line.product_id]
        unit = told.unit or product.stock_unit
        leaving[line.id] = (
            in_stock_unit(product, told.quantity, unit, prefix=f"lines.{place}.") if told.quantity else ZERO
        )
    return leaving


def _repeated(session: Session, transfer: Transfer, leaving: dict[UUID, Decimal], *, is_told: bool) -> TransferOut:
    if transfer.status == "cancelled":
        raise StepNotAllowed("The transfer was cancelled.", status_now=transfer.status)
    if is_told and any(line.shipped_quantity != leaving[line.id] for line in transfer.lines):
        raise AlreadyShipped("It was shipped before, with other quantities.", status_now=transfer.status)
    return presenting.present_one(session, transfer)


def _find_items(session: Session, transfer: Transfer) -> None:
    """Where each line leaves from and where it stands on the road."""
    sender, receiver = transfer.from_location_id, transfer.to_location_id
    road = in_transit_area(session, receiver)
    usual = items_in_use(session, sender, {line.product_id for line in transfer.lines if line.from_area_id is None})
    keys = [(line.product_id, receiver, road) for line in transfer.lines]
    keys += [(line.product_id, sender, line.from_area_id) for line in transfer.lines if line.from_area_id is not None]
    items = ensure_items(session, keys)
    for line in transfer.lines:
        named = items.get((line.product_id, sender, line.from_area_id))
        line.from_item_id = named if line.from_area_id is not None else usual[line.product_id]
        line.transit_item_id = items[line.product_id, receiver, road]


def _post(
    session: Session,
    principal: Principal,
    transfer: Transfer,
    leaving: dict[UUID, Decimal],
    at: datetime,
    device_id: str | None,
) -> None:
    products = catalog.get_products(session, {line.product_id for line in transfer.lines})
    movements = [
        NewMovement(
            id=line.id,
            kind="transfer",
            product_id=line.product_id,
            quantity=leaving[line.id],
            unit=products[line.product_id].stock_unit,
            from_item_id=line.from_item_id,
            to_item_id=line.transit_item_id,
            lot_id=line.lot_id,
            occurred_at=at,
            actor_id=principal.id,
            device_id=device_id,
            source=SOURCE,
            reference=transfer.number,
            content=content_digest("transfer.ship", line.id, leaving[line.id]),
        )
        for line in transfer.lines
        if leaving[line.id] > 0
    ]
    values = post_all(session, movements)
    for line in transfer.lines:
        line.shipped_quantity, line.shipped_value = leaving[line.id], values.get(line.id, ZERO)


def post_all(session: Session, movements: Sequence[NewMovement]) -> dict[UUID, Decimal]:
    """Post movements of a transfer, all new, and say what each was worth.

    Raises:
        IdempotencyConflict: an id stands for another movement.
        InsufficientStock: a location bars negative stock.
    """
    posted = post_movements(session, movements)
    if any(answer.status != "posted" for answer in posted):
        raise IdempotencyConflict("An id was used before for another movement.")
    return {answer.id: answer.value for answer in posted}


def share_of(line: TransferLine, quantity: Decimal) -> Decimal:
    """What this part of a line is worth: its share of what was shipped, and with the last of it all that is left.

    So the values of all parts sum to the value that was shipped, to the last digit.
    """
    assert line.shipped_value is not None
    if quantity == line.open_quantity:
        return line.shipped_value - line.settled_value
    assert line.shipped_quantity is not None
    share = WIDE.divide(WIDE.multiply(line.shipped_value, quantity), line.shipped_quantity)
    return min(share.quantize(STEP, context=WIDE), line.shipped_value - line.settled_value)
