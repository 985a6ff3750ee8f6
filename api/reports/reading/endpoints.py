"""Reading claims: what the dashboards ask for at each drawing of a page."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response

from api.core.access import Principal, Requires
from api.reports.reading import service
from api.reports.reading.schemas import ClaimBody

router = APIRouter(prefix="/api/reading-claims", tags=["reports"])


@router.post("")
def claim_reading(response: Response, principal: Annotated[Principal, Requires("reports.read")]) -> ClaimBody:
    """A claim to the rows of your locations in the marts, good for a minute."""
    response.headers["Cache-Control"] = "no-store"
    return service.claim(principal)
