"""Who did what, and the proof that nobody rewrote it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import psycopg
from fastapi import APIRouter, Depends, Query
from sqlalchemy import Row

from api.audit import repository
from api.audit.models import AuditIntent
from api.audit.repository import Filters
from api.audit.schemas import AuditLogBody, VerificationBody
from api.audit.verify import verify
from api.config import get_settings
from api.core.access import Principal, Requires
from api.core.database import DbSession
from api.core.pagination import Cursor, Limit, Page, cut, read_cursor
from api.core.types import Text, UtcDateTime

router = APIRouter(prefix="/api/audit-logs", tags=["audit"])

Auditor = Annotated[Principal, Requires("audit.read")]
GREATEST_ID = 2**63 - 1


def filters(  # one parameter per filter: this is the list's query string
    actor_id: UUID | None = None,
    action: Text | None = None,
    subject_type: Text | None = None,
    subject_id: UUID | None = None,
    location_id: UUID | None = None,
    since: Annotated[UtcDateTime | None, Query(description="From this time on.")] = None,
    until: Annotated[UtcDateTime | None, Query(description="Before this time.")] = None,
) -> Filters:
    """What the query string asks for."""
    return Filters(actor_id, action, subject_type, subject_id, location_id, since, until)


@router.get("")
def list_acts(
    session: DbSession,
    principal: Auditor,
    wanted: Annotated[Filters, Depends(filters)],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[AuditLogBody]:
    """The trail, the newest act first; acts that concern no location need the scope everywhere."""
    before = min(read_cursor(cursor, int)[0], GREATEST_ID) if cursor else None
    mine = principal.locations("audit.read")
    rows = repository.acts(session, wanted, locations=mine, before=before, limit=limit + 1)
    page, next_cursor = cut(rows, limit, lambda row: (row.AuditIntent.id,))
    return Page(items=[_body(row) for row in page], next_cursor=next_cursor)


@router.post("/verify")
def verify_chain(principal: Auditor) -> VerificationBody:
    """Check every entry of the chain against its predecessor and its intent; a long trail takes a while."""
    principal.must_everywhere("audit.read")
    with psycopg.connect(get_settings().database_url, connect_timeout=5) as connection:
        return VerificationBody.model_validate(verify(connection))


def _body(row: Row[AuditIntent, int, bytes]) -> AuditLogBody:
    act = row.AuditIntent
    return AuditLogBody(
        id=act.id,
        sequence=row.sequence,
        occurred_at=act.occurred_at,
        actor_id=act.actor_id,
        action=act.action,
        subject_type=act.subject_type,
        subject_id=act.subject_id,
        location_id=act.location_id,
        details=act.details,
        request_id=act.request_id,
        hash=row.hash.hex() if row.hash else None,
    )
