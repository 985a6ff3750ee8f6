"""What a kitchen's balances must be, in plain Decimal: facts in a list, and sums over it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

Item = tuple[str, str]
"""A product's code and a location's id."""


@dataclass(frozen=True)
class Fact:
    """What one movement did: a signed quantity per item, in the stock unit, at the moment when it happened."""

    deltas: dict[Item, Decimal]
    at: datetime
    is_reversal: bool = False


@dataclass
class Model:
    """The facts by id, in the order in which they were posted; items at `barred` locations never go below zero."""

    barred: frozenset[str] = frozenset()
    facts: dict[str, Fact] = field(default_factory=dict)

    def on_hand(self, item: Item, at: datetime | None = None) -> Decimal:
        """The sum of what came and went, up to a moment (included) if one is given."""
        known = (fact for fact in self.facts.values() if at is None or fact.at <= at)
        return sum((fact.deltas.get(item, Decimal(0)) for fact in known), Decimal(0))

    def variance(self, item: Item, counted: Decimal, at: datetime) -> Decimal:
        """What a count finds too much: it is measured against the balance as of its moment."""
        return counted - self.on_hand(item, at)

    def would_accept(self, deltas: dict[Item, Decimal]) -> bool:
        """Whether nothing falls below zero where that is barred."""
        leaving = [item for item, delta in deltas.items() if delta < 0 and item[1] in self.barred]
        return all(self.on_hand(item) + deltas[item] >= 0 for item in leaving)

    def post(self, fact_id: str, deltas: dict[Item, Decimal], at: datetime, *, is_reversal: bool = False) -> None:
        """Take a fact down; an id is taken down once."""
        assert fact_id not in self.facts
        self.facts[fact_id] = Fact({item: delta for item, delta in deltas.items() if delta}, at, is_reversal)

    def reversed(self, fact_id: str) -> dict[Item, Decimal]:
        """The same fact the other way round."""
        return {item: -delta for item, delta in self.facts[fact_id].deltas.items()}
