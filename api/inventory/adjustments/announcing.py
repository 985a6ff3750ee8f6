"""Who must decide is told that something waits; its author is told what was decided."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from api.catalog import repository as catalog
from api.catalog.models import Location, Product
from api.core.types import plain
from api.identity import people
from api.inventory.adjustments import repository
from api.inventory.adjustments.deciding import APPROVE
from api.inventory.adjustments.models import Adjustment
from api.inventory.adjustments.service import status_of
from api.inventory.reasons import service as reasons
from api.notifications.messages import Message
from api.notifications.service import notify
from api.outbox.events import Event

REQUESTED, DECIDED = "adjustment.requested.v1", "adjustment.decided.v1"
TYPES = frozenset({REQUESTED, DECIDED})
OUTCOMES = {"approved": "was approved", "rejected": "was rejected", "expired": "expired undecided"}


def consume(session: Session, events: Sequence[Event]) -> None:
    """Write to the approvers of what still waits, and to the author of what others decided."""
    for event in events:
        row = repository.find(session, UUID(event.payload["adjustment_id"]))
        if row is None:
            continue
        readers = _readers(session, event, row)
        location = catalog.get_location(session, row.location_id)
        product = catalog.get_product(session, row.product_id)
        if readers and location is not None and product is not None:
            message = write(session, row, product, location)
            notify(session, event_id=event.id, user_ids=readers, message=message, time_zone=location.time_zone)


def _readers(session: Session, event: Event, row: Adjustment) -> list[UUID]:
    if event.type == DECIDED:
        return [row.requested_by] if event.payload["status"] in OUTCOMES else []
    if status_of(row) != "pending":
        return []
    holders = people.with_scope(session, APPROVE, row.location_id)
    return [person for person, _, _ in holders if person != row.requested_by]


def write(session: Session, row: Adjustment, product: Product, location: Location) -> Message:
    """The message about one adjustment; its subject says what, where and how much."""
    names = people.names(session, [each for each in (row.requested_by, row.decided_by) if each is not None])
    amount = f"{'+' if row.is_incoming else '−'}{plain(row.entered_quantity)} {row.entered_unit}"
    outcome = OUTCOMES.get(row.status, "waits for approval")
    reason = reasons.labels(session, [row.reason_code]).get(row.reason_code, row.reason_code)
    facts = [f"It is worth {plain(row.value)} {row.currency}.", *([row.note] if row.note else [])]
    if row.decided_by is not None:
        facts.append(
            f"{names.get(row.decided_by, 'Somebody')} decided{': ' + row.decision_note if row.decision_note else '.'}"
        )
    return Message(
        kind="approval",
        subject=f"{location.name}: {product.name} {amount} {outcome}",
        subject_many=f"{location.name}: {{n}} adjustments {outcome}",
        intro=f"At {location.name} the stock of {product.name} is to be corrected.",
        columns=("Item", "Difference", "Why", "Asked by"),
        rows=[(product.name, amount, reason, names.get(row.requested_by, "somebody"))],
        facts=facts,
        path=f"/stock/{row.item_id}",
        button="Look at the item",
        path_many="/stock",
        button_many="Look at the stock",
        group_key=f"approval:{row.status}:{location.id}",
    )
