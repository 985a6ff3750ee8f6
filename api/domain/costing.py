"""Moving average cost, the arithmetic that the ledger's posting function repeats inside the database.

Per inventory item: receipts move the average, issues leave at it. Six decimals are stored after every step.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal

STEP = Decimal("0.000001")
_WIDE = Context(prec=60, rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Balance:
    """What is on hand, in stock units, and what one of them costs."""

    on_hand: Decimal = Decimal(0)
    avg_cost: Decimal = Decimal(0)

    @property
    def value(self) -> Decimal:
        """What is on hand, at the average."""
        return self.value_of(self.on_hand)

    def receive(self, quantity: Decimal, value: Decimal | None = None) -> Balance:
        """Goods worth `value` come in; without a value they come at the average and leave it as it is.

        With Q on hand at cost c, q units worth v give (Q·c + v) / (Q + q); where Q ≤ 0 the cost becomes v / q.
        """
        on_hand = _WIDE.add(self.on_hand, quantity)
        if value is None:
            return Balance(on_hand, self.avg_cost)
        if self.on_hand > 0:
            worth = _WIDE.add(_WIDE.multiply(self.on_hand, self.avg_cost), value)
            return Balance(on_hand, _cost(worth, on_hand))
        return Balance(on_hand, _cost(value, quantity) if quantity > 0 else self.avg_cost)

    def issue(self, quantity: Decimal, value: Decimal | None = None) -> Balance:
        """Goods leave at the average; a reversed receipt leaves with the value it came with."""
        on_hand = _WIDE.subtract(self.on_hand, quantity)
        worth = _WIDE.subtract(_WIDE.multiply(self.on_hand, self.avg_cost), value or Decimal(0))
        if value is None or on_hand <= 0 or worth < 0:
            return Balance(on_hand, self.avg_cost)
        return Balance(on_hand, _cost(worth, on_hand))

    def correct(self, difference: Decimal, received: Decimal) -> tuple[Balance, Decimal, Decimal]:
        """Goods that came in cost `difference` more, or less: the new balance, what moved it, and the period's part.

        Of `received` units min(Q, received) are still there and take their share into the average; the rest is a price
        variance. The two parts add up to the difference, and the average does not fall below zero.
        """
        there = min(max(self.on_hand, Decimal(0)), received)
        share = _WIDE.divide(_WIDE.multiply(abs(difference), there), received).quantize(STEP, context=_WIDE)
        if difference < 0:
            worth = _WIDE.multiply(max(self.on_hand, Decimal(0)), self.avg_cost)
            share = min(share, worth.quantize(STEP, rounding=ROUND_DOWN))
        nothing = Decimal(0)
        if difference < 0:
            return (self.issue(nothing, share) if share else self), -share, difference + share
        return (self.receive(nothing, share) if share else self), share, difference - share

    def value_of(self, quantity: Decimal) -> Decimal:
        """What `quantity` is worth at the average."""
        return _WIDE.multiply(quantity, self.avg_cost).quantize(STEP, context=_WIDE)


def _cost(worth: Decimal, quantity: Decimal) -> Decimal:
    return max(Decimal(0), _WIDE.divide(worth, quantity).quantize(STEP, context=_WIDE))
