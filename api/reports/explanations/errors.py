"""What can go wrong with explanations.

NotFound 404     not_explainable, row_not_found
"""

from __future__ import annotations

from api.core.errors import NotFound


class NotExplainable(NotFound):
    """There is no such mart, or none whose rows can be explained."""

    code = "not_explainable"


class RowNotFound(NotFound):
    """The mart has no such row, or none that you may see."""

    code = "row_not_found"

    def __init__(self) -> None:
        super().__init__("The mart has no such row, or none that you may see.")
