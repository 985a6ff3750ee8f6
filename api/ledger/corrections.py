"""Later differences in what goods cost: rows that carry value alone.

Goods came in for one price and are invoiced at another. What is still on hand of them takes its share of the difference
into the moving average (`cost_correction`); the rest was used already and is the period's cost (`price_variance`, which
moves no average). The ledger splits under the item's lock, so the two rows always add up to the difference.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.core.errors import IdempotencyConflict
from api.domain.ids import reversal_id, sibling_id
from api.domain.movements import NewMovement, PostedMovement, content_digest
from api.ledger.errors import MovementNotFound, NotAReceipt
from api.ledger.models import StockMovement
from api.ledger.posting import post_movements

STEP = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class ValueCorrection:
    """Where a difference went, signed and in the location's currency: `stock + variance` is the whole of it."""

    id: UUID
    status: str
    stock: Decimal
    variance: Decimal
    movements: tuple[PostedMovement, ...]


def post_value_correction(
    session: Session,
    *,
    correction_id: UUID,
    receipt_id: UUID,
    difference: Decimal,
    actor_id: UUID | None,
    occurred_at: datetime | None = None,
    source: str = "invoice",
    reference: str | None = None,
    reason_code: str | None = None,
) -> ValueCorrection:
    """Book that a receipt cost `difference` more (or, negative, less) than it was booked with; once per id.

    Of `q` received with `Q` on hand, `min(Q, q) / q` of the difference moves the average and the rest is a price
    variance. `correction_id` is a UUIDv7 of the caller and the first row's id; the second row's is derived from it.

    Raises:
        MovementNotFound: there is no such receipt.
        NotAReceipt: the movement brought nothing from outside, was reversed, or the difference is nothing.
        PeriodLocked: the books are closed for that moment.
        IdempotencyConflict: the id was used for something else.
    """
    receipt = session.get(StockMovement, receipt_id)
    if receipt is None:
        raise MovementNotFound("There is no such receipt.")
    amount = abs(difference).quantize(STEP)
    is_reversed = receipt.reverses_id is not None or session.get(StockMovement, reversal_id(receipt_id)) is not None
    came_in = receipt.to_item_id is not None and receipt.from_item_id is None and receipt.quantity > 0
    if not came_in or is_reversed or not amount:
        raise NotAReceipt
    first = NewMovement(
        id=correction_id,
        kind="cost_correction",
        product_id=receipt.product_id,
        quantity=Decimal(0),
        unit=receipt.unit,
        from_item_id=None if difference > 0 else receipt.to_item_id,
        to_item_id=receipt.to_item_id if difference > 0 else None,
        value=amount,
        corrects_quantity=receipt.quantity,
        occurred_at=occurred_at or datetime.now(UTC),
        actor_id=actor_id,
        source=source,
        reason_code=reason_code,
        reference=reference,
        content=content_digest("value_correction", receipt_id, difference, actor_id, source, reference),
    )
    return _answer(post_movements(session, [first, _rest_of(first)]), 1 if difference > 0 else -1)


def reversal_rows(session: Session, asked: StockMovement, reversal: NewMovement) -> list[NewMovement]:
    """What takes a value-only row and its sibling back: the share still on hand leaves the average again, what was
    used meanwhile is the period's. `reversal` is the plain opposite of the row asked for.
    """
    original = _first_of(session, asked)
    rows = [_opposite(original, reversal)]
    if original.kind == "cost_correction":
        rows.append(_rest_of(rows[0]))
    sibling = session.get(StockMovement, sibling_id(original.id))
    return rows if sibling is None else [*rows, _opposite(sibling, reversal)]


def _first_of(session: Session, row: StockMovement) -> StockMovement:
    """The row that a price variance stands beside; a variance that took the whole stands alone."""
    if row.kind == "cost_correction":
        return row
    query = select(StockMovement).where(
        StockMovement.kind == "cost_correction",
        StockMovement.occurred_at == row.occurred_at,
        StockMovement.from_item_id.is_not_distinct_from(row.from_item_id),
        StockMovement.to_item_id.is_not_distinct_from(row.to_item_id),
    )
    return next((each for each in session.scalars(query) if sibling_id(each.id) == row.id), row)


def _opposite(row: StockMovement, reversal: NewMovement) -> NewMovement:
    return NewMovement(
        id=reversal_id(row.id),
        kind=row.kind,  # type: ignore[arg-type]  # the column's CHECK allows these alone
        product_id=row.product_id,
        quantity=Decimal(0),
        unit=row.unit,
        entered_quantity=row.entered_quantity,
        from_item_id=row.to_item_id,
        to_item_id=row.from_item_id,
        value=row.value,
        corrects_quantity=row.entered_quantity if row.kind == "cost_correction" else None,
        occurred_at=reversal.occurred_at,
        actor_id=reversal.actor_id,
        device_id=reversal.device_id,
        source=reversal.source,
        reason_code=reversal.reason_code,
        reference=row.reference,
        reverses_id=row.id,
        content=content_digest("reversal", row.id),
    )


def _rest_of(first: NewMovement) -> NewMovement:
    """The row that takes what the first one leaves; where that is nothing, it is not written."""
    return NewMovement(
        id=sibling_id(first.id),
        kind="price_variance",
        product_id=first.product_id,
        quantity=Decimal(0),
        unit=first.unit,
        from_item_id=first.from_item_id,
        to_item_id=first.to_item_id,
        value=first.value,
        corrects_quantity=first.corrects_quantity,
        occurred_at=first.occurred_at,
        actor_id=first.actor_id,
        device_id=first.device_id,
        source=first.source,
        reason_code=first.reason_code,
        reference=first.reference,
        reverses_id=first.reverses_id,
        content=content_digest("sibling", first.digest().hex()),
    )


def _answer(posted: list[PostedMovement], sign: int) -> ValueCorrection:
    if any(each.status == "conflict" for each in posted):
        raise IdempotencyConflict("This id was used before for another movement.")
    standing = [each for each in posted if each.value]
    stock = sum((each.value for each in standing if each.kind == "cost_correction"), Decimal(0))
    variance = sum((each.value for each in standing if each.kind == "price_variance"), Decimal(0))
    return ValueCorrection(posted[0].id, posted[0].status, sign * stock, sign * variance, tuple(standing))
