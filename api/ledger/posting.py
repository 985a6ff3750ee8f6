"""The one way into the ledger: a list of movements, one set-based call, one round trip."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from api.core.errors import IdempotencyConflict
from api.domain.ids import is_uuid7
from api.domain.movements import MAX_BATCH, NewMovement, PostedMovement
from api.ledger.errors import (
    ExpiredStock,
    InsufficientStock,
    LotNotFound,
    LotsExceedQuantity,
    NotUuid7,
    OutOfRange,
    TooManyMovements,
)
from api.ledger.periods import refuse_locked

POST = text("select * from post_stock_movements(cast(:movements as jsonb), false)")
SERIALIZATION_FAILURE = "40001"


def post_movements(session: Session, movements: Sequence[NewMovement]) -> list[PostedMovement]:
    """Post 1..500 movements in the order given, all of them or none, and answer each in that order.

    An id that stands already with the same content is answered `duplicate`, with other content `conflict`; neither
    hinders the others. Balances, average costs and one outbox event per new movement are in the session's transaction.

    Raises:
        InsufficientStock: an item of a location that bars negative stock, or a lot named there, would fall below zero.
        ExpiredStock: only expired lots are left at such a location.
        PeriodLocked: a fact of a day for which a location's books are closed.
        LotNotFound, LotsExceedQuantity: the lots named are not the product's, or more than what moves.
        OutOfRange: a balance or value would not fit twelve digits.
        NotUuid7: an id is not a UUIDv7.
        TooManyMovements: more than 500.
        IdempotencyConflict: an id was used for another fact at the very same moment.
    """
    if not movements:
        return []
    if len(movements) > MAX_BATCH:
        raise TooManyMovements
    session.flush()
    try:
        rows = session.execute(POST, {"movements": as_json(movements)}).mappings().all()
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) == SERIALIZATION_FAILURE:
            raise IdempotencyConflict("The id was used for something else at the same moment.") from error
        raise
    posted = [as_posted(row) for row in rows]
    _refuse(session, posted)
    return posted


def as_json(movements: Sequence[NewMovement]) -> str:
    """The posting function's argument.

    Raises:
        NotUuid7: an id is not a UUIDv7.
    """
    return json.dumps([as_row(n, movement) for n, movement in enumerate(movements)])


def as_row(n: int, movement: NewMovement) -> dict[str, Any]:
    """One element of the posting function's argument: texts, because JSON numbers are floats to most.

    Raises:
        NotUuid7: the id is not a UUIDv7.
    """
    if not is_uuid7(movement.id):
        raise NotUuid7(movement.id)
    entered = movement.quantity if movement.entered_quantity is None else movement.entered_quantity
    return {
        "n": n,
        "id": str(movement.id),
        "kind": movement.kind,
        "product_id": str(movement.product_id),
        "from_item_id": _text(movement.from_item_id),
        "to_item_id": _text(movement.to_item_id),
        "quantity": str(movement.quantity),
        "unit": movement.unit,
        "entered_quantity": str(entered),
        "entered_unit": movement.entered_unit or movement.unit,
        "lot_id": _text(movement.lot_id),
        "lots": [{"lot_id": str(each.lot_id), "quantity": str(each.quantity)} for each in movement.lots] or None,
        "value": _text(movement.value),
        "corrects_quantity": _text(movement.corrects_quantity),
        "occurred_at": movement.occurred_at.isoformat(),
        "actor_id": _text(movement.actor_id),
        "device_id": movement.device_id,
        "source": movement.source,
        "reason_code": movement.reason_code,
        "reference": movement.reference,
        "reverses_id": _text(movement.reverses_id),
        "content": "\\x" + movement.digest().hex(),
        "is_count": movement.is_count,
    }


def as_posted(row: Mapping[Any, Any]) -> PostedMovement:
    """One answer of the posting function."""
    return PostedMovement(
        id=row["id"],
        status=row["status"],
        error=row["error"],
        kind=row["kind"],
        product_id=row["product_id"],
        from_item_id=row["from_item_id"],
        to_item_id=row["to_item_id"],
        quantity=row["quantity"],
        unit=row["unit"],
        value=row["value"],
        currency=row["currency"],
        from_on_hand=row["from_on_hand"],
        to_on_hand=row["to_on_hand"],
    )


def _text(value: UUID | Decimal | datetime | None) -> str | None:
    return None if value is None else str(value)


def _refuse(session: Session, posted: Sequence[PostedMovement]) -> None:
    """A refused movement means that none of the call was posted."""
    refused: dict[str | None, list[PostedMovement]] = {}
    for answer in posted:
        if answer.status == "rejected":
            refused.setdefault(answer.error, []).append(answer)
    if "period_locked" in refused:
        refuse_locked(session, refused["period_locked"])
    if "insufficient_stock" in refused:
        raise InsufficientStock(refused["insufficient_stock"])
    if "expired_stock" in refused:
        raise ExpiredStock(refused["expired_stock"])
    if "lot_not_found" in refused:
        raise LotNotFound
    if "lots_exceed_quantity" in refused:
        raise LotsExceedQuantity
    if refused:
        raise OutOfRange
