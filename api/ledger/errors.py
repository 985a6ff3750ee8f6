"""Why the ledger refuses.

Conflict 409
├── InsufficientStock      the location bars negative stock
├── ExpiredStock           what is left there has expired, and nobody named its lot
├── PeriodLocked           the location's books are closed for that day
├── AlreadyLocked          they are closed up to that day already
├── LockLifted             the lock was lifted before
├── AlreadyReversed        a movement is reversed once
└── ReversalOfReversal     a reversal is corrected by a new movement
Invalid 422
├── NotUuid7               the id carries no time
├── OutOfRange             a balance or value of more than twelve digits
├── LotsExceedQuantity     the lots named are more than what moves
├── PeriodNotOver          only days that are over can be closed
├── NotAReceipt            a later difference in cost belongs to goods that came in
└── TooManyMovements       more than 500 in one call
NotFound 404
├── MovementNotFound
├── InventoryItemNotFound
├── LotNotFound            not a lot of this product, or none at a place that the person may see
└── PeriodLockNotFound
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from api.core.errors import Conflict, FieldProblem, Invalid, NotFound
from api.domain.movements import MAX_BATCH, PostedMovement


class InsufficientStock(Conflict):
    """An item of a location that bars negative stock would fall below zero; nothing was posted."""

    code = "insufficient_stock"

    def __init__(self, refused: Sequence[PostedMovement] = ()) -> None:
        super().__init__(
            "There is not enough on hand, and this location does not allow negative stock.",
            movements=[
                {"id": str(each.id), "product_id": str(each.product_id), "on_hand": str(each.from_on_hand)}
                for each in refused
            ],
        )


class ExpiredStock(Conflict):
    """Only expired lots are left at a location that bars negative stock; nothing was posted."""

    code = "expired_stock"

    def __init__(self, refused: Sequence[PostedMovement] = ()) -> None:
        super().__init__(
            "What is left there has expired: name the lot to take it all the same.",
            movements=[{"id": str(each.id), "product_id": str(each.product_id)} for each in refused],
        )


class PeriodLocked(Conflict):
    """A fact of a day for which the books are closed; nothing was posted."""

    code = "period_locked"

    def __init__(self, location: str, closed_through: date, refused: Sequence[UUID] = ()) -> None:
        super().__init__(
            period_locked_detail(location, closed_through),
            location=location,
            closed_through=closed_through.isoformat(),
            movements=[str(each) for each in refused],
        )


def period_locked_detail(location: str, closed_through: date) -> str:
    """What is closed, and the way out."""
    return (
        f"The books of {location} are closed up to and including {closed_through}: post it on an open day with a "
        "reference to what it concerns, or have the lock lifted."
    )


class AlreadyLocked(Conflict):
    """The location's books are closed up to this day already."""

    code = "already_locked"


class LockLifted(Conflict):
    """The lock was lifted before."""

    code = "lock_lifted"


class AlreadyReversed(Conflict):
    """A movement can be reversed once."""

    code = "already_reversed"


class ReversalOfReversal(Conflict):
    """A reversal is not reversed: post what really happened as a new movement."""

    code = "reversal_of_reversal"

    def __init__(self) -> None:
        super().__init__("A reversal cannot be reversed; post what really happened as a new movement.")


class NotUuid7(Invalid):
    """The id is not a UUIDv7."""

    code = "id_not_uuid7"

    def __init__(self, value: UUID) -> None:
        problem = FieldProblem("id", self.code, f"{value} is not a UUIDv7")
        super().__init__("Ids of movements are UUIDv7, made by whoever captures them.", errors=(problem,))


class OutOfRange(Invalid):
    """A balance, cost or value would need more than twelve digits before the point."""

    code = "out_of_range"

    def __init__(self) -> None:
        super().__init__("The resulting balance or value has more than twelve digits.")


class LotsExceedQuantity(Invalid):
    """The named lots add up to more than what moves."""

    code = "lots_exceed_quantity"

    def __init__(self) -> None:
        problem = FieldProblem("lots", self.code, "They add up to more than the quantity.")
        super().__init__("The lots named are more than what moves.", errors=(problem,))


class PeriodNotOver(Invalid):
    """The day is not over at the location."""

    code = "period_not_over"

    def __init__(self, today: date) -> None:
        problem = FieldProblem("closed_through", self.code, f"Must be before {today}, the day that is running there.")
        super().__init__("Only days that are over can be closed.", errors=(problem,))


class NotAReceipt(Invalid):
    """The movement brought nothing in."""

    code = "not_a_receipt"

    def __init__(self) -> None:
        super().__init__(
            "A later difference in cost belongs to a movement that brought goods in, and was not reversed."
        )


class TooManyMovements(Invalid):
    """A call posts 500 movements at most."""

    code = "too_many_movements"

    def __init__(self) -> None:
        super().__init__(f"At most {MAX_BATCH} movements are posted at once.")


class MovementNotFound(NotFound):
    """There is no such movement, or none at a location that the person may see."""

    code = "movement_not_found"


class LotNotFound(NotFound):
    """There is no such lot of this product, or none at a place that the person may see."""

    code = "lot_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such lot of this product, or none that you may see.")


class PeriodLockNotFound(NotFound):
    """There is no such lock, or none at a location that the person may see."""

    code = "period_lock_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such period lock, or none that you may see.")


class InventoryItemNotFound(NotFound):
    """There is no such inventory item, or none at a location that the person may see."""

    code = "inventory_item_not_found"
