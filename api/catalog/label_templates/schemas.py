"""What the routes of label templates read and answer."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from api.core.types import Id7, RequestBody, ResponseBody, Text
from api.domain.label_patterns import BadPattern, LabelPattern


def _readable(pattern: str) -> str:
    try:
        LabelPattern.of(pattern)
    except BadPattern as error:
        raise PydanticCustomError("bad_pattern", "{reason}", {"reason": str(error)}) from error
    return pattern


Pattern = Annotated[
    Text,
    Field(max_length=40, examples=["2{iiiii}{c}{wwwww}{k}"]),
    AfterValidator(_readable),
]
Decimals = Annotated[int, Field(ge=0, le=6, description="How many of the value's digits stand behind the point.")]
Unit = Annotated[Text, Field(max_length=30)]


class NewLabelTemplate(RequestBody):
    """A pattern of labels; `unit` is what a weight or quantity is in (kg and each unless given)."""

    id: Id7 | None = None
    name: Annotated[Text, Field(max_length=100)]
    pattern: Pattern
    decimals: Decimals
    unit: Unit | None = None
    location_id: UUID | None = Field(default=None, description="Everywhere where it is not given.")


class LabelTemplateChange(RequestBody):
    """Fields to be changed; a pattern is not edited, because codes were linked by it: end it and add another."""

    name: Annotated[Text, Field(max_length=100)] | None = None
    decimals: Decimals | None = None
    unit: Unit | None = None
    is_active: bool | None = None


class LabelTemplateAnswer(ResponseBody):
    """A pattern of labels."""

    id: UUID
    name: str
    pattern: str
    measures: Literal["weight", "price", "quantity"]
    unit: str | None
    decimals: int
    location_id: UUID | None
    is_active: bool
    version: int
