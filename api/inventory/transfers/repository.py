"""The rows of transfers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, exists, select, tuple_
from sqlalchemy.orm import Session

from api.catalog.models import Location, StorageArea
from api.inventory.transfers.models import Transfer, TransferLine, TransferSettlement

Locations = Collection[UUID] | None
"""The locations that somebody may see; None means every one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferFilter:
    """What a list of transfers is narrowed to; `location_id` is either end."""

    locations: Locations
    location_id: UUID | None = None
    from_location_id: UUID | None = None
    to_location_id: UUID | None = None
    product_id: UUID | None = None
    statuses: Sequence[str] = ()


def find(session: Session, transfer_id: UUID, locations: Locations, *, lock: bool = False) -> Transfer | None:
    """A transfer of which the person sees one end; `lock` holds its row and reads it afresh."""
    query = _within(select(Transfer).where(Transfer.id == transfer_id), locations)
    if lock:
        query = query.with_for_update(of=Transfer).execution_options(populate_existing=True)
    return session.scalars(query).one_or_none()


def find_many(
    session: Session, wanted: TransferFilter, limit: int, after: tuple[datetime, UUID] | None
) -> Sequence[Transfer]:
    """Up to `limit + 1` transfers, the newest first, that come after the cursor's key."""
    query = _within(select(Transfer), wanted.locations)
    if wanted.location_id is not None:
        query = _within(query, [wanted.location_id])
    if wanted.from_location_id is not None:
        query = query.where(Transfer.from_location_id == wanted.from_location_id)
    if wanted.to_location_id is not None:
        query = query.where(Transfer.to_location_id == wanted.to_location_id)
    if wanted.product_id is not None:
        line = exists().where(TransferLine.transfer_id == Transfer.id, TransferLine.product_id == wanted.product_id)
        query = query.where(line)
    if wanted.statuses:
        query = query.where(Transfer.status.in_(wanted.statuses))
    if after is not None:
        query = query.where(tuple_(Transfer.created_at, Transfer.id) < after)
    return session.scalars(query.order_by(Transfer.created_at.desc(), Transfer.id.desc()).limit(limit + 1)).all()


def _within(query: Select[Transfer], locations: Locations) -> Select[Transfer]:
    if locations is None:
        return query
    return query.where(Transfer.from_location_id.in_(locations) | Transfer.to_location_id.in_(locations))


def taken_line_ids(session: Session, ids: Collection[UUID]) -> Sequence[UUID]:
    """Those of the ids that belong to a line already."""
    return session.scalars(select(TransferLine.id).where(TransferLine.id.in_(ids))).all()


def settlements(session: Session, line_ids: Collection[UUID]) -> Sequence[TransferSettlement]:
    """What became of these lines, in the order in which it was recorded."""
    query = select(TransferSettlement).where(TransferSettlement.transfer_line_id.in_(line_ids))
    return session.scalars(query.order_by(TransferSettlement.recorded_at, TransferSettlement.id)).all()


def settlements_by_id(session: Session, ids: Collection[UUID]) -> dict[UUID, TransferSettlement]:
    """The settlements with these ids."""
    return {row.id: row for row in session.scalars(select(TransferSettlement).where(TransferSettlement.id.in_(ids)))}


def locations_by_id(session: Session, ids: Collection[UUID]) -> dict[UUID, Location]:
    """Several locations by their ids."""
    return {row.id: row for row in session.scalars(select(Location).where(Location.id.in_(ids)))}


def areas_of(session: Session, location_id: UUID) -> dict[UUID, StorageArea]:
    """A location's storage areas by their ids."""
    return {row.id: row for row in session.scalars(select(StorageArea).where(StorageArea.location_id == location_id))}
