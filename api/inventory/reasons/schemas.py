"""Reasons as clients read and maintain them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from api.core.types import RequestBody, ResponseBody, Text

Kind = Literal["adjustment", "waste", "transfer"]
Direction = Literal["in", "out", "either"]
Category = Literal["waste", "other_use", "booking_error", "unexplained"]
CodeText = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,39}$")]
Label = Annotated[Text, Field(max_length=60)]
Position = Annotated[int, Field(ge=0, le=10_000)]


class ReasonAnswer(ResponseBody):
    """A reason; `kind` says which document may give it, `category` where the usage report counts it."""

    code: str
    label: str
    kind: Kind
    direction: Direction
    category: Category
    position: int
    is_active: bool
    version: int


class NewReason(RequestBody):
    """A reason of the house's own; the code is what movements keep, and stays."""

    code: CodeText
    label: Label
    kind: Kind
    direction: Direction = "out"
    category: Category = "unexplained"
    position: Position = 100


class ReasonChange(RequestBody):
    """What may change: how it is called and shown, and whether it may still be given."""

    label: Label | None = None
    position: Position | None = None
    is_active: bool | None = None
