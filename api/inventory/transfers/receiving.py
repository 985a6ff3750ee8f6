"""Goods arrive: all, part, or more than was sent. What came beyond the shipment left the sender's stock as well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Session

from api.catalog import repository as catalog
from api.catalog.models import Product
from api.core.access import Principal
from api.core.errors import IdempotencyConflict
from api.core.types import plain
from api.domain.ids import captured_at, derived_id
from api.domain.movements import NewMovement, content_digest
from api.inventory.quantities import in_stock_unit
from api.inventory.transfers import presenting, repository
from api.inventory.transfers.errors import BadLine, OverReceipt, StepNotAllowed, TransferLineNotFound
from api.inventory.transfers.models import Transfer, TransferLine, TransferSettlement
from api.inventory.transfers.schemas import Receipt, TransferOut
from api.inventory.transfers.service import found, moment, must_scan, note, tell
from api.inventory.transfers.shipping import SOURCE, ZERO, post_all, share_of
from api.ledger.items import ensure_items
from api.ledger.usage import items_in_use

UNDER_WAY = frozenset({"in_transit", "partially_received", "received", "closed"})


@dataclass(slots=True)
class Arrival:
    """So much of a line, in stock units, of which `over` was never on the road."""

    line: TransferLine
    receipt_id: UUID
    quantity: Decimal
    area_id: UUID | None
    over: Decimal = ZERO
    value: Decimal = ZERO

    @property
    def over_id(self) -> UUID:
        """The movement of what came beyond the shipment; the receipt's own id where nothing else came."""
        if self.over == self.quantity:
            return self.receipt_id
        return derived_id(captured_at(self.receipt_id), "transfer.over", str(self.receipt_id))

    def content(self) -> bytes:
        """What was said, so that a retry is told from another receipt."""
        return content_digest("transfer.receive", self.line.id, self.quantity, self.area_id)


def receive(session: Session, principal: Principal, transfer_id: UUID, asked: Receipt) -> TransferOut:
    """Put goods away that came; receipts that were sent before change nothing.

    Raises:
        TransferNotFound, TransferLineNotFound, Forbidden: see their names.
        StepNotAllowed: it has not been shipped.
        OverReceipt: more came than is on the road.
        BadLine, UnitDoesNotFit: an area, a time or a unit does not fit.
        IdempotencyConflict: a receipt's id was used for something else.
        InsufficientStock: the sender bars negative stock, and what came beyond the shipment is not there.
    """
    transfer = found(session, principal, transfer_id, lock=True)
    must_scan(principal, transfer.to_location_id)
    if transfer.status not in UNDER_WAY:
        raise StepNotAllowed(f"The transfer is {transfer.status}: it is not on the road.", status_now=transfer.status)
    products = catalog.get_products(session, {line.product_id for line in transfer.lines})
    arrivals = _new(session, _told(transfer, asked, products) if asked.lines else _all_open(transfer))
    if not arrivals:
        return presenting.present_one(session, transfer)
    at = moment(asked.occurred_at, transfer.shipped_at)
    _split(arrivals, allow_over=asked.allow_over)
    _post(session, principal, transfer, arrivals, products, at, asked.device_id)
    for arrival in arrivals:
        _count(session, principal, arrival, at)
    advance(session, transfer, at)
    note(session, principal, transfer, "received", receipt_ids=[str(arrival.receipt_id) for arrival in arrivals])
    is_over = any(arrival.over > 0 for arrival in arrivals)
    tell(session, principal, transfer, "received", is_short=presenting.is_short(transfer), is_over=is_over)
    return presenting.present_one(session, transfer)


def advance(session: Session, transfer: Transfer, at: datetime) -> None:
    """Say what the settlements have made of the transfer."""
    is_open = any(line.open_quantity > 0 for line in transfer.lines)
    has_come = any(line.received_quantity + line.over_quantity > 0 for line in transfer.lines)
    if is_open:
        transfer.status = "partially_received" if has_come else "in_transit"
    else:
        transfer.status = "received" if has_come else "closed"
        transfer.settled_at = transfer.settled_at or at
    transfer.version += 1
    session.flush()


def _told(transfer: Transfer, asked: Receipt, products: dict[UUID, Product]) -> list[Arrival]:
    lines = {line.id: line for line in transfer.lines}
    arrivals = []
    for place, told in enumerate(asked.lines or ()):
        line = lines.get(told.line_id)
        if line is None:
            raise TransferLineNotFound(told.line_id)
        product = products[line.product_id]
        unit = told.unit or product.stock_unit
        quantity = in_stock_unit(product, told.quantity, unit, prefix=f"lines.{place}.")
        arrivals.append(Arrival(line, told.receipt_id, quantity, told.area_id))
    if len({arrival.receipt_id for arrival in arrivals}) < len(arrivals):
        raise BadLine("lines", "duplicate_receipt", "Two receipts have the same id.")
    return arrivals


def _all_open(transfer: Transfer) -> list[Arrival]:
    """Everything on the road, under ids that follow from what it is, so that two people who say so book it once."""
    assert transfer.shipped_at is not None
    return [
        Arrival(
            line,
            derived_id(transfer.shipped_at, "transfer.rest", f"{line.id}:{plain(line.open_quantity)}"),
            line.open_quantity,
            None,
        )
        for line in transfer.lines
        if line.open_quantity > 0
    ]


def _new(session: Session, arrivals: Sequence[Arrival]) -> list[Arrival]:
    """Those that were not booked before."""
    known = repository.settlements_by_id(session, [arrival.receipt_id for arrival in arrivals])
    for arrival in arrivals:
        row = known.get(arrival.receipt_id)
        if row is not None and row.content != arrival.content():
            raise IdempotencyConflict("A receipt's id was used before, for something else.")
    return [arrival for arrival in arrivals if arrival.receipt_id not in known]


def _split(arrivals: Sequence[Arrival], *, allow_over: bool) -> None:
    """What was on the road and what was not; several receipts of one line follow each other."""
    for arrival in arrivals:
        line = arrival.line
        expected = min(arrival.quantity, line.open_quantity)
        arrival.over = arrival.quantity - expected
        if arrival.over > 0:
            _refuse_over(line, arrival.over, allow_over=allow_over)
        arrival.value = share_of(line, expected) if expected > 0 else ZERO
        line.received_quantity += expected
        line.over_quantity += arrival.over
        line.settled_value += arrival.value


def _refuse_over(line: TransferLine, over: Decimal, *, allow_over: bool) -> None:
    shipped = line.shipped_quantity or ZERO
    if allow_over and line.over_quantity + over <= shipped:
        return
    way_out = "Never more than twice what was shipped." if allow_over else "Count again, or say allow_over to take it."
    raise OverReceipt(
        f"That is {plain(over)} more than is on the road, in stock units. {way_out}",
        line_id=str(line.id),
        shipped_quantity=plain(shipped),
        open_quantity=plain(line.open_quantity),
    )


def _post(
    session: Session,
    principal: Principal,
    transfer: Transfer,
    arrivals: Sequence[Arrival],
    products: dict[UUID, Product],
    at: datetime,
    device_id: str | None,
) -> None:
    shelves = _shelves(session, transfer, arrivals)
    movements = []
    for arrival in arrivals:
        line, unit = arrival.line, products[arrival.line.product_id].stock_unit
        for movement_id, quantity, origin, value in (
            (arrival.receipt_id, arrival.quantity - arrival.over, line.transit_item_id, arrival.value),
            (arrival.over_id, arrival.over, line.from_item_id, None),  # at what it costs the sender today
        ):
            if quantity > 0:
                movement = NewMovement(
                    id=movement_id,
                    kind="transfer",
                    product_id=line.product_id,
                    quantity=quantity,
                    unit=unit,
                    from_item_id=origin,
                    to_item_id=shelves[arrival.receipt_id],
                    lot_id=line.lot_id,
                    value=value,
                    occurred_at=at,
                    actor_id=principal.id,
                    device_id=device_id,
                    source=SOURCE,
                    reference=transfer.number,
                    content=arrival.content(),
                )
                movements.append(movement)
    values = post_all(session, movements)
    for arrival in arrivals:
        arrival.value += values[arrival.over_id] if arrival.over > 0 else ZERO


def _shelves(session: Session, transfer: Transfer, arrivals: Sequence[Arrival]) -> dict[UUID, UUID]:
    """Per receipt the item it goes to: the named area's, else where the product is kept and used from."""
    place = transfer.to_location_id
    areas = repository.areas_of(session, place)
    for number, arrival in enumerate(arrivals):
        area = areas.get(arrival.area_id) if arrival.area_id is not None else None
        if arrival.area_id is not None and (area is None or area.is_in_transit):
            raise BadLine(f"lines.{number}.area_id", "unknown_area", "The receiver has no such storage area.")
    usual = items_in_use(session, place, {each.line.product_id for each in arrivals if each.area_id is None})
    named = ensure_items(
        session, [(each.line.product_id, place, each.area_id) for each in arrivals if each.area_id is not None]
    )
    return {
        each.receipt_id: usual[each.line.product_id]
        if each.area_id is None
        else named[each.line.product_id, place, each.area_id]
        for each in arrivals
    }


def _count(session: Session, principal: Principal, arrival: Arrival, at: datetime) -> None:
    session.add(
        TransferSettlement(
            id=arrival.receipt_id,
            transfer_line_id=arrival.line.id,
            outcome="received",
            quantity=arrival.quantity,
            over_quantity=arrival.over,
            value=arrival.value,
            occurred_at=at,
            recorded_by=principal.id,
            content=arrival.content(),
        )
    )
