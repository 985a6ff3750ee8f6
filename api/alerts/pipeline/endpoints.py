"""Failed runs of the pipeline over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.alerts.pipeline import service
from api.alerts.pipeline.schemas import FailureOut, OutcomeOut, RunOutcome
from api.core.access import Principal, Requires
from api.core.database import DbSession
from api.core.pagination import Cursor, Limit, Page

router = APIRouter(prefix="/api/alerts/pipeline", tags=["alerts"])

Reader = Annotated[Principal, Requires("alerts.read")]
Raiser = Annotated[Principal, Requires("alerts.raise")]


@router.get("")
def list_pipeline_failures(
    principal: Reader,
    session: DbSession,
    is_open: Annotated[bool | None, Query(description="true: what wants attention; false: what is over.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[FailureOut]:
    """Runs that failed, newest first; for whoever sees alerts everywhere."""
    return service.list_failures(session, principal, is_open=is_open, limit=limit, cursor=cursor)


@router.post("")
def tell_run_outcome(body: RunOutcome, principal: Raiser, session: DbSession) -> OutcomeOut:
    """How a run ended; idempotent per job and day."""
    return service.tell(session, principal, body)
