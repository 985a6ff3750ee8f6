"""The batches' queries."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session, selectinload

from api.menu.production.models import ProductionBatch


def get_batch(
    session: Session, batch_id: UUID, *, visible: Collection[UUID] | None, lock: bool = False
) -> ProductionBatch | None:
    """One batch with its lines, where the person may see it; `visible=None` means every location."""
    query = select(ProductionBatch).where(ProductionBatch.id == batch_id).options(selectinload(ProductionBatch.lines))
    if visible is not None:
        query = query.where(ProductionBatch.location_id.in_(visible))
    return session.scalar(query.with_for_update(of=ProductionBatch) if lock else query)


def list_batches(
    session: Session,
    *,
    visible: Collection[UUID] | None,
    location_id: UUID | None,
    product_id: UUID | None,
    since: datetime | None,
    until: datetime | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[ProductionBatch]:
    """Batches, latest first, one more than `limit`."""
    batch = ProductionBatch
    query = select(batch).options(selectinload(batch.lines)).limit(limit + 1)
    query = query.order_by(batch.occurred_at.desc(), batch.id.desc())
    if visible is not None:
        query = query.where(batch.location_id.in_(visible))
    if location_id is not None:
        query = query.where(batch.location_id == location_id)
    if product_id is not None:
        query = query.where(batch.product_id == product_id)
    if since is not None:
        query = query.where(batch.occurred_at >= since)
    if until is not None:
        query = query.where(batch.occurred_at < until)
    if after is not None:
        query = query.where(tuple_(batch.occurred_at, batch.id) < after)
    return session.scalars(query).all()
