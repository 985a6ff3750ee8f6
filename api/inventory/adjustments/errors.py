"""Why an adjustment is refused.

Conflict 409
├── AlreadyDecided         approved, rejected, withdrawn or posted at once
└── AdjustmentExpired      nobody decided in time
Forbidden 403
├── SelfApproval           four eyes: the author does not decide
└── NotTheAuthor           only whoever asked for it may withdraw it
NotFound 404
└── AdjustmentNotFound
Invalid 422
└── NothingToAdjust        a difference of zero
"""

from __future__ import annotations

from api.core.errors import Conflict, FieldProblem, Forbidden, Invalid, NotFound


class AlreadyDecided(Conflict):
    """The adjustment does not wait any more."""

    code = "already_decided"

    def __init__(self, status: str) -> None:
        super().__init__(f"It does not wait any more: it was {status}.", status_now=status)


class AdjustmentExpired(Conflict):
    """Nobody decided in time."""

    code = "adjustment_expired"

    def __init__(self) -> None:
        super().__init__("Nobody decided in time: count the item and ask for a new adjustment.")


class SelfApproval(Forbidden):
    """Whoever asked for an adjustment does not decide about it."""

    code = "self_approval"

    def __init__(self) -> None:
        super().__init__("You asked for this adjustment: somebody else has to decide. You may withdraw it.")


class NotTheAuthor(Forbidden):
    """Somebody else asked for it."""

    code = "not_yours"

    def __init__(self) -> None:
        super().__init__("Somebody else asked for it: reject it instead of withdrawing it.")


class AdjustmentNotFound(NotFound):
    """There is no such adjustment, or none that the person may see."""

    code = "adjustment_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such adjustment, or none that you may see.")


class NothingToAdjust(Invalid):
    """An adjustment by nothing."""

    code = "nothing_to_adjust"

    def __init__(self) -> None:
        problem = FieldProblem("quantity_delta", self.code, "Must not be zero.")
        super().__init__("An adjustment changes the balance.", errors=(problem,))
