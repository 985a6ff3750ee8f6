"""What somebody may read of the marts, vouched for."""

from __future__ import annotations

from uuid import UUID

from api.core.types import ResponseBody


class ClaimBody(ResponseBody):
    """What `row_scope.open(claim)` takes in the warehouse from stockpot_reader; `locations` null is everywhere."""

    claim: str
    expires_in: int
    locations: list[UUID] | None
