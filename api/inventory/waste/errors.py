"""Why waste or its photograph is refused.

NotFound 404
├── WasteNotFound
└── PhotoNotFound          no such picture, none of that place, or somebody else's
Conflict 409
└── PhotoTaken             the picture belongs to another entry
Invalid 422
├── NowhereToTakeItFrom    neither an item, nor a product and a location
└── UnknownProduct
"""

from __future__ import annotations

from api.core.errors import Conflict, FieldProblem, Invalid, NotFound


class WasteNotFound(NotFound):
    """There is no such entry, or none that the person may see."""

    code = "waste_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such waste entry, or none that you may see.")


class PhotoNotFound(NotFound):
    """There is no such picture for this entry."""

    code = "photo_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such picture of yours at this location: upload it first.")


class PhotoTaken(Conflict):
    """A picture belongs to one entry."""

    code = "photo_taken"

    def __init__(self) -> None:
        super().__init__("The picture belongs to another entry already: upload it again under an id of its own.")


class NowhereToTakeItFrom(Invalid):
    """It is not told what was thrown away where."""

    code = "item_missing"

    def __init__(self) -> None:
        detail = "Give either item_id, or product_id and location_id."
        super().__init__(detail, errors=(FieldProblem("item_id", self.code, detail),))


class UnknownProduct(Invalid):
    """There is no such product in use."""

    code = "unknown_product"

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail, errors=(FieldProblem(field, self.code, detail),))
