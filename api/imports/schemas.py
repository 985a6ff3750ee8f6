"""What the import routes read and answer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from api.core.types import RequestBody, Text, UtcDateTime, _printable

Verdict = Literal["new", "changed", "unchanged", "quarantined"]
CellText = Annotated[str, StringConstraints(max_length=4000), AfterValidator(_printable)]
"""A value as it would stand in the file; an empty one empties the cell."""


class Repair(RequestBody):
    """Other values for some of a row's fields (`sku`, `barcode`, `price` …), written as in the file."""

    values: dict[Annotated[Text, Field(max_length=60)], CellText] = Field(min_length=1, max_length=30)


class RowProblem(BaseModel):
    """Why a row waits: where, what is wrong, and the way out."""

    column: str | None = Field(description="The file's column; null where the whole row is meant.")
    field: str | None
    code: str
    reason: str
    way_out: str


class RowAnswer(BaseModel):
    """A row of the file and what is to be done with it."""

    line: int
    verdict: Verdict
    problems: list[RowProblem]
    cells: list[str]
    repairs: dict[str, str]
    fields: dict[str, Any] | None = Field(description="What was read; null where a cell cannot be read.")
    changes: list[str] = Field(description="The fields that a changed row changes.")
    product_id: UUID | None
    target_id: UUID | None = Field(description="The product, or the supplier's product, that it is or became.")
    applied_at: UtcDateTime | None
    repaired_at: UtcDateTime | None
    version: int


class RowCounts(BaseModel):
    """Every row of the file, counted once by its verdict; `loaded` are those that are in the catalog because of it."""

    total: int
    new: int
    changed: int
    unchanged: int
    quarantined: int
    loaded: int


class ImportAnswer(BaseModel):
    """A file that was sent: how it was read, and what came of its rows."""

    id: UUID
    kind: Literal["products", "supplier_products"]
    supplier_id: UUID | None
    file_name: str
    file_sha256: str
    file_bytes: int
    format: Literal["csv", "xlsx"]
    encoding: str | None
    delimiter: str | None
    header: list[str]
    mapping: dict[str, Any]
    mapping_is_suggested: bool
    rows: RowCounts
    reasons: dict[str, int] = Field(description="Quarantined rows by the code of their problem.")
    created_at: UtcDateTime
    created_by: UUID | None
    applied_at: UtcDateTime | None


class ImportBrief(BaseModel):
    """An import in a list."""

    id: UUID
    kind: Literal["products", "supplier_products"]
    file_name: str
    rows: RowCounts
    created_at: datetime
    applied_at: datetime | None
