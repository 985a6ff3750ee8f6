"""An invoice that asks another price: the difference goes to the ledger as value alone, from when the goods came.

So a late invoice is known from today on and counts from then on: the pipeline's restatements show both days.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Session

from api.audit.record import record
from api.core.access import Principal
from api.core.errors import FieldProblem, IdempotencyConflict, Invalid
from api.ledger.corrections import post_value_correction
from api.purchasing import presenting, repository
from api.purchasing.billed import billed
from api.purchasing.lifecycle import APPROVE
from api.purchasing.lines import worth
from api.purchasing.models import PurchaseOrder, PurchaseOrderInvoicedPrice, PurchaseOrderReceipt
from api.purchasing.schemas import InvoicedPrice, InvoicedPrices, OrderOut
from api.purchasing.service import get_order, happened


def book_invoiced_prices(session: Session, principal: Principal, order_id: UUID, asked: InvoicedPrices) -> OrderOut:
    """Book what each receipt costs more (or less) than it was booked with; a price that stands already changes nothing.

    Raises:
        OrderNotFound, NotFound: there is none, or none where the person may approve.
        Invalid: a receipt is not this order's or comes twice, or the moment is before its goods or in the future.
        NotAReceipt: the receipt was taken back.
        PeriodLocked: the books are closed for the day on which the goods came; `occurred_at` names a later moment.
        IdempotencyConflict: a correction's id was used for something else.
    """
    order = get_order(session, principal, order_id, lock=True)
    principal.must(APPROVE, order.location_id)
    receipts = _receipts(session, order, asked)
    standing = billed(session, receipts.values())
    new = _new(session, asked)
    differences: dict[UUID, Decimal] = {}
    for entry in sorted(new, key=lambda each: each.receipt_id):
        receipt, invoice = receipts[entry.receipt_id], standing.get(entry.receipt_id)
        costs = worth(receipt.packs, receipt.price) if invoice is None else invoice.value
        difference = worth(receipt.packs, entry.price) - costs
        if difference:
            _book(session, principal, receipt, entry, difference, asked)
            differences[entry.correction_id] = difference
    if differences:
        _tell(session, principal, order, differences)
    return presenting.present_one(session, order)


def _book(
    session: Session,
    principal: Principal,
    receipt: PurchaseOrderReceipt,
    entry: InvoicedPrice,
    difference: Decimal,
    asked: InvoicedPrices,
) -> None:
    at = _moment(asked.occurred_at, receipt)
    post_value_correction(
        session,
        correction_id=entry.correction_id,
        receipt_id=receipt.id,
        difference=difference,
        actor_id=principal.id,
        occurred_at=at,
        reference=asked.reference,
    )
    session.add(
        PurchaseOrderInvoicedPrice(
            id=entry.correction_id,
            purchase_order_receipt_id=receipt.id,
            price=entry.price,
            difference=difference,
            reference=asked.reference,
            occurred_at=at,
            recorded_by=principal.id,
        )
    )


def _new(session: Session, asked: InvoicedPrices) -> list[InvoicedPrice]:
    """What was not booked before: the same corrections again change nothing, whatever was booked after them."""
    known = repository.by_id(session, PurchaseOrderInvoicedPrice, {entry.correction_id for entry in asked.receipts})
    for entry in asked.receipts:
        before = known.get(entry.correction_id)
        if before and (before.purchase_order_receipt_id, before.price) != (entry.receipt_id, entry.price):
            raise IdempotencyConflict("A correction's id was used before, for another receipt or price.")
    return [entry for entry in asked.receipts if entry.correction_id not in known]


def _receipts(session: Session, order: PurchaseOrder, asked: InvoicedPrices) -> dict[UUID, PurchaseOrderReceipt]:
    own = {receipt.id: receipt for receipt in repository.receipts_of(session, [line.id for line in order.lines])}
    named = [entry.receipt_id for entry in asked.receipts]
    problems = [
        FieldProblem(f"receipts.{place}.receipt_id", "unknown_receipt", "Nothing of this order came under this id.")
        for place, receipt_id in enumerate(named)
        if receipt_id not in own
    ]
    if problems:
        raise Invalid("A receipt is not one of this order's.", code="unknown_receipt", errors=tuple(problems))
    if len(set(named)) < len(named):
        raise Invalid("A receipt comes twice.", code="duplicate_receipt")
    return {receipt_id: own[receipt_id] for receipt_id in named}


def _moment(occurred_at: datetime | None, receipt: PurchaseOrderReceipt) -> datetime:
    if occurred_at is not None and occurred_at < receipt.occurred_at:
        raise Invalid("Goods cannot have cost another price before they came.", code="before_receipt")
    return receipt.occurred_at if occurred_at is None else happened(occurred_at)


def _tell(session: Session, principal: Principal, order: PurchaseOrder, differences: Mapping[UUID, Decimal]) -> None:
    order.version += 1
    session.flush()
    record(
        session,
        actor_id=principal.id,
        action="purchase_order.invoiced",
        subject_type="purchase_order",
        subject_id=order.id,
        location_id=order.location_id,
        details={
            "difference": str(sum(differences.values(), Decimal(0))),
            "corrections": [str(each) for each in differences],
        },
    )
