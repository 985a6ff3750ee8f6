"""A delivery between restaurants that does not tally is told to whoever may put it right, at both ends."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from api.core.types import plain
from api.identity import people
from api.inventory.transfers import presenting, repository
from api.inventory.transfers.resolving import ADJUST
from api.inventory.transfers.schemas import TransferOut
from api.notifications.messages import Message
from api.notifications.service import notify
from api.outbox.events import Event

TYPES = frozenset({"transfer.received.v1"})


def consume(session: Session, events: Sequence[Event]) -> None:
    """Write to whoever may adjust stock at either end, but not to who has just received it."""
    for event in events:
        if not (event.payload["is_short"] or event.payload["is_over"]):
            continue
        transfer = repository.find(session, UUID(event.payload["transfer_id"]), None)
        if transfer is None:
            continue
        ends = (transfer.from_location_id, transfer.to_location_id)
        holders = {person for place in ends for person, _, _ in people.with_scope(session, ADJUST, place)}
        readers = sorted(holders - {UUID(event.payload["actor_id"])})
        receiver = repository.locations_by_id(session, [transfer.to_location_id])[transfer.to_location_id]
        message = write(presenting.present_one(session, transfer), is_over=event.payload["is_over"])
        notify(session, event_id=event.id, user_ids=readers, message=message, time_zone=receiver.time_zone)


def write(transfer: TransferOut, *, is_over: bool) -> Message:
    """The message about one delivery: what was sent and what came, line by line."""
    what = "brought more than was sent" if is_over else "came short"
    return Message(
        kind="transfer",
        subject=f"{transfer.to_location.name}: transfer {transfer.number} {what}",
        subject_many=f"{transfer.to_location.name}: {{n}} transfers do not tally",
        intro=f"From {transfer.from_location.name} to {transfer.to_location.name}.",
        columns=("Item", "Sent", "Received", "Still on the road"),
        rows=[
            (
                line.product.name,
                f"{plain(line.shipped_quantity)} {line.unit}",
                f"{plain(line.received_quantity)} {line.unit}",
                f"{plain(line.open_quantity)} {line.unit}",
            )
            for line in transfer.lines
            if line.shipped_quantity is not None
        ],
        group_key=f"transfer:{transfer.to_location.id}",
    )
