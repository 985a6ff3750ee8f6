"""Alerts and thresholds over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.alerts import raising, service
from api.alerts.schemas import AlertOut, Kind, RaiseIn, RaiseOut, RuleEdit, RuleIn, RuleOut
from api.core.access import Principal, Requires
from api.core.database import DbSession
from api.core.pagination import Cursor, Limit, Page
from api.core.preconditions import ExpectedVersion

router = APIRouter(prefix="/api/alerts", tags=["alerts"])
rules_router = APIRouter(prefix="/api/alert-rules", tags=["alerts"])

Reader = Annotated[Principal, Requires("alerts.read")]
Editor = Annotated[Principal, Requires("alerts.edit")]
Raiser = Annotated[Principal, Requires("alerts.raise")]


@router.get("")
def list_alerts(
    principal: Reader,
    session: DbSession,
    location_id: UUID | None = None,
    product_id: UUID | None = None,
    kind: Kind | None = None,
    is_open: Annotated[bool | None, Query(description="true: what wants attention; false: what recovered.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[AlertOut]:
    """What was raised, newest first."""
    return service.list_alerts(
        session,
        principal,
        location_id=location_id,
        product_id=product_id,
        kind=kind,
        is_open=is_open,
        limit=limit,
        cursor=cursor,
    )


@router.post("", status_code=201)
def create_rule(body: RuleIn, principal: Editor, session: DbSession) -> RuleOut:
    """Set a threshold."""
    return service.create_rule(session, principal, body)


@router.post("/raise")
def raise_alerts(body: RaiseIn, principal: Raiser, session: DbSession) -> RaiseOut:
    """Raise what the pipeline found; idempotent per kind, product, place and day."""
    return raising.raise_alerts(session, principal, body)


@router.post("/{alert_id}/acknowledge")
def acknowledge(alert_id: UUID, principal: Editor, session: DbSession) -> AlertOut:
    """Somebody takes care of it."""
    return service.acknowledge(session, principal, alert_id)


@rules_router.get("")
def list_rules(principal: Reader, session: DbSession, limit: Limit = 50, cursor: Cursor = None) -> Page[RuleOut]:
    """The thresholds, newest first."""
    return service.list_rules(session, principal, limit=limit, cursor=cursor)


@rules_router.patch("/{rule_id}")
def edit_rule(
    rule_id: UUID, body: RuleEdit, principal: Editor, session: DbSession, version: ExpectedVersion
) -> RuleOut:
    """Change a threshold, or switch it."""
    return service.edit_rule(session, principal, rule_id, body, version)
