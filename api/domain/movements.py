"""What is handed to the ledger and what it answers."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

Kind = Literal[
    "receipt",
    "return_to_supplier",
    "sale",
    "consumption",
    "production",
    "waste",
    "count_correction",
    "adjustment",
    "transfer",
    "opening",
    "cost_correction",
    "price_variance",
]
PostingStatus = Literal["posted", "duplicate", "conflict", "rejected"]
MAX_BATCH = 500


@dataclass(frozen=True, slots=True)
class LotPart:
    """So much of a lot, in the product's stock unit."""

    lot_id: UUID
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMovement:
    """A positive quantity, in the product's stock unit, that goes from one inventory item to another.

    One end may be the outside world (`None`); a transfer has both. `value` is the cost it carries, in the location's
    currency; `None` means at the average cost of the item it leaves (or, coming from outside, of the item it enters).
    `entered_*` keep what was typed. With `is_count`, `quantity` is what was counted of `to_item_id` at `occurred_at`
    and the ledger posts the difference from the balance as of that moment.

    `lot_id` names the one lot that moves, `lots` several of them; what they leave of the quantity moves without a lot.
    Where neither is given, the ledger takes what leaves an item from its lots in kitchen order. `corrects_quantity`
    marks a later difference in the cost of that much (see `api.ledger.corrections`).
    """

    id: UUID
    kind: Kind
    product_id: UUID
    quantity: Decimal
    unit: str
    occurred_at: datetime
    source: str
    from_item_id: UUID | None = None
    to_item_id: UUID | None = None
    entered_quantity: Decimal | None = None
    entered_unit: str | None = None
    value: Decimal | None = None
    lot_id: UUID | None = None
    lots: tuple[LotPart, ...] = ()
    corrects_quantity: Decimal | None = None
    actor_id: UUID | None = None
    device_id: str | None = None
    reason_code: str | None = None
    reference: str | None = None
    reverses_id: UUID | None = None
    is_count: bool = False
    content: bytes | None = None

    def digest(self) -> bytes:
        """SHA-256 of what was sent: the same id with another digest is a conflict, and so is another person's id."""
        if self.content is not None:
            return self.content
        entered = self.quantity if self.entered_quantity is None else self.entered_quantity
        return content_digest(
            self.kind,
            self.product_id,
            self.from_item_id,
            self.to_item_id,
            self.quantity,
            self.unit,
            entered,
            self.entered_unit or self.unit,
            self.value,
            self.lot_id,
            self.occurred_at,
            self.actor_id,
            self.source,
            self.reason_code,
            self.reference,
            self.reverses_id,
            self.is_count,
            *(part for lot in self.lots for part in (lot.lot_id, lot.quantity)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedMovement:
    """The ledger's answer for one sent movement, in the order sent.

    posted: it is new (a count without variance is posted with quantity 0 and leaves no row); duplicate: the very same
    was posted before, and this is the standing row; conflict: the id stands for something else, and nothing of that is
    shown; rejected: `error` says why it was refused. `*_on_hand` are balances after the call.
    """

    id: UUID
    status: PostingStatus
    error: str | None
    kind: str
    product_id: UUID
    from_item_id: UUID | None
    to_item_id: UUID | None
    quantity: Decimal
    unit: str
    value: Decimal
    currency: str
    from_on_hand: Decimal | None
    to_on_hand: Decimal | None

    @property
    def on_hand(self) -> Decimal | None:
        """The balance of the item it left, else of the one it entered."""
        return self.to_on_hand if self.from_item_id is None else self.from_on_hand


def content_digest(*parts: object) -> bytes:
    """SHA-256 over canonical texts of the parts: 1.0 and 1.000 are the same, and so are equal moments."""
    return hashlib.sha256("\x1f".join(map(_canonical, parts)).encode()).digest()


def _canonical(part: object) -> str:
    if part is None:
        return ""
    if isinstance(part, Decimal):
        return format(part.normalize(), "f") if part else "0"
    if isinstance(part, datetime):
        return part.astimezone(UTC).isoformat()
    return str(part)
