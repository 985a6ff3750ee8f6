"""From a number to its movements."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field, StringConstraints

from api.core.access import Principal, Requires
from api.core.pagination import Cursor, Limit
from api.reports.explanations import service
from api.reports.explanations.schemas import ExplanationBody
from api.reports.schemas import Identifier

router = APIRouter(prefix="/api/explain", tags=["reports"])

Reader = Annotated[Principal, Requires("reports.read")]
KeyPart = Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_]{0,62}:[^\x00]{0,500}$")]
Key = Annotated[
    list[KeyPart],
    Query(description="`column:value`, once for each column that names a row of the mart."),
    Field(min_length=1, max_length=10),
]


@router.get("/{mart}")
def explain(mart: Identifier, principal: Reader, key: Key, limit: Limit = 50, cursor: Cursor = None) -> ExplanationBody:
    """A row's figures with the movements, till's lines or ordered lines that they are the sums of."""
    return service.explain(principal, mart, key, limit, cursor)
