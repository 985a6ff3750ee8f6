"""Drafting transfers: who may, which lines fit, and until when they may still be edited."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from api.audit.record import record
from api.catalog import repository as catalog
from api.catalog.models import Location, Product
from api.core.access import Principal
from api.core.creation import create_once
from api.core.errors import Forbidden, IdempotencyConflict, NotFound
from api.core.pagination import Page, cut, read_cursor
from api.core.preconditions import bump
from api.domain.ids import uuid7
from api.inventory.quantities import in_stock_unit
from api.inventory.transfers import presenting, repository
from api.inventory.transfers.errors import (
    AlreadyShipped,
    BadLine,
    CurrencyMismatch,
    NotADraft,
    SamePlace,
    TransferNotFound,
)
from api.inventory.transfers.models import Transfer, TransferLine
from api.inventory.transfers.repository import TransferFilter
from api.inventory.transfers.schemas import LineIn, TransferEdit, TransferIn, TransferOut
from api.ledger.documents import products_of_lots
from api.outbox.publish import publish

READ = "inventory.read"
SCAN = "inventory.scan"
SEE_PLACE = "catalog.read"
CLOCK_SKEW = timedelta(minutes=5)
"""A tablet's clock may run ahead by this much; its times are then taken as now."""


def list_transfers(session: Session, wanted: TransferFilter, *, limit: int, cursor: str | None) -> Page[TransferOut]:
    """A page of transfers, the newest first.

    Raises:
        Invalid: the cursor is not one of this list's.
    """
    after = None if cursor is None else tuple(read_cursor(cursor, datetime.fromisoformat, UUID))
    rows = repository.find_many(session, wanted, limit, after)
    page, following = cut(rows, limit, lambda row: (row.created_at.isoformat(), row.id))
    return Page(items=presenting.present(session, page), next_cursor=following)


def found(session: Session, principal: Principal, transfer_id: UUID, *, lock: bool = False) -> Transfer:
    """A transfer of which the person sees one end.

    Raises:
        TransferNotFound: there is none.
    """
    transfer = repository.find(session, transfer_id, principal.locations(READ), lock=lock)
    if transfer is None:
        raise TransferNotFound
    return transfer


def create(session: Session, principal: Principal, asked: TransferIn) -> TransferOut:
    """Make a draft, once per client id; sender and receiver may, who also sees the other end.

    Raises:
        NotFound: an end is none that the person sees, or they may not scan at either.
        SamePlace, CurrencyMismatch, BadLine, UnitDoesNotFit: see their names.
        IdempotencyConflict: the id was used for something else.
    """
    return create_once(
        session,
        actor_id=principal.id,
        route="transfers",
        row_id=asked.id,
        body=asked,
        answer=TransferOut,
        create=lambda: presenting.present_one(session, _insert(session, principal, asked)),
    )


def edit(session: Session, principal: Principal, transfer_id: UUID, asked: TransferEdit, version: int) -> TransferOut:
    """Edit a draft: other lines, another note.

    Raises:
        TransferNotFound, Forbidden, VersionConflict, NotADraft, BadLine, UnitDoesNotFit: see their names.
    """
    transfer = found(session, principal, transfer_id, lock=True)
    must_scan(principal, transfer.from_location_id, transfer.to_location_id)
    bump(transfer, version)
    if transfer.status != "draft":
        raise NotADraft(f"Only a draft can be edited; this transfer is {_words(transfer)}.", status_now=transfer.status)
    if "note" in asked.model_fields_set:
        transfer.note = asked.note
    if asked.lines is not None:
        own = {line.id for line in transfer.lines}
        _refuse_taken_lines(session, asked.lines, own)
        transfer.lines.clear()
        session.flush()
        transfer.lines.extend(_lines(session, transfer, asked.lines))
    session.flush()
    note(session, principal, transfer, "edited")
    return presenting.present_one(session, transfer)


def cancel(session: Session, principal: Principal, transfer_id: UUID) -> TransferOut:
    """Drop a draft; again answers the same.

    Raises:
        TransferNotFound, Forbidden: see their names.
        AlreadyShipped: the goods have left; they are received, lost or returned.
    """
    transfer = found(session, principal, transfer_id, lock=True)
    must_scan(principal, transfer.from_location_id, transfer.to_location_id)
    if transfer.status == "draft":
        transfer.status = "cancelled"
        transfer.version += 1
        session.flush()
        note(session, principal, transfer, "cancelled")
    elif transfer.status != "cancelled":
        raise AlreadyShipped("The goods have left: receive them, or book them as returned.", status_now=transfer.status)
    return presenting.present_one(session, transfer)


# ------------------------------------------------------------------ shared with the other steps of a transfer's life


def must_scan(principal: Principal, *location_ids: UUID) -> None:
    """Refuse a step at places where the person may not scan; one of them is enough.

    Raises:
        Forbidden: the scope is held at none of them.
    """
    if not any(principal.may(SCAN, place) for place in location_ids):
        raise Forbidden(f"This step needs the scope {SCAN} where it is done.", code="missing_scope", scope=SCAN)


def moment(occurred_at: datetime | None, not_before: datetime | None = None) -> datetime:
    """When a step was taken: now if it is not told, never in the future, never before what it follows.

    Raises:
        BadLine: in_the_future, before_shipping.
    """
    now = datetime.now(UTC)
    if occurred_at is None:
        return now
    if occurred_at > now + CLOCK_SKEW:
        raise BadLine("occurred_at", "in_the_future", "It cannot have happened in the future.")
    if not_before is not None and occurred_at < not_before:
        raise BadLine("occurred_at", "before_shipping", "It cannot have happened before the goods left.")
    return min(occurred_at, now)


def note(session: Session, principal: Principal, transfer: Transfer, what: str, **details: object) -> None:
    """Put a step into the audit trail, at the place where it was taken."""
    place = transfer.from_location_id if what in {"created", "edited", "cancelled", "shipped"} else None
    record(
        session,
        actor_id=principal.id,
        action=f"transfer.{what}",
        subject_type="transfer",
        subject_id=transfer.id,
        location_id=place or transfer.to_location_id,
        details={"status": transfer.status, "version": transfer.version, **details},
    )


def tell(session: Session, principal: Principal, transfer: Transfer, what: str, **more: object) -> None:
    """Let others hear of a step."""
    payload = {
        "transfer_id": str(transfer.id),
        "number": transfer.number,
        "status": transfer.status,
        "from_location_id": str(transfer.from_location_id),
        "to_location_id": str(transfer.to_location_id),
        "actor_id": str(principal.id),
    }
    publish(session, f"transfer.{what}.v1", subject_id=transfer.id, payload=payload | more)


def _insert(session: Session, principal: Principal, asked: TransferIn) -> Transfer:
    sender, receiver = _ends(session, principal, asked)
    _refuse_taken_lines(session, asked.lines, set())
    transfer = Transfer(
        id=asked.id,
        from_location_id=sender.id,
        to_location_id=receiver.id,
        currency=sender.currency,
        note=asked.note,
        created_by=principal.id,
    )
    transfer.lines = _lines(session, transfer, asked.lines)
    session.add(transfer)
    session.flush()
    session.refresh(transfer)
    note(session, principal, transfer, "created")
    return transfer


def _ends(session: Session, principal: Principal, asked: TransferIn) -> tuple[Location, Location]:
    places = (asked.from_location_id, asked.to_location_id)
    rows = repository.locations_by_id(session, places)
    if not any(principal.may(SCAN, place) for place in places) or not all(
        place in rows and (principal.may(SCAN, place) or principal.may(SEE_PLACE, place)) for place in places
    ):
        raise NotFound("There is no such location, or none that you may see.", code="location_not_found")
    sender, receiver = rows[asked.from_location_id], rows[asked.to_location_id]
    if sender is receiver:
        raise SamePlace
    if sender.currency != receiver.currency:
        raise CurrencyMismatch(sender.currency, receiver.currency)
    return sender, receiver


def _refuse_taken_lines(session: Session, lines: Sequence[LineIn], own: set[UUID]) -> None:
    ids = [line.id for line in lines if line.id is not None]
    if len(set(ids)) < len(ids):
        raise BadLine("lines", "duplicate_line", "Two lines have the same id.")
    if set(repository.taken_line_ids(session, ids)) - own:
        raise IdempotencyConflict("A line's id was used before.")


def _lines(session: Session, transfer: Transfer, asked: Sequence[LineIn]) -> list[TransferLine]:
    products = catalog.get_products(session, {line.product_id for line in asked})
    areas = repository.areas_of(session, transfer.from_location_id)
    lots = products_of_lots(session, {line.lot_id for line in asked if line.lot_id is not None})
    rows = []
    for place, line in enumerate(asked):
        product = products.get(line.product_id)
        if product is None or not product.is_active:
            raise BadLine(f"lines.{place}.product_id", "unknown_product", "There is no such product in use.")
        if line.from_area_id is not None and line.from_area_id not in areas:
            raise BadLine(f"lines.{place}.from_area_id", "unknown_area", "The sender has no such storage area.")
        if line.lot_id is not None and lots.get(line.lot_id) != product.id:
            raise BadLine(f"lines.{place}.lot_id", "unknown_lot", f"{product.name} has no such lot.")
        rows.append(_line(product, line, place))
    return rows


def _line(product: Product, asked: LineIn, place: int) -> TransferLine:
    unit = asked.unit or product.stock_unit
    return TransferLine(
        id=asked.id or uuid7(),
        position=place,
        product_id=product.id,
        from_area_id=asked.from_area_id,
        lot_id=asked.lot_id,
        quantity=in_stock_unit(product, asked.quantity, unit, prefix=f"lines.{place}."),
        entered_quantity=asked.quantity,
        entered_unit=unit,
    )


def _words(transfer: Transfer) -> str:
    return transfer.status.replace("_", " ")
