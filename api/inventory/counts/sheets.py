"""Making, finding and listing sheets, and the order of the shelves that they follow."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from api.audit.record import record
from api.catalog.locations import get_location
from api.catalog.repository import list_areas
from api.core.access import Principal
from api.core.creation import create_once
from api.core.pagination import Page, cut, read_cursor
from api.inventory.counts import repository
from api.inventory.counts.errors import CountNotFound, UnknownItems
from api.inventory.counts.models import Count, CountArea, CountItem
from api.inventory.counts.repository import CountFilter
from api.inventory.counts.schemas import CountedProduct, CountSummary, NewCount, ShelfItem, ShelfOrder, ShelfOrderAnswer
from api.ledger.counting import CountableItem, items_at

READ = "inventory.read"
ENTER = "inventory.scan"


def find(
    session: Session, principal: Principal, scope: str, count_id: UUID, *, lock: bool = False, share: bool = False
) -> Count:
    """A count at a place where the person holds the scope.

    Raises:
        CountNotFound: there is none, or none there.
    """
    count = repository.find_count(session, count_id, principal.locations(scope), lock=lock, share=share)
    if count is None:
        raise CountNotFound
    return count


def create(session: Session, principal: Principal, body: NewCount) -> CountSummary:
    """Make a sheet with its items in shelf order; the client's id makes a second send harmless.

    Raises:
        NotFound: the location is none where the person may count.
        UnknownItems: an area or item is none of the location's.
        IdempotencyConflict: the id stands for something else.
    """
    get_location(session, principal, ENTER, body.location_id)
    return create_once(
        session,
        actor_id=principal.id,
        route="counts",
        row_id=body.id,
        body=body,
        answer=CountSummary,
        create=lambda: _create(session, principal, body),
    )


def _create(session: Session, principal: Principal, body: NewCount) -> CountSummary:
    areas = _areas(session, body)
    kept = [item for item in items_at(session, body.location_id) if item.area_id in areas]
    chosen = in_shelf_order(session, _chosen(kept, body))
    if body.item_ids is not None:
        areas = {item.area_id for item in chosen}
    count = Count(
        id=body.id,
        location_id=body.location_id,
        is_blind=body.is_blind,
        note=body.note,
        created_by=principal.id,
    )
    session.add(count)
    session.flush()
    session.add_all(CountArea(count_id=count.id, area_id=area) for area in areas)
    session.add_all(
        CountItem(count_id=count.id, item_id=item.id, position=position) for position, item in enumerate(chosen, 1)
    )
    session.flush()
    session.refresh(count)
    note(session, principal, "count.created", count, items=len(chosen), is_blind=count.is_blind)
    return summaries(session, [count])[0]


def _areas(session: Session, body: NewCount) -> set[UUID | None]:
    """The storage areas that the sheet covers: those asked for, else all of the location; null is none of them.

    Raises:
        UnknownItems: one of them is not the location's, or is the road to it.
    """
    own: set[UUID | None] = {area.id for area in list_areas(session, body.location_id) if not area.is_in_transit}
    own.add(None)
    if body.area_ids is None:
        return own
    strangers = set(body.area_ids) - own
    if strangers:
        raise UnknownItems(f"These are no storage areas of this location: {_names(filter(None, strangers))}.")
    return set(body.area_ids)


def _chosen(kept: Sequence[CountableItem], body: NewCount) -> Sequence[CountableItem]:
    """The items that were asked for.

    Raises:
        UnknownItems: one of them is not kept here.
    """
    if body.item_ids is None:
        return kept
    wanted = set(body.item_ids)
    strangers = wanted - {item.id for item in kept}
    if strangers:
        raise UnknownItems(f"Not kept at this location, or in these areas: {_names(strangers)}.")
    return [item for item in kept if item.id in wanted]


def _names(ids: Iterable[UUID]) -> str:
    return ", ".join(sorted(map(str, ids)))


def list_counts(session: Session, wanted: CountFilter, *, limit: int, cursor: str | None) -> Page[CountSummary]:
    """Sheets, newest first."""
    after = None if cursor is None else read_cursor(cursor, datetime.fromisoformat, UUID)
    rows = repository.list_counts(session, wanted, limit=limit, after=None if after is None else (after[0], after[1]))
    page, following = cut(rows, limit, lambda row: (row.created_at.isoformat(), row.id))
    return Page(items=summaries(session, page), next_cursor=following)


def summaries(session: Session, counts: Collection[Count]) -> list[CountSummary]:
    """Sheets as a list shows them."""
    done = repository.progress(session, [count.id for count in counts])
    return [CountSummary.model_validate(summary_fields(count, done)) for count in counts]


def summary_fields(count: Count, done: dict[UUID, tuple[int, int]]) -> dict[str, Any]:
    """The fields that every answer about a sheet has."""
    items, counted = done.get(count.id, (0, 0))
    columns = {column.key: getattr(count, column.key) for column in Count.__table__.columns}
    return columns | {"item_count": items, "counted_count": counted}


def note(session: Session, principal: Principal, action: str, count: Count, **details: Any) -> None:
    """Record an act on a count for the audit trail."""
    record(
        session,
        actor_id=principal.id,
        action=action,
        subject_type="count",
        subject_id=count.id,
        location_id=count.location_id,
        details=details,
    )


# ------------------------------------------------------------------ the shelves


def in_shelf_order(session: Session, items: Sequence[CountableItem]) -> list[CountableItem]:
    """Area by area as one walks; within an area by shelf position, and what nobody placed after it by name."""
    positions = repository.shelf_positions(session, [item.id for item in items])

    def key(item: CountableItem) -> tuple[Any, ...]:
        position = positions.get(item.id)
        return (
            item.area_position,
            item.area_name or "",
            position is None,
            position or 0,
            item.name.casefold(),
            str(item.id),
        )

    return sorted(items, key=key)


def shelf_order(session: Session, principal: Principal, location_id: UUID, area_id: UUID | None) -> ShelfOrderAnswer:
    """The items of an area as one passes them.

    Raises:
        NotFound: the location is none that the person may see.
    """
    principal.must(READ, location_id)
    items = in_shelf_order(session, _in_area(session, location_id, area_id))
    positions = repository.shelf_positions(session, [item.id for item in items])
    return ShelfOrderAnswer(
        location_id=location_id,
        area_id=area_id,
        items=[ShelfItem(item_id=item.id, product=product_of(item), position=positions.get(item.id)) for item in items],
    )


def sort_shelf(session: Session, principal: Principal, body: ShelfOrder) -> ShelfOrderAnswer:
    """Place the items of an area; those left out keep their place behind the ones named.

    Raises:
        NotFound: the location is none where the person may count.
        UnknownItems: an item is not kept in this area.
    """
    principal.must(ENTER, body.location_id)
    standing = [item.id for item in in_shelf_order(session, _in_area(session, body.location_id, body.area_id))]
    strangers = set(body.item_ids) - set(standing)
    if strangers:
        raise UnknownItems(f"Not kept in this area: {_names(strangers)}.")
    named = list(dict.fromkeys(body.item_ids))
    order = named + [item_id for item_id in standing if item_id not in set(named)]
    repository.place_on_shelf(session, [(item_id, number) for number, item_id in enumerate(order, 1)])
    record(
        session,
        actor_id=principal.id,
        action="shelf.sorted",
        subject_type="location",
        subject_id=body.location_id,
        location_id=body.location_id,
        details={"area_id": None if body.area_id is None else str(body.area_id), "items": len(order)},
    )
    return shelf_order(session, principal, body.location_id, body.area_id)


def product_of(item: CountableItem) -> CountedProduct:
    """The product of an item, as answers show it."""
    return CountedProduct(id=item.product_id, sku=item.sku, name=item.name)


def _in_area(session: Session, location_id: UUID, area_id: UUID | None) -> list[CountableItem]:
    return [item for item in items_at(session, location_id) if item.area_id == area_id]
