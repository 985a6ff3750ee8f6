"""Undoing: the same fact the other way round, with the value carried back, under an id that allows it once.

A reversal has the moment of the fact that it takes back, so that balances and usage as of then come right; when it
became known is its `recorded_at`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.domain.ids import reversal_id
from api.domain.movements import MAX_BATCH, Kind, NewMovement, PostedMovement, content_digest
from api.ledger.corrections import reversal_rows
from api.ledger.errors import MovementNotFound, ReversalOfReversal
from api.ledger.models import VALUE_ONLY, StockMovement
from api.ledger.posting import post_movements


def reverse(
    session: Session,
    movement_id: UUID,
    *,
    actor_id: UUID | None,
    source: str = "manual",
    device_id: str | None = None,
    reason_code: str | None = None,
    occurred_at: datetime | None = None,
) -> PostedMovement:
    """Post the reversal of a movement; asking again, even at the same moment, gives the one that stands as `duplicate`.

    Raises:
        MovementNotFound: there is no such movement.
        ReversalOfReversal: the movement is itself a reversal.
        InsufficientStock: the location bars negative stock and the goods are gone.
        PeriodLocked: the books are closed for the row's day; another `occurred_at` takes it back on an open one.
    """
    original = session.get(StockMovement, movement_id)
    if original is None:
        raise MovementNotFound("There is no such movement.")
    opposite = _opposite(
        original,
        actor_id=actor_id,
        source=source,
        device_id=device_id,
        reason_code=reason_code,
        occurred_at=occurred_at,
    )
    rows = reversal_rows(session, original, opposite) if original.kind in VALUE_ONLY else [opposite]
    return post_movements(session, rows)[0]


def reverse_all(
    session: Session,
    movement_ids: Sequence[UUID],
    *,
    actor_id: UUID | None,
    source: str = "manual",
    reason_code: str | None = None,
) -> list[PostedMovement]:
    """Reverse several movements of goods in the order given, 500 to a call; those reversed before are `duplicate`.

    More than 500 need their items locked first (`api.ledger.locking`).

    Raises:
        MovementNotFound: one of them does not exist.
        ReversalOfReversal: one of them is itself a reversal.
        InsufficientStock: the location bars negative stock and the goods are gone.
        PeriodLocked: the books are closed for the rows' day.
    """
    found = {each.id: each for each in session.scalars(select(StockMovement).where(StockMovement.id.in_(movement_ids)))}
    if len(found) < len(set(movement_ids)):
        raise MovementNotFound("There is no such movement.")
    opposites = [
        _opposite(found[each], actor_id=actor_id, source=source, reason_code=reason_code) for each in movement_ids
    ]
    chunks = (opposites[start : start + MAX_BATCH] for start in range(0, len(opposites), MAX_BATCH))
    return [posted for chunk in chunks for posted in post_movements(session, chunk)]


def _opposite(
    original: StockMovement,
    *,
    actor_id: UUID | None,
    source: str,
    device_id: str | None = None,
    reason_code: str | None = None,
    occurred_at: datetime | None = None,
) -> NewMovement:
    if original.reverses_id is not None:
        raise ReversalOfReversal
    kind: Kind = original.kind  # type: ignore[assignment]  # the column's CHECK allows these alone
    return NewMovement(
        id=reversal_id(original.id),
        kind=kind,
        product_id=original.product_id,
        quantity=original.quantity,
        unit=original.unit,
        entered_quantity=original.entered_quantity,
        entered_unit=original.entered_unit,
        from_item_id=original.to_item_id,
        to_item_id=original.from_item_id,
        value=original.value,
        lot_id=original.lot_id,
        occurred_at=occurred_at or original.occurred_at,
        actor_id=actor_id,
        device_id=device_id,
        source=source,
        reason_code=reason_code,
        reference=original.reference,
        reverses_id=original.id,
        content=content_digest("reversal", original.id),  # whoever asks: one reversal, one answer
    )
