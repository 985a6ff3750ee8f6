"""Adjusting, undoing and setting policies: what a person does to stock at a desk."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Session

from api.audit.record import record
from api.catalog.models import Product
from api.core.access import Principal
from api.core.errors import IdempotencyConflict
from api.domain.ids import captured_at
from api.domain.movements import NewMovement, PostedMovement
from api.domain.units import ProductUnits, UnconvertibleUnit
from api.inventory.stock.errors import BelongsToDocument, NothingToAdjust, NotYours, ParBelowReorder, UnitDoesNotFit
from api.inventory.stock.schemas import Adjustment, PolicyChange, Reversal
from api.ledger import queries
from api.ledger.positions import set_policy
from api.ledger.posting import post_movements
from api.ledger.reversal import reverse

ADJUST = "inventory.adjust"
SCAN = "inventory.scan"
DOCUMENTS = {"po": "the purchase order", "pos": "the day's sales"}


def adjust(session: Session, principal: Principal, item_id: UUID, asked: Adjustment) -> PostedMovement:
    """Correct a balance by a difference, once per id.

    Raises:
        InventoryItemNotFound: no such item where the person may adjust.
        NothingToAdjust, UnitDoesNotFit: the difference cannot be posted.
        InsufficientStock: the location bars negative stock.
        IdempotencyConflict: the id was used for something else.
    """
    item = queries.get_item(session, item_id, locations=principal.locations(ADJUST))
    unit = asked.unit or item["unit"]
    quantity = _in_stock_unit(session, item["product_id"], abs(asked.quantity_delta), unit)
    incoming = asked.quantity_delta > 0
    (posted,) = post_movements(
        session,
        [
            NewMovement(
                id=asked.id,
                kind="adjustment",
                product_id=item["product_id"],
                quantity=quantity,
                unit=item["unit"],
                entered_quantity=abs(asked.quantity_delta),
                entered_unit=unit,
                from_item_id=None if incoming else item_id,
                to_item_id=item_id if incoming else None,
                occurred_at=asked.occurred_at or captured_at(asked.id),
                actor_id=principal.id,
                device_id=asked.device_id,
                source=asked.source,
                reason_code=asked.reason_code,
                reference=asked.note,
            )
        ],
    )
    if posted.status == "conflict":
        raise IdempotencyConflict("This id was used before for another movement.")
    if posted.status == "posted":
        _note(session, principal, "inventory.adjust", posted.id, item["location_id"], asked.reason_code)
    return posted


def undo(session: Session, principal: Principal, movement_id: UUID, asked: Reversal) -> PostedMovement:
    """Take a movement back: one's own, or anybody's with inventory.adjust at every place it touched.

    Raises:
        MovementNotFound: no such movement where the person may scan.
        NotYours: somebody else captured it, and the person may not adjust there.
        BelongsToDocument: it is corrected on its order, or by importing the day's sales again.
        ReversalOfReversal, InsufficientStock: the ledger refuses.
    """
    movement = queries.get_movement(session, movement_id, locations=principal.locations(SCAN))
    places = [place for place in (movement["from_location_id"], movement["to_location_id"]) if place is not None]
    if movement["actor_id"] != principal.id and not all(principal.may(ADJUST, place) for place in places):
        raise NotYours("Somebody else captured it; undoing it needs the scope inventory.adjust.")
    if movement["source"] in DOCUMENTS:
        raise BelongsToDocument(f"It came from {DOCUMENTS[movement['source']]}: correct it there.")
    posted = reverse(
        session, movement_id, actor_id=principal.id, device_id=asked.device_id, reason_code=asked.reason_code
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


def _in_stock_unit(session: Session, product_id: UUID, quantity: Decimal, unit: str) -> Decimal:
    product = session.get_one(Product, product_id)
    factors = [(each.unit, each.numerator, each.denominator) for each in product.units]
    try:
        converted = ProductUnits.of(product.stock_unit, factors).to_stock(quantity, unit)
    except UnconvertibleUnit as error:
        raise UnitDoesNotFit(f"{product.name}: {error}.") from error
    if converted == 0:
        raise NothingToAdjust
    return converted


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
