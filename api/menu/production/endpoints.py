"""`/api/production-batches`: what the kitchen makes ahead."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from api.core.access import Principal, Requires
from api.core.creation import create_once
from api.core.database import DbSession
from api.core.pagination import Cursor, Limit, Page, cut, read_cursor
from api.core.types import UtcDateTime
from api.menu.production import repository, service
from api.menu.production.models import ProductionBatch
from api.menu.production.schemas import BatchReversal, NewProductionBatch, ProductionBatchAnswer

router = APIRouter(prefix="/api", tags=["production"])

Reader = Annotated[Principal, Requires("production.read")]
Cook = Annotated[Principal, Requires("production.post")]


@router.post("/production-batches", status_code=201)
def create_batch(session: DbSession, principal: Cook, body: NewProductionBatch) -> ProductionBatchAnswer:
    """Record a batch: its ingredients leave stock, its product comes in; the same id again gives the first answer."""
    principal.must("production.post", body.location_id)
    return create_once(
        session,
        actor_id=principal.id,
        route="POST /api/production-batches",
        row_id=body.id,
        body=body,
        answer=ProductionBatchAnswer,
        create=lambda: service.produce(session, principal, body),
    )


@router.get("/production-batches")
def list_batches(
    session: DbSession,
    principal: Reader,
    location_id: UUID | None = None,
    product_id: UUID | None = None,
    since: UtcDateTime | None = None,
    until: UtcDateTime | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ProductionBatchAnswer]:
    """Batches, latest first, those that were taken back among them."""
    if location_id is not None:
        principal.must("production.read", location_id)
    rows = repository.list_batches(
        session,
        visible=principal.locations("production.read"),
        location_id=location_id,
        product_id=product_id,
        since=since,
        until=until,
        after=_after(cursor),
        limit=limit,
    )
    page, following = cut(rows, limit, _key)
    return Page(items=service.answers(session, page), next_cursor=following)


def _key(batch: ProductionBatch) -> tuple[str, UUID]:
    return batch.occurred_at.isoformat(), batch.id


def _after(cursor: str | None) -> tuple[datetime, UUID] | None:
    if cursor is None:
        return None
    at, batch_id = read_cursor(cursor, datetime.fromisoformat, UUID)
    return at, batch_id


@router.get("/production-batches/{batch_id}")
def get_batch(session: DbSession, principal: Reader, batch_id: UUID) -> ProductionBatchAnswer:
    """One batch."""
    return service.get_batch(session, principal, batch_id)


@router.post("/production-batches/{batch_id}/reverse", status_code=201)
def reverse_batch(
    session: DbSession, principal: Cook, batch_id: UUID, body: BatchReversal | None = None
) -> ProductionBatchAnswer:
    """Undo a whole batch; asking twice changes nothing."""
    return service.undo(session, principal, batch_id, body or BatchReversal())
