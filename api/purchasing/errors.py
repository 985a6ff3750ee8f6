"""What purchasing refuses.

ApiError
├── NotFound 404            purchase_order_not_found, line_not_found
├── Forbidden 403           missing_scope, self_approval
├── Conflict 409
│   ├── StepNotAllowed      invalid_transition: the order's life does not lead there from here
│   ├── AlreadyReceived     already_received: everything ordered has come
│   ├── OverReceipt         over_receipt: more than was ordered
│   └── NotADraft           not_a_draft: only drafts are edited
└── Invalid 422             unknown_supplier_product, currency_mismatch, in_the_future, before_order …
"""

from __future__ import annotations

from api.core.errors import Conflict, Forbidden, NotFound


class OrderNotFound(NotFound):
    """No such order, or at a location that the person may not see."""

    code = "purchase_order_not_found"


class LineNotFound(NotFound):
    """The order has no line for this."""

    code = "line_not_found"


class SelfApproval(Forbidden):
    """The person who made the order may not approve it."""

    code = "self_approval"


class StepNotAllowed(Conflict):
    """The order's life does not lead there from here."""

    code = "invalid_transition"


class AlreadyReceived(Conflict):
    """Everything that was ordered has come."""

    code = "already_received"


class OverReceipt(Conflict):
    """More than was ordered."""

    code = "over_receipt"


class NotADraft(Conflict):
    """Only a draft's lines can be edited."""

    code = "not_a_draft"
