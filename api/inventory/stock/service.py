"""Undoing movements and setting policies: what a person does to stock at a desk."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.orm import Session

from api.audit.record import record
from api.core.access import Principal
from api.domain.movements import PostedMovement
from api.identity import people
from api.inventory.errors import BeyondLimit
from api.inventory.stock.errors import BelongsToDocument, NotYours, ParBelowReorder
from api.inventory.stock.schemas import PolicyChange, Reversal
from api.ledger import queries
from api.ledger.positions import set_policy
from api.ledger.reversal import reverse

ADJUST = "inventory.adjust"
SCAN = "inventory.scan"
DOCUMENTS = {
    "po": "the purchase order",
    "pos": "the day's sales",
    "transfer": "the transfer",
    "production": "a production batch",
}


def undo(session: Session, principal: Principal, movement_id: UUID, asked: Reversal) -> PostedMovement:
    """Take a movement back: one's own, or anybody's with inventory.adjust at every place it touched.

    Raises:
        MovementNotFound: no such movement where the person may scan.
        NotYours: somebody else captured it, and the person may not adjust there.
        BelongsToDocument: it is corrected on its order, or by importing the day's sales again.
        BeyondLimit: it is an adjustment worth more than the person may decide alone.
        ReversalOfReversal, InsufficientStock: the ledger refuses.
    """
    movement = queries.get_movement(session, movement_id, locations=principal.locations(SCAN))
    places = [place for place in (movement["from_location_id"], movement["to_location_id"]) if place is not None]
    if movement["actor_id"] != principal.id and not all(principal.may(ADJUST, place) for place in places):
        raise NotYours("Somebody else captured it; undoing it needs the scope inventory.adjust.")
    if movement["source"] in DOCUMENTS:
        raise BelongsToDocument(f"It came from {DOCUMENTS[movement['source']]}: correct it there.")
    if movement["kind"] == "adjustment":
        _must_be_within_limit(session, principal, movement, places[0])
    posted = reverse(
        session,
        movement_id,
        actor_id=principal.id,
        device_id=asked.device_id,
        reason_code=asked.reason_code,
        occurred_at=asked.occurred_at,
    )
    if posted.status == "posted":
        _note(session, principal, "stock_movements.reverse", movement_id, places[0], asked.reason_code)
    return posted


def change_policy(session: Session, principal: Principal, item_id: UUID, asked: PolicyChange, version: int) -> None:
    """Set what was sent of an item's reorder point and par level.

    Raises:
        InventoryItemNotFound: no such item where the person may adjust.
        ParBelowReorder: the par level would be lower than the reorder point.
        VersionConflict: the item changed since it was read.
    """
    item = queries.get_item(session, item_id, locations=principal.locations(ADJUST))
    sent = asked.model_fields_set
    reorder_point = asked.reorder_point if "reorder_point" in sent else item["reorder_point"]
    par_level = asked.par_level if "par_level" in sent else item["par_level"]
    if reorder_point is not None and par_level is not None and par_level < reorder_point:
        raise ParBelowReorder
    set_policy(session, item_id, reorder_point, par_level, expected_version=version)
    _note(session, principal, "inventory.change_policy", item_id, item["location_id"], None)


def _must_be_within_limit(session: Session, principal: Principal, movement: RowMapping, location_id: UUID) -> None:
    """Four eyes would be none if what two people decided could be undone by one."""
    limit = people.adjustment_limit(session, principal.id, ADJUST, location_id)
    if limit is not None and movement["value"] > limit:
        way_out = "adjust it the other way, and somebody else will approve it."
        raise BeyondLimit(movement["value"], limit, movement["currency"], way_out)


def _note(
    session: Session, principal: Principal, action: str, subject_id: UUID, location_id: UUID, reason: str | None
) -> None:
    subject_type = "inventory_item" if action == "inventory.change_policy" else "stock_movement"
    details = {} if reason is None else {"reason_code": reason}
    record(
        session,
        actor_id=principal.id,
        action=action,
        subject_type=subject_type,
        subject_id=subject_id,
        location_id=location_id,
        details=details,
    )
