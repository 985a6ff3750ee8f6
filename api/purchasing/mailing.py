"""Telling the supplier: an order that was sent, or one that is not wanted any more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from api.catalog.models import Location, Product
from api.core.types import plain
from api.notifications.messages import Message
from api.notifications.service import write_to_contact
from api.outbox.events import Event
from api.purchasing import repository
from api.purchasing.lines import line_total
from api.purchasing.models import PurchaseOrder
from api.suppliers.models import SupplierProduct

TYPES = frozenset({"purchase_order.status_changed.v1"})
HISTORY = timedelta(days=1)
"""A step that happened longer ago is history that is being loaded: nobody writes to a supplier about it."""


def consume(session: Session, events: Sequence[Event]) -> None:
    """Write to the contact that receives the supplier's orders; without one, people telephone."""
    for event in events:
        told = _told(event)
        if told is None:
            continue
        order = repository.find_order(session, UUID(event.payload["purchase_order_id"]), None)
        contact = repository.order_contact(session, order.supplier_id) if order else None
        if order is not None and contact is not None:
            message = write(session, order, is_cancelled=told == "cancelled")
            write_to_contact(session, event_id=event.id, contact_id=contact.id, message=message)


def write(session: Session, order: PurchaseOrder, *, is_cancelled: bool) -> Message:
    """The mail to the supplier, with the supplier's own article numbers."""
    location = repository.by_id(session, Location, {order.location_id})[order.location_id]
    products = repository.by_id(session, Product, {line.product_id for line in order.lines})
    sold_as = {line.supplier_product_id for line in order.lines if line.supplier_product_id}
    packs = repository.by_id(session, SupplierProduct, sold_as)
    rows = []
    for line in order.lines:
        pack = packs.get(line.supplier_product_id) if line.supplier_product_id else None
        size = f"{plain(line.pack_quantity)} {line.pack_unit}"
        rows.append(
            (
                pack.supplier_sku if pack else "",
                products[line.product_id].name,
                f"{plain(line.packs_ordered)} × {f'{pack.pack_name}, {size}' if pack else size}",
                plain(line_total(line)),
            )
        )
    what = "Cancelled order" if is_cancelled else "Order"
    day = f", for {order.expected_on:%A %d %B %Y}" if order.expected_on and not is_cancelled else ""
    return Message(
        kind="purchase_order",
        subject=f"{what} {order.number} from {location.name}{day}",
        intro=_intro(order, location.name, is_cancelled=is_cancelled),
        columns=("Your article", "Item", "Packs", order.currency),
        rows=rows,
        facts=[order.note] if order.note and not is_cancelled else [],
    )


def _intro(order: PurchaseOrder, place: str, *, is_cancelled: bool) -> str:
    if is_cancelled:
        return f"{place} takes back order {order.number}: please do not deliver it."
    when = f" on {order.expected_on:%A %d %B %Y}" if order.expected_on else ""
    return f"{place} orders, to be delivered{when}:"


def _told(event: Event) -> str | None:
    """`sent` or `cancelled` where the supplier has to hear of it now."""
    payload = event.payload
    at = datetime.fromisoformat(payload["occurred_at"])
    if datetime.now(UTC) - at > HISTORY:
        return None
    if payload["to"] == "sent" or (payload["to"] == "cancelled" and payload["from"] == "sent"):
        return str(payload["to"])
    return None
