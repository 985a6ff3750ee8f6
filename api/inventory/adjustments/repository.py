"""The rows of adjustments."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from api.inventory.adjustments.models import Adjustment

Locations = Collection[UUID] | None
"""The locations that somebody may see; None means every one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustmentFilter:
    """What a list of adjustments is narrowed to."""

    locations: Locations
    location_id: UUID | None = None
    product_id: UUID | None = None
    item_id: UUID | None = None
    reason_code: str | None = None
    requested_by: UUID | None = None
    statuses: Sequence[str] = ()
    since: datetime | None = None
    until: datetime | None = None


def claim(session: Session, values: dict[str, Any]) -> bool:
    """Insert the row unless its id is taken; whoever sends the same id at the same moment waits and finds it."""
    statement = insert(Adjustment).values(values).on_conflict_do_nothing(index_elements=[Adjustment.id])
    return session.execute(statement.returning(Adjustment.id)).scalar() is not None


def find(
    session: Session, adjustment_id: UUID, locations: Locations = None, *, lock: bool = False
) -> Adjustment | None:
    """One adjustment as it stands; `lock` holds it until the transaction ends."""
    query = select(Adjustment).where(Adjustment.id == adjustment_id).execution_options(populate_existing=True)
    if locations is not None:
        query = query.where(Adjustment.location_id.in_(locations))
    return session.scalars(query.with_for_update() if lock else query).one_or_none()


def find_many(
    session: Session, wanted: AdjustmentFilter, limit: int, after: tuple[datetime, UUID] | None
) -> Sequence[Adjustment]:
    """Up to `limit + 1` adjustments, the latest asked for first, that come after the cursor's key."""
    query = select(Adjustment).order_by(Adjustment.requested_at.desc(), Adjustment.id.desc()).limit(limit + 1)
    if wanted.locations is not None:
        query = query.where(Adjustment.location_id.in_(wanted.locations))
    for name in ("location_id", "product_id", "item_id", "reason_code", "requested_by"):
        if getattr(wanted, name) is not None:
            query = query.where(getattr(Adjustment, name) == getattr(wanted, name))
    if wanted.statuses:
        query = query.where(status_now().in_(wanted.statuses))
    if wanted.since is not None:
        query = query.where(Adjustment.occurred_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(Adjustment.occurred_at < wanted.until)
    if after is not None:
        query = query.where(tuple_(Adjustment.requested_at, Adjustment.id) < after)
    return session.scalars(query).all()


def status_now() -> ColumnElement[str]:
    """What waits beyond its time has expired, whether or not the worker has said so yet."""
    is_overdue = (Adjustment.status == "pending") & (Adjustment.expires_at <= func.now())
    return case((is_overdue, "expired"), else_=Adjustment.status)


def overdue(session: Session, limit: int) -> Sequence[Adjustment]:
    """Some of those that nobody decided about in time, locked; what somebody decides about right now is left out."""
    query = select(Adjustment).where(Adjustment.status == "pending", Adjustment.expires_at <= func.now())
    return session.scalars(query.order_by(Adjustment.id).limit(limit).with_for_update(skip_locked=True)).all()
