"""Goods that arrive for an order become receipts in the ledger, once each, and never more than was ordered unasked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Session

from api.catalog.models import Product
from api.core.errors import FieldProblem, IdempotencyConflict, Invalid
from api.domain.ids import uuid7
from api.domain.movements import LotPart, NewMovement, PostedMovement, content_digest
from api.ledger.items import ensure_items
from api.ledger.lots import ensure_lots
from api.ledger.posting import post_movements
from api.ledger.usage import items_in_use
from api.purchasing import repository
from api.purchasing.errors import AlreadyReceived, OverReceipt
from api.purchasing.lifecycle import COMPLETE
from api.purchasing.lines import STEP, stock_quantity, worth
from api.purchasing.models import PurchaseOrder, PurchaseOrderLine, PurchaseOrderReceipt
from api.purchasing.schemas import ReceiptIn, StatusChange

SLACK = Decimal("0.00001")
"""Three thirds of a pack are a pack, though a third has only six decimals."""
MOST = Decimal(2)
"""Even on demand not more than this many times what was ordered: beyond it, it is a typing error."""


@dataclass(frozen=True, slots=True)
class ArrivedLot:
    """What of an arrival is of one lot, in stock units."""

    code: str
    expires_on: date | None
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Arrival:
    """Packs of one line that came; `quantity` in stock units, `price` per pack."""

    receipt_id: UUID
    line: PurchaseOrderLine
    packs: Decimal
    quantity: Decimal
    price: Decimal
    area_id: UUID | None
    lots: tuple[ArrivedLot, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What of a request is new; a repeat brings nothing new."""

    new: list[Arrival]
    is_repeat: bool


def plan(session: Session, order: PurchaseOrder, asked: StatusChange) -> Plan:
    """Tell new receipts from those booked before, and check the new ones against what is open.

    Raises:
        Invalid: a line is not this order's, a receipt id comes twice, or the lots of a line are not all of its packs.
        IdempotencyConflict: a receipt id was used for another line, number of packs or price.
        OverReceipt: more than is open; `allow_over` takes up to twice what was ordered.
    """
    arrivals = _asked(session, order, asked)
    known = repository.by_id(session, PurchaseOrderReceipt, {arrival.receipt_id for arrival in arrivals})
    for arrival in arrivals:
        if arrival.receipt_id in known:
            _refuse_other_content(known[arrival.receipt_id], arrival)
    new = [arrival for arrival in arrivals if arrival.receipt_id not in known]
    if new and order.status not in COMPLETE:
        _refuse_too_much(new, allow_over=asked.allow_over)
    return Plan(new, is_repeat=bool(known) and not new)


def refuse_complete(order: PurchaseOrder) -> None:
    """Raises AlreadyReceived when nothing is open any more."""
    if order.status in COMPLETE:
        raise AlreadyReceived(f"{order.number} is {order.status}: everything has been booked.", status_now=order.status)


def book(
    session: Session,
    order: PurchaseOrder,
    arrivals: Sequence[Arrival],
    *,
    actor_id: UUID,
    device_id: str | None,
    at: datetime,
) -> list[PostedMovement]:
    """Post the receipts to the ledger and count them on their lines; the order's row is locked by this transaction.

    Raises:
        IdempotencyConflict: a receipt's id stands for another movement.
    """
    posted = _post(session, order, arrivals, actor_id=actor_id, device_id=device_id, at=at)
    if any(movement.status != "posted" for movement in posted):
        raise IdempotencyConflict("A receipt's id was used before for another movement.")
    for arrival in arrivals:
        _count(session, arrival, actor_id, at)
    session.flush()
    return posted


def repeat(
    session: Session, order: PurchaseOrder, arrival: Arrival, *, actor_id: UUID, device_id: str | None, at: datetime
) -> PostedMovement:
    """The standing movement of an arrival that was booked before.

    Raises:
        IdempotencyConflict: it was another quantity or place.
    """
    posted = _post(session, order, [arrival], actor_id=actor_id, device_id=device_id, at=at)[0]
    if posted.status != "duplicate":
        raise IdempotencyConflict("The id was used before, for another receipt.")
    return posted


def _post(
    session: Session,
    order: PurchaseOrder,
    arrivals: Sequence[Arrival],
    *,
    actor_id: UUID,
    device_id: str | None,
    at: datetime,
) -> list[PostedMovement]:
    items = _destinations(session, order, arrivals)
    lots = _lots(session, arrivals)
    products = repository.by_id(session, Product, {arrival.line.product_id for arrival in arrivals})
    return post_movements(
        session,
        [
            NewMovement(
                id=arrival.receipt_id,
                kind="receipt",
                product_id=arrival.line.product_id,
                to_item_id=items[arrival.receipt_id],
                quantity=arrival.quantity,
                unit=products[arrival.line.product_id].stock_unit,
                entered_quantity=(arrival.packs * arrival.line.pack_quantity).quantize(STEP),
                entered_unit=arrival.line.pack_unit,
                value=worth(arrival.packs, arrival.price),
                occurred_at=at,
                actor_id=actor_id,
                device_id=device_id,
                source="po",
                reference=order.number,
                lot_id=lots[arrival.receipt_id][0].lot_id if _is_one_lot(arrival) else None,
                lots=() if _is_one_lot(arrival) else lots[arrival.receipt_id],
                content=_content(arrival),
            )
            for arrival in arrivals
        ],
    )


def _asked(session: Session, order: PurchaseOrder, asked: StatusChange) -> list[Arrival]:
    lines = {line.id: line for line in order.lines}
    if asked.lines is None:
        return [_whole_rest(line) for line in order.lines if line.completed_at is None]
    unknown = [place for place, entry in enumerate(asked.lines) if entry.line_id not in lines]
    if unknown:
        problems = [FieldProblem(f"lines.{place}.line_id", "unknown_line", "Not of this order.") for place in unknown]
        raise Invalid("A line is not one of this order's.", code="unknown_line", errors=tuple(problems))
    if len({entry.receipt_id for entry in asked.lines}) < len(asked.lines):
        raise Invalid("A receipt id comes twice.", code="duplicate_receipt")
    products = repository.by_id(session, Product, {lines[entry.line_id].product_id for entry in asked.lines})
    return [
        Arrival(
            receipt_id=entry.receipt_id,
            line=(line := lines[entry.line_id]),
            packs=entry.packs,
            quantity=(
                quantity := stock_quantity(
                    products[line.product_id], (entry.packs * line.pack_quantity).quantize(STEP), line.pack_unit
                )
            ),
            price=line.price if entry.price is None else entry.price,
            area_id=entry.area_id,
            lots=_lots_of(entry, place, quantity),
        )
        for place, entry in enumerate(asked.lines)
    ]


def _lots_of(entry: ReceiptIn, place: int, quantity: Decimal) -> tuple[ArrivedLot, ...]:
    """The line's lots in stock units; the last takes what rounding leaves, so that they add up.

    Raises:
        Invalid: the lots are not all of the line's packs.
    """
    named = entry.lots or []
    packs = [entry.packs if lot.packs is None and len(named) == 1 else lot.packs or Decimal(0) for lot in named]
    if named and sum(packs) != entry.packs:
        problem = FieldProblem(f"lines.{place}.lots", "lots_do_not_add_up", f"They must add up to {entry.packs} packs.")
        raise Invalid("The lots of a line are all of its packs.", code="lots_do_not_add_up", errors=(problem,))
    shares = [(quantity * part / entry.packs).quantize(STEP) for part in packs]
    shares[-1:] = [quantity - sum(shares[:-1])] if shares else []
    return tuple(ArrivedLot(lot.code, lot.expires_on, share) for lot, share in zip(named, shares, strict=True))


def _is_one_lot(arrival: Arrival) -> bool:
    return len(arrival.lots) == 1


def _lots(session: Session, arrivals: Sequence[Arrival]) -> dict[UUID, tuple[LotPart, ...]]:
    """Per receipt the lots that it brings, made where they are new."""
    keys = {
        (arrival.receipt_id, place): (arrival.line.product_id, lot.code, lot.expires_on)
        for arrival in arrivals
        for place, lot in enumerate(arrival.lots)
    }
    made = ensure_lots(session, keys.values())
    return {
        arrival.receipt_id: tuple(
            LotPart(made[keys[arrival.receipt_id, place]], lot.quantity) for place, lot in enumerate(arrival.lots)
        )
        for arrival in arrivals
    }


def _whole_rest(line: PurchaseOrderLine) -> Arrival:
    packs = line.packs_ordered - line.packs_received
    quantity = (packs * line.pack_stock_quantity).quantize(STEP)
    return Arrival(uuid7(), line, packs, quantity, line.price, None)


def _refuse_other_content(known: PurchaseOrderReceipt, arrival: Arrival) -> None:
    before = (known.purchase_order_line_id, known.packs, known.price)
    if before != (arrival.line.id, arrival.packs, arrival.price):
        raise IdempotencyConflict("A receipt id was used before, for another line, number of packs or price.")


def _refuse_too_much(new: Sequence[Arrival], *, allow_over: bool) -> None:
    coming: dict[UUID, Decimal] = {}
    for arrival in new:
        line = arrival.line
        total = coming.get(line.id, line.packs_received) + arrival.packs
        coming[line.id] = total
        limit = line.packs_ordered * (MOST if allow_over else 1)
        if total > limit + (0 if allow_over else SLACK):
            raise OverReceipt(
                "More than was ordered: say allow_over to take it, up to twice the order.",
                line_id=str(line.id),
                packs_ordered=str(line.packs_ordered.normalize()),
                packs_received=str(line.packs_received.normalize()),
            )


def _count(session: Session, arrival: Arrival, actor_id: UUID, at: datetime) -> None:
    line = arrival.line
    line.packs_received += arrival.packs
    if line.completed_at is None and line.packs_received >= line.packs_ordered - SLACK:
        line.completed_at = at
    session.add(
        PurchaseOrderReceipt(
            id=arrival.receipt_id,
            purchase_order_line_id=line.id,
            packs=arrival.packs,
            price=arrival.price,
            occurred_at=at,
            recorded_by=actor_id,
        )
    )


def _destinations(session: Session, order: PurchaseOrder, arrivals: Sequence[Arrival]) -> dict[UUID, UUID]:
    """Per receipt the item it goes to: the named area's, else where the product is kept and used from."""
    place = order.location_id
    named = {arrival.receipt_id: (arrival.line.product_id, place, arrival.area_id) for arrival in arrivals}
    made = ensure_items(session, [key for key in named.values() if key[2] is not None])
    usual = items_in_use(session, place, {product_id for product_id, _, area_id in named.values() if area_id is None})
    return {receipt: usual[key[0]] if key[2] is None else made[key] for receipt, key in named.items()}


def _content(arrival: Arrival) -> bytes:
    lots = [part for lot in arrival.lots for part in (lot.code, lot.expires_on, lot.quantity)]
    parts = (arrival.line.id, arrival.packs, arrival.quantity, arrival.price, arrival.area_id, *lots)
    return content_digest("purchase_order_receipt", *parts)
