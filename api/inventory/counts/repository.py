"""The counts' queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, tuple_, update
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import Session, aliased

from api.catalog.models import StorageArea
from api.inventory.counts.models import Count, CountArea, CountItem, CountLine, CountRecount, ShelfPosition

Locations = Collection[UUID] | None
"""The locations that somebody may see; None means every one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CountFilter:
    """Which counts."""

    locations: Locations
    location_id: UUID | None = None
    statuses: Sequence[str] = ()
    created_by: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class CoveredArea:
    """A storage area of a sheet; without id it stands for what is kept in none."""

    area_id: UUID | None
    name: str | None


@dataclass(frozen=True, slots=True)
class Found:
    """What an earlier count found of an item, in the stock unit."""

    counted: Decimal
    measured_at: datetime


# ------------------------------------------------------------------ sheets


def find_count(
    session: Session, count_id: UUID, locations: Locations, *, lock: bool = False, share: bool = False
) -> Count | None:
    """A count; with `share` its status stays as it is until the transaction ends, with `lock` nobody else reads on."""
    query = select(Count).where(Count.id == count_id)
    if locations is not None:
        query = query.where(Count.location_id.in_(locations))
    if lock or share:
        query = query.with_for_update(read=not lock).execution_options(populate_existing=True)
    return session.scalar(query)


def list_counts(
    session: Session, wanted: CountFilter, *, limit: int, after: tuple[datetime, UUID] | None
) -> Sequence[Count]:
    """Counts, newest first, one more than `limit`."""
    query = select(Count).order_by(Count.created_at.desc(), Count.id.desc()).limit(limit + 1)
    if wanted.locations is not None:
        query = query.where(Count.location_id.in_(wanted.locations))
    if wanted.location_id is not None:
        query = query.where(Count.location_id == wanted.location_id)
    if wanted.statuses:
        query = query.where(Count.status.in_(wanted.statuses))
    if wanted.created_by is not None:
        query = query.where(Count.created_by == wanted.created_by)
    if wanted.since is not None:
        query = query.where(Count.created_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(Count.created_at < wanted.until)
    if after is not None:
        query = query.where(tuple_(Count.created_at, Count.id) < after)
    return session.scalars(query).all()


def progress(session: Session, count_ids: Collection[UUID]) -> dict[UUID, tuple[int, int]]:
    """How many items stand on each sheet, and how many of them were counted in their latest round."""
    line = aliased(CountLine)
    is_counted = (
        select(line.id)
        .where(line.count_item_id == CountItem.id, line.round == CountItem.round, line.is_withdrawn.is_(False))
        .exists()
    )
    query = (
        select(CountItem.count_id, func.count(), func.count().filter(is_counted))
        .where(CountItem.count_id.in_(count_ids))
        .group_by(CountItem.count_id)
    )
    return {count_id: (items, counted) for count_id, items, counted in session.execute(query)}


def areas_of(session: Session, count_id: UUID) -> list[CoveredArea]:
    """The areas that a sheet covers, in the order in which one walks through them."""
    query = (
        select(CountArea.area_id, StorageArea.name)
        .outerjoin(StorageArea, StorageArea.id == CountArea.area_id)
        .where(CountArea.count_id == count_id)
        .order_by(func.coalesce(StorageArea.position, -1), StorageArea.name)
    )
    return [CoveredArea(area_id, name) for area_id, name in session.execute(query)]


def items_of(session: Session, count_id: UUID) -> Sequence[CountItem]:
    """The items of a sheet in shelf order."""
    query = select(CountItem).where(CountItem.count_id == count_id).order_by(CountItem.position, CountItem.id)
    return session.scalars(query).all()


def items_by_ledger_id(session: Session, count_id: UUID, item_ids: Collection[UUID]) -> dict[UUID, CountItem]:
    """The sheet's items by the inventory items that they stand for."""
    query = select(CountItem).where(CountItem.count_id == count_id, CountItem.item_id.in_(item_ids))
    return {row.item_id: row for row in session.scalars(query)}


def add_found_items(session: Session, count_id: UUID, item_ids: Collection[UUID]) -> None:
    """Put items at the end of a sheet; somebody else may have put them there at the same moment."""
    end = session.scalar(select(func.max(CountItem.position)).where(CountItem.count_id == count_id)) or 0
    rows = [
        {"count_id": count_id, "item_id": item_id, "position": end + number, "is_found": True}
        for number, item_id in enumerate(sorted(item_ids), 1)
    ]
    session.execute(insert(CountItem).values(rows).on_conflict_do_nothing())


# ------------------------------------------------------------------ lines and recounts


def lines_of(session: Session, count_id: UUID) -> dict[UUID, list[CountLine]]:
    """All lines of a sheet by its items, in the order in which things were counted."""
    found: dict[UUID, list[CountLine]] = defaultdict(list)
    query = select(CountLine).where(CountLine.count_id == count_id).order_by(CountLine.counted_at, CountLine.id)
    for line in session.scalars(query):
        found[line.count_item_id].append(line)
    return found


def lines_by_id(session: Session, line_ids: Collection[UUID]) -> dict[UUID, CountLine]:
    """The lines with these ids, whichever count they belong to."""
    return {line.id: line for line in session.scalars(select(CountLine).where(CountLine.id.in_(line_ids)))}


def insert_lines(session: Session, rows: Sequence[Mapping[str, Any]]) -> set[UUID]:
    """Store lines and give the ids stored; an id that somebody used at the same moment keeps what stands."""
    statement = insert(CountLine).on_conflict_do_nothing().returning(CountLine.id)
    return set(session.scalars(statement, [dict(row) for row in rows]))


def find_line(session: Session, count_id: UUID, line_id: UUID) -> CountLine | None:
    """A line of this count, its row held until the transaction ends."""
    query = select(CountLine).where(CountLine.count_id == count_id, CountLine.id == line_id)
    return session.scalar(query.with_for_update().execution_options(populate_existing=True))


def recounts_of(session: Session, count_id: UUID) -> Sequence[CountRecount]:
    """Who asked for a second look on this sheet, oldest first."""
    query = (
        select(CountRecount)
        .join(CountItem, CountItem.id == CountRecount.count_item_id)
        .where(CountItem.count_id == count_id)
        .order_by(CountRecount.asked_at, CountRecount.id)
    )
    return session.scalars(query).all()


# ------------------------------------------------------------------ results


def store_results(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write what came out of items (by their `id`)."""
    session.execute(update(CountItem), [dict(row) for row in rows])


def last_found(session: Session, item_ids: Collection[UUID], *, besides: UUID | None = None) -> dict[UUID, Found]:
    """What the latest posted count found of each inventory item; `besides` is left out."""
    query = (
        select(CountItem.item_id, CountItem.counted, CountItem.measured_at)
        .where(CountItem.item_id.in_(item_ids), CountItem.measured_at.is_not(None))
        .ext(distinct_on(CountItem.item_id))
        .order_by(CountItem.item_id, CountItem.measured_at.desc())
    )
    if besides is not None:
        query = query.where(CountItem.count_id != besides)
    return {
        item_id: Found(counted, measured_at)
        for item_id, counted, measured_at in session.execute(query)
        if counted is not None and measured_at is not None
    }


# ------------------------------------------------------------------ the shelves


def shelf_positions(session: Session, item_ids: Collection[UUID]) -> dict[UUID, int]:
    """Where items stand; those that nobody placed are missing."""
    query = select(ShelfPosition.item_id, ShelfPosition.position).where(ShelfPosition.item_id.in_(item_ids))
    return {row.item_id: row.position for row in session.execute(query)}


def place_on_shelf(session: Session, positions: Iterable[tuple[UUID, int]]) -> None:
    """Set where items stand, in key order so that two people who sort a shelf at once never wait in a ring."""
    statement = insert(ShelfPosition).values(
        [{"item_id": item_id, "position": position} for item_id, position in sorted(positions)]
    )
    statement = statement.on_conflict_do_update(
        index_elements=[ShelfPosition.item_id], set_={"position": statement.excluded.position}
    )
    session.execute(statement)
