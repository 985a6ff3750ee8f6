"""Why a batch is refused.

ApiError
├── NotFound
│   └── BatchNotFound
├── Forbidden
│   └── NotYourBatch         somebody else recorded it
├── Conflict
│   └── BatchNotPosted       an id that its movements need stands for something else
└── Invalid
    ├── RecipeNotInForce     another recipe, or none, makes the product on that day
    └── RecipeNotStocked     sales would take the parts, and the batch would never be used up
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

from api.core.errors import Conflict, FieldProblem, Forbidden, Invalid, NotFound


class BatchNotFound(NotFound):
    """There is no such batch, or none that the person may see."""

    code = "production_batch_not_found"


class NotYourBatch(Forbidden):
    """Somebody else recorded it; undoing it needs inventory.adjust."""

    code = "not_yours"


class BatchNotPosted(Conflict):
    """The ledger knows one of the ids for another fact."""

    code = "idempotency_conflict"


class RecipeNotInForce(Invalid):
    """The recipe does not hold on that day."""

    code = "recipe_not_in_force"

    def __init__(self, day: date, holding: UUID | None) -> None:
        way_out = f"use {holding}, which does" if holding else "no recipe of the product does"
        detail = f"The recipe does not hold on {day}; {way_out}."
        super().__init__(
            detail,
            errors=(FieldProblem("recipe_id", self.code, detail),),
            recipe_in_force=None if holding is None else str(holding),
        )


class RecipeNotStocked(Invalid):
    """A product that is not kept in stock is exploded by every sale."""

    code = "recipe_not_stocked"

    def __init__(self) -> None:
        detail = "Sales take what goes into this product. To make it ahead, set is_stocked on its recipe first."
        super().__init__(detail, errors=(FieldProblem("recipe_id", self.code, detail),))
