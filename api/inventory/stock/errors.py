"""Why an undo or a policy is refused.

Conflict 409
└── BelongsToDocument      an order's or a day's sales' movement is corrected there
Forbidden 403
└── NotYours               undoing somebody else's movement needs inventory.adjust
Invalid 422
└── ParBelowReorder        the par level is lower than the reorder point
"""

from __future__ import annotations

from api.core.errors import Conflict, FieldProblem, Forbidden, Invalid


class BelongsToDocument(Conflict):
    """The movement came from an order or from a day's sales, and is corrected there."""

    code = "belongs_to_document"


class NotYours(Forbidden):
    """Somebody else captured it."""

    code = "not_yours"


class ParBelowReorder(Invalid):
    """Ordering up to less than what makes one order."""

    code = "par_below_reorder"

    def __init__(self) -> None:
        problem = FieldProblem("par_level", self.code, "Must not be lower than the reorder point.")
        super().__init__("The par level is lower than the reorder point.", errors=(problem,))
