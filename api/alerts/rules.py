"""Which threshold holds for a product at a place. Pure.

The most particular rule wins: product and place, then product, then place, then everything. A rule that is switched
off silences what it covers; one without a threshold means the item's own reorder point.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Rule:
    """A threshold rule of one kind, in the product's stock unit."""

    id: UUID
    location_id: UUID | None
    product_id: UUID | None
    threshold: Decimal | None
    is_enabled: bool


@dataclass(frozen=True, slots=True)
class Threshold:
    """At or below this much on hand there is an alert; `rule_id` is null where the item's own policy says so."""

    quantity: Decimal
    rule_id: UUID | None


class Rulebook:
    """The rules of one kind, ready to be asked."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        # The newest of two equal rules wins: rules come oldest first.
        self._by_scope = {(rule.product_id, rule.location_id): rule for rule in rules}

    def threshold(self, product_id: UUID, location_id: UUID, reorder_point: Decimal | None) -> Threshold | None:
        """What holds for a product at a place, or None where nothing does."""
        rule = self.rule_for(product_id, location_id)
        if rule is None:
            return None if reorder_point is None else Threshold(reorder_point, None)
        if not rule.is_enabled:
            return None
        quantity = reorder_point if rule.threshold is None else rule.threshold
        return None if quantity is None else Threshold(quantity, rule.id)

    def rule_for(self, product_id: UUID, location_id: UUID) -> Rule | None:
        """The most particular rule."""
        scopes = ((product_id, location_id), (product_id, None), (None, location_id), (None, None))
        return next((self._by_scope[scope] for scope in scopes if scope in self._by_scope), None)
