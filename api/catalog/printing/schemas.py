"""What is asked of the label printer."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from api.core.types import RequestBody, ResponseBody, Text

SheetName = Literal["a4_3x8", "a4_3x7", "letter_3x10", "roll_62"]
Carrier = Literal["ean13", "code128", "qr", "datamatrix"]
MOST_LABELS = 1_000
FIELD = r"^[!\"%&'*+,\-./0-9:;<=>?A-Z_a-z]{1,20}$"  # what a GS1 field holds, without brackets


class LabelLine(RequestBody):
    """Labels of one product; with a lot or an expiry the code is a GS1 message that carries them."""

    product_id: UUID
    code: Annotated[Text, Field(max_length=90)] | None = Field(
        default=None, description="One of the product's codes; the best one to print where it is not given."
    )
    carrier: Carrier | None = Field(default=None, description="What fits the code where it is not given.")
    copies: Annotated[int, Field(ge=1, le=MOST_LABELS)] = 1
    lot: Annotated[str, Field(pattern=FIELD)] | None = None
    expires_on: date | None = None


class LabelOrder(RequestBody):
    """Labels to be printed on one kind of sheet."""

    sheet: SheetName = "a4_3x8"
    skip: Annotated[int, Field(ge=0, le=29, description="Labels that are used up on the first sheet.")] = 0
    make_codes: bool = Field(default=False, description="Give products without a code one of the house.")
    lines: Annotated[list[LabelLine], Field(min_length=1, max_length=200)]

    @model_validator(mode="after")
    def _not_too_many(self) -> Self:
        if sum(line.copies for line in self.lines) > MOST_LABELS:
            raise PydanticCustomError("too_many_labels", "At most 1,000 labels at once.")
        return self


class SheetAnswer(ResponseBody):
    """A sheet that labels can be printed on; lengths in millimetres."""

    name: str
    page: tuple[float, float]
    label: tuple[float, float]
    columns: int
    rows: int
