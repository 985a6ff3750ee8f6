"""Goods that did not arrive: lost with a reason, or back at the sender. Until then they stand on the road."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Session

from api.catalog import repository as catalog
from api.catalog.models import Product
from api.core.access import Principal
from api.core.errors import Forbidden, IdempotencyConflict
from api.domain.movements import Kind, NewMovement, content_digest
from api.identity import people
from api.inventory.errors import BeyondLimit
from api.inventory.quantities import in_stock_unit
from api.inventory.reasons import service as reasons
from api.inventory.transfers import presenting, repository
from api.inventory.transfers.errors import BadLine, NotOnTheRoad, StepNotAllowed, TransferLineNotFound
from api.inventory.transfers.models import Transfer, TransferLine, TransferSettlement
from api.inventory.transfers.receiving import UNDER_WAY, advance
from api.inventory.transfers.schemas import Resolution, ResolutionLine, TransferOut
from api.inventory.transfers.service import found, moment, must_scan, note, tell
from api.inventory.transfers.shipping import SOURCE, ZERO, post_all, share_of

ADJUST = "inventory.adjust"


@dataclass(slots=True)
class Outcome:
    """What became of so much of a line, in stock units; a loss is a movement of `kind`."""

    line: TransferLine
    asked: ResolutionLine
    quantity: Decimal
    kind: Kind
    value: Decimal = ZERO

    def content(self) -> bytes:
        """What was said, so that a retry is told from another resolution."""
        said = self.asked
        return content_digest(
            "transfer.resolve", said.line_id, said.outcome, said.quantity, said.unit, said.reason_code
        )


def resolve(session: Session, principal: Principal, transfer_id: UUID, asked: Resolution) -> TransferOut:
    """Book what did not arrive; resolutions that were sent before change nothing.

    A loss takes inventory.adjust at the receiver, within the person's limit; a return is booked by whoever has the
    goods again, at the sender.

    Raises:
        TransferNotFound, TransferLineNotFound, Forbidden, StepNotAllowed, NotOnTheRoad: see their names.
        UnknownReason: a loss without a reason, or with one of another kind.
        BeyondLimit: the loss is worth more than the person may decide alone.
        IdempotencyConflict: a resolution's id was used for something else.
    """
    transfer = found(session, principal, transfer_id, lock=True)
    _must_hold(principal, transfer, asked)
    if transfer.status not in UNDER_WAY:
        raise StepNotAllowed(f"The transfer is {transfer.status}: it is not on the road.", status_now=transfer.status)
    products = catalog.get_products(session, {line.product_id for line in transfer.lines})
    outcomes = _planned(session, transfer, asked, products)
    if not outcomes:
        return presenting.present_one(session, transfer)
    at = moment(asked.occurred_at, transfer.shipped_at)
    _take(outcomes)
    _must_be_within_limit(session, principal, transfer, outcomes)
    movements = [_movement(principal, transfer, outcome, products, at, asked.device_id) for outcome in outcomes]
    post_all(session, movements)
    session.add_all(_settlement(principal, outcome, at) for outcome in outcomes)
    advance(session, transfer, at)
    note(session, principal, transfer, "resolved", resolution_ids=[str(each.asked.resolution_id) for each in outcomes])
    tell(session, principal, transfer, "resolved")
    return presenting.present_one(session, transfer)


def _must_hold(principal: Principal, transfer: Transfer, asked: Resolution) -> None:
    wanted = {line.outcome for line in asked.lines}
    if "returned" in wanted:
        must_scan(principal, transfer.from_location_id)
    if "lost" in wanted and not principal.may(ADJUST, transfer.to_location_id):
        message = f"A loss needs the scope {ADJUST} at the receiver."
        raise Forbidden(message, code="missing_scope", scope=ADJUST)


def _planned(session: Session, transfer: Transfer, asked: Resolution, products: dict[UUID, Product]) -> list[Outcome]:
    """The resolutions that are new; a quantity that is not told is decided when its turn comes."""
    lines = {line.id: line for line in transfer.lines}
    ids = [told.resolution_id for told in asked.lines]
    if len(set(ids)) < len(ids):
        raise BadLine("lines", "duplicate_resolution", "Two resolutions have the same id.")
    known = repository.settlements_by_id(session, ids)
    outcomes = []
    for place, told in enumerate(asked.lines):
        line = lines.get(told.line_id)
        if line is None:
            raise TransferLineNotFound(told.line_id)
        outcome = Outcome(line, told, _quantity(products[line.product_id], told, place), "transfer")
        if told.resolution_id in known:
            if known[told.resolution_id].content != outcome.content():
                raise IdempotencyConflict("A resolution's id was used before, for something else.")
            continue
        if told.outcome == "lost":
            field = f"lines.{place}.reason_code"
            reason = reasons.require(session, told.reason_code or "", "transfer", "waste", field=field)
            outcome.kind = "waste" if reason.category == "waste" else "adjustment"
        elif told.reason_code is not None:
            raise BadLine(f"lines.{place}.reason_code", "no_reason_needed", "Goods that are back need no reason.")
        outcomes.append(outcome)
    return outcomes


def _quantity(product: Product, told: ResolutionLine, place: int) -> Decimal:
    if told.quantity is None:
        return ZERO
    return in_stock_unit(product, told.quantity, told.unit or product.stock_unit, prefix=f"lines.{place}.")


def _take(outcomes: Sequence[Outcome]) -> None:
    """Off the road with it, one after another; each carries its share of what was shipped."""
    for outcome in outcomes:
        line = outcome.line
        outcome.quantity = outcome.quantity or line.open_quantity
        if outcome.quantity == 0 or outcome.quantity > line.open_quantity:
            raise NotOnTheRoad(line.id, line.open_quantity)
        outcome.value = share_of(line, outcome.quantity)
        line.settled_value += outcome.value
        if outcome.asked.outcome == "lost":
            line.lost_quantity += outcome.quantity
        else:
            line.returned_quantity += outcome.quantity


def _must_be_within_limit(
    session: Session, principal: Principal, transfer: Transfer, outcomes: Sequence[Outcome]
) -> None:
    lost = sum((outcome.value for outcome in outcomes if outcome.asked.outcome == "lost"), ZERO)
    if lost == 0:
        return
    limit = people.adjustment_limit(session, principal.id, ADJUST, transfer.to_location_id)
    if limit is not None and lost > limit:
        raise BeyondLimit(lost, limit, transfer.currency, "somebody with a higher limit has to book the loss.")


def _movement(
    principal: Principal,
    transfer: Transfer,
    outcome: Outcome,
    products: dict[UUID, Product],
    at: datetime,
    device_id: str | None,
) -> NewMovement:
    line = outcome.line
    return NewMovement(
        id=outcome.asked.resolution_id,
        kind=outcome.kind,
        product_id=line.product_id,
        quantity=outcome.quantity,
        unit=products[line.product_id].stock_unit,
        from_item_id=line.transit_item_id,
        to_item_id=line.from_item_id if outcome.kind == "transfer" else None,
        lot_id=line.lot_id,
        value=outcome.value,
        occurred_at=at,
        actor_id=principal.id,
        device_id=device_id,
        source=SOURCE,
        reason_code=outcome.asked.reason_code,
        reference=transfer.number,
        content=outcome.content(),
    )


def _settlement(principal: Principal, outcome: Outcome, at: datetime) -> TransferSettlement:
    return TransferSettlement(
        id=outcome.asked.resolution_id,
        transfer_line_id=outcome.line.id,
        outcome=outcome.asked.outcome,
        quantity=outcome.quantity,
        value=outcome.value,
        reason_code=outcome.asked.reason_code,
        occurred_at=at,
        recorded_by=principal.id,
        content=outcome.content(),
    )
