"""A scanned pack that belongs to an order: the open line is found, and the receipt is the scan's."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Session

from api.core.access import Principal
from api.domain.movements import PostedMovement
from api.purchasing import receiving, repository
from api.purchasing.errors import AlreadyReceived, LineNotFound, OrderNotFound, OverReceipt, StepNotAllowed
from api.purchasing.lifecycle import COMPLETE, RECEIVABLE, RECEIVE
from api.purchasing.lines import STEP
from api.purchasing.models import PurchaseOrder, PurchaseOrderLine, PurchaseOrderReceipt
from api.purchasing.receiving import SLACK, Arrival, ArrivedLot
from api.purchasing.status import move_received


def receive_scan(
    session: Session,
    principal: Principal,
    *,
    scan_id: UUID,
    purchase_order_id: UUID,
    location_id: UUID,
    area_id: UUID | None,
    product_id: UUID,
    quantity: Decimal,
    occurred_at: datetime,
    device_id: str | None = None,
    lot: tuple[str, date | None] | None = None,
) -> PostedMovement:
    """Receive `quantity` stock units of a product for an order; a scan that was booked before answers `duplicate`.

    `scan_id` is the scan's UUIDv7: it becomes the receipt's and the movement's id. The price is the ordered one.
    `lot` is the code and best-before date on its label.

    Raises:
        OrderNotFound: no such order at this location where the person may receive.
        LineNotFound: the product was not ordered.
        AlreadyReceived, OverReceipt: nothing, or less than this, is open of it.
        StepNotAllowed: the order is a draft, waits for approval or was cancelled.
        IdempotencyConflict: the id was used for something else.
    """
    order = repository.find_order(session, purchase_order_id, principal.locations(RECEIVE), lock=True)
    if order is None or order.location_id != location_id:
        raise OrderNotFound("There is no such order at this location.")
    known = repository.by_id(session, PurchaseOrderReceipt, {scan_id}).get(scan_id)
    line = _line_of(order, known.purchase_order_line_id) if known else _open_line(order, product_id, quantity)
    packs = known.packs if known else (quantity / line.pack_stock_quantity).quantize(STEP)
    lots = () if lot is None else (ArrivedLot(*lot, quantity),)
    arrival = Arrival(scan_id, line, packs, quantity, line.price, area_id, lots)
    if known:
        return receiving.repeat(session, order, arrival, actor_id=principal.id, device_id=device_id, at=occurred_at)
    posted = receiving.book(session, order, [arrival], actor_id=principal.id, device_id=device_id, at=occurred_at)
    move_received(session, order, actor_id=principal.id, at=occurred_at)
    return posted[0]


def _line_of(order: PurchaseOrder, line_id: UUID) -> PurchaseOrderLine:
    for line in order.lines:
        if line.id == line_id:
            return line
    raise OrderNotFound("The receipt belongs to another order.")


def _open_line(order: PurchaseOrder, product_id: UUID, quantity: Decimal) -> PurchaseOrderLine:
    """The first line of this product that still lacks as much."""
    if order.status in COMPLETE:
        raise AlreadyReceived(f"{order.number} is {order.status}: everything has been booked.")
    if order.status not in RECEIVABLE:
        raise StepNotAllowed(f"{order.number} is {order.status.replace('_', ' ')}: nothing can be received for it.")
    lines = [line for line in order.lines if line.product_id == product_id]
    if not lines:
        raise LineNotFound(f"{order.number} has no line for this product.")
    still_open = [line for line in lines if line.completed_at is None]
    if not still_open:
        raise AlreadyReceived(f"All of this product that {order.number} asked for has come.")
    for line in still_open:
        lacking = (line.packs_ordered - line.packs_received + SLACK) * line.pack_stock_quantity
        if quantity <= lacking:
            return line
    raise OverReceipt(f"More than {order.number} still lacks of this product.", line_id=str(still_open[0].id))
