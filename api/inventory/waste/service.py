"""Booking what was thrown away, and looking back at it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from api.audit.record import record
from api.catalog import repository as catalog
from api.catalog.locations import get_location
from api.core.access import Principal
from api.core.errors import IdempotencyConflict
from api.core.types import plain
from api.domain.ids import captured_at
from api.domain.movements import NewMovement, content_digest
from api.inventory.quantities import in_stock_unit
from api.inventory.reasons import service as reasons
from api.inventory.waste import repository
from api.inventory.waste.errors import NowhereToTakeItFrom, PhotoNotFound, PhotoTaken, UnknownProduct, WasteNotFound
from api.inventory.waste.schemas import WasteAnswer, WasteIn
from api.ledger import queries
from api.ledger.documents import products_of_lots, reversed_among
from api.ledger.items import ensure_items
from api.ledger.posting import post_movements
from api.ledger.usage import items_in_use
from api.ledger.waste import WasteFilter, list_waste

SCAN = "inventory.scan"
READ = "inventory.read"


def throw_away(session: Session, principal: Principal, asked: WasteIn) -> WasteAnswer:
    """Book waste, once per id; the same again gives the entry as it stands by now.

    Raises:
        InventoryItemNotFound, LocationNotFound: no such place where the person may scan.
        NowhereToTakeItFrom, UnknownProduct, UnknownReason, UnitDoesNotFit, NothingToMove: the field is named.
        PhotoNotFound, PhotoTaken: the picture cannot be this entry's.
        InsufficientStock: the location bars negative stock.
        IdempotencyConflict: the id was used for something else.
    """
    content = _content(principal, asked)
    known = repository.find(session, asked.id)
    if known is None:
        item = _item(session, principal, asked)
        movement = _plan(session, principal, item, asked, content)
        if _claim(session, principal, item, asked, content):
            _post(session, principal, item, movement)
            return get_waste(session, principal, asked.id, scope=SCAN)
        known = repository.find(session, asked.id)
    if known is None or known.content != content:
        raise IdempotencyConflict("This id was used before for another entry.")
    return get_waste(session, principal, asked.id, scope=SCAN)


def get_waste(session: Session, principal: Principal, waste_id: UUID, *, scope: str = READ) -> WasteAnswer:
    """One entry, at a place where the person holds the scope.

    Raises:
        WasteNotFound: there is none.
    """
    wanted = WasteFilter(locations=principal.locations(scope), waste_id=waste_id)
    rows = list_waste(session, wanted, limit=1)
    if not rows:
        raise WasteNotFound
    return present(session, rows)[0]


def present(session: Session, rows: Sequence[Mapping[Any, Any]]) -> list[WasteAnswer]:
    """Entries with their pictures, and whether they were taken back."""
    ids = [row["id"] for row in rows]
    photos, undone = repository.photos_of(session, ids), reversed_among(session, ids)
    return [WasteAnswer.of(row, photo_id=photos.get(row["id"]), is_reversed=row["id"] in undone) for row in rows]


def _item(session: Session, principal: Principal, asked: WasteIn) -> Mapping[Any, Any]:
    """The item it is taken from: the one named, the area's, or the one that the product is used from."""
    item_id = asked.item_id
    if item_id is None:
        if asked.product_id is None or asked.location_id is None:
            raise NowhereToTakeItFrom
        place = get_location(session, principal, SCAN, asked.location_id).id
        if catalog.get_product(session, asked.product_id) is None:
            raise UnknownProduct("product_id", "There is no such product.")
        key = (asked.product_id, place, asked.area_id)
        if asked.area_id is None:
            item_id = items_in_use(session, place, [asked.product_id])[asked.product_id]
        else:
            item_id = ensure_items(session, [key])[key]
    elif (asked.product_id, asked.location_id, asked.area_id) != (None, None, None):
        raise NowhereToTakeItFrom
    return queries.get_item(session, item_id, locations=principal.locations(SCAN))


def _plan(
    session: Session, principal: Principal, item: Mapping[Any, Any], asked: WasteIn, content: bytes
) -> NewMovement:
    reasons.require(session, asked.reason_code, "waste")
    product = catalog.get_products(session, [item["product_id"]])[item["product_id"]]
    unit = asked.unit or product.stock_unit
    if asked.lot_id is not None and products_of_lots(session, [asked.lot_id]).get(asked.lot_id) != product.id:
        raise UnknownProduct("lot_id", f"{product.name} has no such lot.")
    return NewMovement(
        id=asked.id,
        kind="waste",
        product_id=product.id,
        quantity=in_stock_unit(product, asked.quantity, unit),
        unit=product.stock_unit,
        entered_quantity=asked.quantity,
        entered_unit=unit,
        from_item_id=item["id"],
        lot_id=asked.lot_id,
        occurred_at=asked.occurred_at or captured_at(asked.id),
        actor_id=principal.id,
        device_id=asked.device_id,
        source="manual",
        reason_code=asked.reason_code,
        reference=asked.note,
        content=content,
    )


def _claim(session: Session, principal: Principal, item: Mapping[Any, Any], asked: WasteIn, content: bytes) -> bool:
    if asked.photo_id is not None:
        photo = repository.find_photo(session, asked.photo_id)
        if photo is None or (photo.location_id, photo.uploaded_by) != (item["location_id"], principal.id):
            raise PhotoNotFound
        if repository.is_photo_taken(session, asked.photo_id):
            raise PhotoTaken
    values = {
        "id": asked.id,
        "item_id": item["id"],
        "location_id": item["location_id"],
        "reason_code": asked.reason_code,
        "note": asked.note,
        "photo_id": asked.photo_id,
        "recorded_by": principal.id,
        "content": content,
    }
    try:
        with session.begin_nested():
            return repository.claim(session, values)
    except IntegrityError as error:  # somebody has named the same picture at the same moment
        raise PhotoTaken from error


def _post(session: Session, principal: Principal, item: Mapping[Any, Any], movement: NewMovement) -> None:
    (posted,) = post_movements(session, [movement])
    if posted.status == "conflict":
        raise IdempotencyConflict("This id was used before for another movement.")
    record(
        session,
        actor_id=principal.id,
        action="waste.recorded",
        subject_type="stock_movement",
        subject_id=movement.id,
        location_id=item["location_id"],
        details={"reason_code": movement.reason_code, "value": plain(posted.value)},
    )


def _content(principal: Principal, asked: WasteIn) -> bytes:
    place = (asked.item_id, asked.product_id, asked.location_id, asked.area_id)
    said = (asked.quantity, asked.unit, asked.reason_code, asked.note, asked.lot_id, asked.photo_id, asked.occurred_at)
    return content_digest("waste", *place, *said, principal.id)
