"""The life of a purchase order: which act leads from where to where, and which scope it takes.

| from                                | act     | to                                | scope                     |
|-------------------------------------|---------|-----------------------------------|---------------------------|
| draft                               | submit  | submitted                         | purchase_orders.edit      |
| draft, submitted                    | approve | approved                          | purchase_orders.approve   |
| approved                            | send    | sent                              | purchase_orders.edit      |
| approved, sent, partially_received  | receive | partially_received, then received | purchase_orders.receive   |
| partially_received, received        | close   | closed                            | purchase_orders.edit      |
| draft, submitted                    | cancel  | cancelled                         | purchase_orders.edit      |
| approved, sent                      | cancel  | cancelled                         | purchase_orders.approve   |

A draft may be approved at once: who may approve need not ask themselves. Goods may come for an order that was
approved and ordered by telephone, so it need not have been sent from here. What has arrived cannot be cancelled:
the rest of it is closed. Standard library only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["draft", "submitted", "approved", "sent", "partially_received", "received", "closed", "cancelled"]
Act = Literal["submit", "approve", "send", "receive", "close", "cancel"]

EDIT = "purchase_orders.edit"
APPROVE = "purchase_orders.approve"
RECEIVE = "purchase_orders.receive"

# What a client may ask for: the status it wants the order to have, or the act that leads there.
ACTS: dict[str, Act] = {
    "submitted": "submit",
    "approved": "approve",
    "sent": "send",
    "partially_received": "receive",
    "received": "receive",
    "closed": "close",
    "cancelled": "cancel",
    "submit": "submit",
    "approve": "approve",
    "send": "send",
    "receive": "receive",
    "close": "close",
    "cancel": "cancel",
}

OPEN: tuple[Status, ...] = ("submitted", "approved", "sent", "partially_received")
"""Asked for and not all there yet: what the order still lacks counts as on order."""

RECEIVABLE: tuple[Status, ...] = ("approved", "sent", "partially_received")
COMPLETE: tuple[Status, ...] = ("received", "closed")


@dataclass(frozen=True, slots=True)
class Step:
    """Where an act leads and the scope that it takes."""

    to: Status
    scope: str


TABLE: dict[tuple[Status, Act], Step] = {
    ("draft", "submit"): Step("submitted", EDIT),
    ("draft", "approve"): Step("approved", APPROVE),
    ("submitted", "approve"): Step("approved", APPROVE),
    ("approved", "send"): Step("sent", EDIT),
    ("approved", "receive"): Step("received", RECEIVE),
    ("sent", "receive"): Step("received", RECEIVE),
    ("partially_received", "receive"): Step("received", RECEIVE),
    ("partially_received", "close"): Step("closed", EDIT),
    ("received", "close"): Step("closed", EDIT),
    ("draft", "cancel"): Step("cancelled", EDIT),
    ("submitted", "cancel"): Step("cancelled", EDIT),
    ("approved", "cancel"): Step("cancelled", APPROVE),
    ("sent", "cancel"): Step("cancelled", APPROVE),
}


def step(status: Status, act: Act) -> Step | None:
    """The step that `act` is from `status`, or None where the life of an order does not allow it."""
    return TABLE.get((status, act))


def scope_of(status: Status, act: Act) -> str:
    """The scope to ask for before saying whether the step exists at all."""
    found = step(status, act)
    return found.scope if found else {"approve": APPROVE, "receive": RECEIVE}.get(act, EDIT)
