"""A plate opened line by line, and amounts that still add up when they are rounded. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from math import floor
from uuid import UUID

from api.domain.units import as_stored
from api.menu.books import DayBook
from api.menu.costing.costs import UnitCost
from api.menu.repository import LineOfDay

STEPS = 10**6


@dataclass(slots=True)
class Node:
    """A line per portion: the recipe is made `portions` times, which takes `gross` stock units of the line's product.

    What cannot be converted is shown as the recipe writes it. `cost` sums what is known below, None if nothing is.
    """

    line: LineOfDay
    portions: Fraction
    gross: Fraction | None
    unit_cost: UnitCost | None = None
    lines: list[Node] = field(default_factory=list)

    @property
    def cost(self) -> Fraction | None:
        """What the line costs, exactly."""
        if self.lines:
            known = [each.cost for each in self.lines if each.cost is not None]
            return sum(known, Fraction(0)) if known else None
        if self.gross is None or self.unit_cost is None or self.unit_cost.amount is None:
            return None
        return self.gross * self.unit_cost.amount


@dataclass(slots=True)
class Trees:
    """Opens the recipes of a day; `ends` are the made products at which costing stops."""

    day: DayBook
    costs: dict[UUID, UnitCost]
    ends: frozenset[UUID]

    def plate(self, menu_item_id: UUID) -> list[Node]:
        """The lines of a menu item's recipe, per portion."""
        mine = [(line, gross) for line, gross in self.day.lines if line.menu_item_id == menu_item_id]
        return [self._node(line, gross, Fraction(1)) for line, gross in mine]

    def _node(self, line: LineOfDay, share: Fraction | None, made: Fraction) -> Node:
        """`made` units of what the line goes into are needed for a portion."""
        gross = None if share is None else share * made
        node = Node(line, made / self._yielded(line) if gross is not None else Fraction(1), gross)
        parts = [] if line.product_id in self.ends else self._parts(line.product_id)
        if parts and gross is not None:
            node.lines = [self._node(part, each, gross) for part, each in parts]
        elif not parts:
            node.unit_cost = self.costs.get(line.product_id)
        return node

    def _parts(self, product_id: UUID) -> list[tuple[LineOfDay, Fraction | None]]:
        return [(line, gross) for line, gross in self.day.lines if line.makes_product_id == product_id]

    def _yielded(self, line: LineOfDay) -> Fraction:
        """Portions or stock units that one execution of the line's recipe gives."""
        if line.makes_product_id is None:
            return Fraction(line.yield_quantity)
        units = self.day.units[line.makes_product_id]
        return Fraction(line.yield_quantity) * units.convert(Fraction(1), line.yield_unit, units.stock_unit)


def shares(total: Decimal, parts: Sequence[Fraction | None]) -> list[Decimal | None]:
    """The parts in six decimals, so that the known ones still sum to `total` (largest remainder, FORMULAS)."""
    exact = [None if part is None else part * STEPS for part in parts]
    steps = [None if part is None else floor(part) for part in exact]
    left = int(total * STEPS) - sum(step for step in steps if step is not None)
    by_remainder = sorted(
        (place for place, part in enumerate(exact) if part is not None),
        key=lambda place: (exact[place] or 0) - (steps[place] or 0),
        reverse=True,
    )
    extra = set(by_remainder[: max(0, left)])
    return [
        None if step is None else as_stored(Fraction(step + (place in extra), STEPS))
        for place, step in enumerate(steps)
    ]
