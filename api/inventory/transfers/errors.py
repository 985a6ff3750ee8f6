"""Why a transfer's step is refused.

Conflict 409
├── NotADraft              it was shipped or cancelled: it cannot be edited
├── AlreadyShipped         it was shipped, or with other quantities
├── StepNotAllowed         the transfer's status does not allow it
├── OverReceipt            more came than is on the road, and nobody said to take it
└── NotOnTheRoad           more is lost or returned than is on the road
NotFound 404
├── TransferNotFound
└── TransferLineNotFound   no line of this transfer
Invalid 422
├── SamePlace              from a location to itself
├── CurrencyMismatch       the two locations count in different currencies
├── NothingToShip          every line was set to zero
└── BadLine                its product, area, lot or time does not fit
"""

from __future__ import annotations

from decimal import Decimal

from api.core.errors import Conflict, FieldProblem, Invalid, NotFound
from api.core.types import plain


class NotADraft(Conflict):
    """Only a draft can be edited."""

    code = "not_a_draft"


class AlreadyShipped(Conflict):
    """The goods have left."""

    code = "already_shipped"


class StepNotAllowed(Conflict):
    """The transfer's status does not allow this step."""

    code = "step_not_allowed"


class OverReceipt(Conflict):
    """More came than is on the road."""

    code = "over_receipt"


class NotOnTheRoad(Conflict):
    """So much is not on the road."""

    code = "not_on_the_road"

    def __init__(self, line_id: object, open_quantity: Decimal) -> None:
        super().__init__(
            f"Of this line {plain(open_quantity)} is on the road, in stock units, and no more.",
            line_id=str(line_id),
            open_quantity=plain(open_quantity),
        )


class TransferNotFound(NotFound):
    """There is no such transfer, or none that the person may see."""

    code = "transfer_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such transfer, or none that you may see.")


class TransferLineNotFound(NotFound):
    """The transfer has no such line."""

    code = "transfer_line_not_found"

    def __init__(self, line_id: object) -> None:
        super().__init__(f"This transfer has no line {line_id}.")


class SamePlace(Invalid):
    """A transfer goes from one location to another."""

    code = "same_place"

    def __init__(self) -> None:
        detail = "Goods go from one location to another; within one, scan them from area to area."
        super().__init__(detail, errors=(FieldProblem("to_location_id", self.code, detail),))


class CurrencyMismatch(Invalid):
    """The value cannot travel as it is."""

    code = "currency_mismatch"

    def __init__(self, sender: str, receiver: str) -> None:
        detail = f"The sender counts in {sender}, the receiver in {receiver}: sell it to them by an order instead."
        super().__init__(detail, errors=(FieldProblem("to_location_id", self.code, detail),))


class NothingToShip(Invalid):
    """Every line was set to zero."""

    code = "nothing_to_ship"

    def __init__(self) -> None:
        super().__init__("Nothing is left to ship: cancel the transfer instead.")


class BadLine(Invalid):
    """Something of a line does not fit."""

    code = "bad_line"

    def __init__(self, field: str, code: str, detail: str) -> None:
        super().__init__(detail, code=code, errors=(FieldProblem(field, code, detail),))
