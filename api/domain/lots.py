"""Which lots are used first in a kitchen, the rule that the ledger's posting function repeats inside the database.

What has no lot lay there before lots were kept and goes first. Then: opened, then best before, then received. A lot is
expired from the day after its date, in the location's time zone; it is never taken unasked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

FAR_OFF = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class StandingLot:
    """What an inventory item holds of a lot, in stock units."""

    lot_id: UUID
    on_hand: Decimal
    expires_on: date | None
    received_at: datetime
    opened_at: datetime | None = None

    def is_expired(self, on_day: date) -> bool:
        """Whether its last day is over."""
        return self.expires_on is not None and self.expires_on < on_day


@dataclass(frozen=True, slots=True)
class Share:
    """So much of one lot, or of what lies there without a lot."""

    lot_id: UUID | None
    quantity: Decimal


def kitchen_order(lots: Iterable[StandingLot]) -> list[StandingLot]:
    """First what is opened, the longest first; then by best-before date, undated last; then as they came."""
    return sorted(
        lots,
        key=lambda lot: (
            lot.opened_at or FAR_OFF,
            lot.expires_on or FAR_OFF.date(),
            lot.received_at,
            lot.lot_id,
        ),
    )


def take(lots: Sequence[StandingLot], loose: Decimal, quantity: Decimal, on_day: date) -> list[Share]:
    """Where `quantity` comes from; what the shares lack of it is not there, or only in expired lots."""
    shares: list[Share] = []
    left = quantity
    unlotted = min(left, max(loose, Decimal(0)))
    if unlotted:
        shares.append(Share(None, unlotted))
        left -= unlotted
    for lot in kitchen_order(lots):
        part = min(left, lot.on_hand)
        if part > 0 and not lot.is_expired(on_day):
            shares.append(Share(lot.lot_id, part))
            left -= part
    return shares
