"""Feature flags: read by everybody, turned by whoever holds `flags.edit`, and never without a trace."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from api.audit.record import record
from api.core import flags
from api.core.access import Principal, Requires
from api.core.database import DbSession
from api.core.pagination import Page
from api.core.preconditions import ExpectedVersion
from api.core.types import RequestBody, ResponseBody, UtcDateTime

router = APIRouter(prefix="/api/feature-flags", tags=["admin"])

Key = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_.]{0,63}$")]


class FlagBody(ResponseBody):
    """A switch."""

    key: str
    is_enabled: bool
    description: str
    updated_at: UtcDateTime
    version: int


class FlagEdit(RequestBody):
    """On or off."""

    is_enabled: bool


@router.get("")
def list_flags(session: DbSession, principal: Annotated[Principal, Requires.anybody()]) -> Page[FlagBody]:
    """Every flag and whether it is on."""
    del principal
    return Page(items=[FlagBody.model_validate(flag) for flag in flags.flags(session)])


@router.patch("/{key}")
def turn_flag(
    key: Key,
    body: FlagEdit,
    session: DbSession,
    principal: Annotated[Principal, Requires("flags.edit")],
    version: ExpectedVersion,
) -> FlagBody:
    """Turn a flag on or off, for every location."""
    principal.must_everywhere("flags.edit")
    flag = flags.turn(session, key, is_enabled=body.is_enabled, version=version)
    details = {"key": key, "is_enabled": body.is_enabled}
    record(session, actor_id=principal.id, action="flag.turned", subject_type="feature_flag", details=details)
    session.refresh(flag)
    return FlagBody.model_validate(flag)
