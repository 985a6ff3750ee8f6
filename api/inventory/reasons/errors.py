"""Why a reason is refused.

Conflict 409
└── ReasonCodeTaken        the code stands for another reason
NotFound 404
└── ReasonCodeNotFound
Invalid 422
├── UnknownReason          not a reason of this kind of document, or no longer in use
└── ReasonDirection        it takes stock out and the difference brings it in, or the other way round
"""

from __future__ import annotations

from api.core.errors import Conflict, FieldProblem, Invalid, NotFound


class ReasonCodeTaken(Conflict):
    """Another reason has this code."""

    code = "reason_code_taken"


class ReasonCodeNotFound(NotFound):
    """There is no reason of this code."""

    code = "reason_code_not_found"


class UnknownReason(Invalid):
    """Not a reason that this kind of document may give."""

    code = "unknown_reason"

    def __init__(self, reason_code: str, kind: str, field: str = "reason_code") -> None:
        detail = f"There is no reason {reason_code!r} for {kind}: GET /api/reason-codes?kind={kind} lists them."
        super().__init__(detail, errors=(FieldProblem(field, self.code, detail),), reason_code=reason_code)


class ReasonDirection(Invalid):
    """The reason goes the other way."""

    code = "reason_direction"

    def __init__(self, label: str, direction: str) -> None:
        way = (
            "takes stock out: give a negative difference"
            if direction == "out"
            else "brings stock in: give a positive one"
        )
        detail = f"The reason {label!r} {way}, or another reason."
        super().__init__(detail, errors=(FieldProblem("reason_code", self.code, detail),))
