"""Why the ledger refuses.

Conflict 409
├── InsufficientStock      the location bars negative stock
├── AlreadyReversed        a movement is reversed once
└── ReversalOfReversal     a reversal is corrected by a new movement
Invalid 422
├── NotUuid7               the id carries no time
├── OutOfRange             a balance or value of more than twelve digits
└── TooManyMovements       more than 500 in one call
NotFound 404
├── MovementNotFound
└── InventoryItemNotFound
"""

from __future__ import annotations

from collections.abc import Sequence
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


class TooManyMovements(Invalid):
    """A call posts 500 movements at most."""

    code = "too_many_movements"

    def __init__(self) -> None:
        super().__init__(f"At most {MAX_BATCH} movements are posted at once.")


class MovementNotFound(NotFound):
    """There is no such movement, or none at a location that the person may see."""

    code = "movement_not_found"


class InventoryItemNotFound(NotFound):
    """There is no such inventory item, or none at a location that the person may see."""

    code = "inventory_item_not_found"
