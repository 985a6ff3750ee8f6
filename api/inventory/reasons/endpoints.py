"""`/api/reason-codes`: why stock may be corrected, thrown away or lost."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from api.core.access import Principal, Requires
from api.core.database import DbSession
from api.core.pagination import Page
from api.core.preconditions import ExpectedVersion
from api.inventory.reasons import service
from api.inventory.reasons.schemas import Kind, NewReason, ReasonAnswer, ReasonChange

router = APIRouter(prefix="/api/reason-codes", tags=["inventory"])

Editor = Annotated[Principal, Requires(service.EDIT)]
ReasonPath = Annotated[str, Path(max_length=40)]


@router.get("")
def list_reasons(
    session: DbSession,
    principal: Annotated[Principal, Requires("inventory.read")],
    kind: Kind | None = None,
    is_active: bool | None = None,
) -> Page[ReasonAnswer]:
    """Every reason, in the order in which they are offered."""
    del principal
    rows = service.list_reasons(session, kind=kind, is_active=is_active)
    return Page(items=[ReasonAnswer.model_validate(row) for row in rows])


@router.post("", status_code=201)
def create_reason(session: DbSession, principal: Editor, body: NewReason) -> ReasonAnswer:
    """Add a reason of the house's own."""
    return ReasonAnswer.model_validate(service.create(session, principal, body))


@router.patch("/{code}")
def change_reason(
    session: DbSession, principal: Editor, code: ReasonPath, body: ReasonChange, version: ExpectedVersion
) -> ReasonAnswer:
    """Rename a reason or take it out of use."""
    return ReasonAnswer.model_validate(service.change(session, principal, code, body, version))
