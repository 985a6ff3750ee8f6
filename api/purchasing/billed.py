"""What goods that came cost by now: what they were booked with, and what invoices added that still stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Session

from api.ledger.documents import reversed_among
from api.purchasing import repository
from api.purchasing.lines import STEP, worth
from api.purchasing.models import PurchaseOrderReceipt


@dataclass(frozen=True, slots=True)
class Billed:
    """A receipt's cost by its invoices: `value` in all, `price` per pack, and the last invoice's number."""

    value: Decimal
    price: Decimal
    reference: str


def billed(session: Session, receipts: Iterable[PurchaseOrderReceipt]) -> dict[UUID, Billed]:
    """By receipt what invoices made of it; one that none corrected, or whose corrections are all undone, is missing."""
    by_id = {receipt.id: receipt for receipt in receipts}
    rows = repository.invoiced_prices(session, list(by_id))
    undone = reversed_among(session, [row.id for row in rows])
    found: dict[UUID, Billed] = {}
    for row in rows:
        if row.id not in undone:
            receipt = by_id[row.purchase_order_receipt_id]
            before = found[receipt.id].value if receipt.id in found else worth(receipt.packs, receipt.price)
            value = before + row.difference
            # What was undone between two invoices is in neither's price.
            is_as_asked = value == worth(receipt.packs, row.price)
            price = row.price if is_as_asked else (value / receipt.packs).quantize(STEP)
            found[receipt.id] = Billed(value, price, row.reference)
    return found
