"""What every document of this room may refuse.

Conflict 409
└── BeyondLimit            worth more than the person may decide alone
Invalid 422
├── UnitDoesNotFit         the product has no way from this unit to its stock unit
├── NothingToMove          less than a millionth of the stock unit
└── TooMuch                more than twelve digits of it, or of what it is worth
"""

from __future__ import annotations

from decimal import Decimal

from api.core.errors import Conflict, FieldProblem, Invalid
from api.core.types import plain


class BeyondLimit(Conflict):
    """It is worth more than the person's role lets them decide alone."""

    code = "beyond_limit"

    def __init__(self, value: Decimal, limit: Decimal, currency: str, way_out: str) -> None:
        super().__init__(
            f"It is worth {plain(value)} {currency}, and your limit is {plain(limit)}: {way_out}",
            value=plain(value),
            limit=plain(limit),
        )


class UnitDoesNotFit(Invalid):
    """The unit cannot be converted for this product."""

    code = "unconvertible_unit"

    def __init__(self, detail: str, field: str = "unit") -> None:
        super().__init__(detail, errors=(FieldProblem(field, self.code, detail),))


class NothingToMove(Invalid):
    """A quantity of which nothing is left in the stock unit."""

    code = "nothing_to_move"

    def __init__(self, field: str = "quantity") -> None:
        detail = "Must be at least a millionth of the stock unit."
        super().__init__(detail, errors=(FieldProblem(field, self.code, detail),))


class TooMuch(Invalid):
    """A quantity or its value that no balance can hold."""

    code = "out_of_range"

    def __init__(self, field: str = "quantity") -> None:
        detail = "It, or what it is worth, has more than twelve digits before the point."
        super().__init__(detail, errors=(FieldProblem(field, self.code, detail),))
