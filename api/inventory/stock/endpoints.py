"""`/api/inventory` and `/api/stock-movements`: the state of stock, its trail, and corrections."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.core.access import Principal, Requires
from api.core.database import DbSession
from api.core.express import Lane
from api.core.pagination import Cursor, Limit, Page, cut, name_cursor
from api.core.preconditions import ExpectedVersion
from api.core.types import UtcDateTime
from api.domain.movements import Kind
from api.inventory.stock import lane, service
from api.inventory.stock.schemas import (
    BalanceAnswer,
    InventoryItemAnswer,
    MovementAnswer,
    PolicyChange,
    PostedAnswer,
    RestatementAnswer,
    Reversal,
)
from api.ledger import queries
from api.ledger.history import restatement
from api.ledger.queries import ItemFilter, MovementFilter

router = APIRouter(prefix="/api", tags=["inventory"])

Reader = Annotated[Principal, Requires("inventory.read")]
Adjuster = Annotated[Principal, Requires("inventory.adjust")]
Search = Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00]*$", description="Part of a name, SKU or code.")]
Filter = Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00]*$")]
ETAG = "ETag"


@router.get("/inventory")
def list_inventory(
    session: DbSession,
    principal: Reader,
    location_id: UUID | None = None,
    area_id: UUID | None = None,
    product_id: UUID | None = None,
    q: Search = None,
    *,
    below_reorder: bool | None = None,
    negative: bool | None = None,
    expiring_before: date | None = None,
    as_of: UtcDateTime | None = None,
    known_at: UtcDateTime | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[InventoryItemAnswer]:
    """Stock by product name; `as_of` and `known_at` read it as it was at a moment, and as we knew it then.

    `negative` lists what is below zero, `expiring_before` what has a lot with an earlier date.
    """
    if location_id is not None:
        principal.must("inventory.read", location_id)
    wanted = ItemFilter(
        locations=principal.locations("inventory.read"),
        location_id=location_id,
        area_id=area_id,
        product_id=product_id,
        q=q or None,
        below_reorder=below_reorder,
        negative=negative,
        expiring_before=expiring_before,
        as_of=as_of,
        known_at=known_at,
    )
    rows = queries.list_items(session, wanted, limit=limit, after=name_cursor(cursor))
    page, following = cut(rows, limit, lambda row: (row["name"], row["id"]))
    return Page(items=[InventoryItemAnswer.of(row) for row in page], next_cursor=following)


def list_lane() -> Lane:
    """The shorter way to the list, for the application's `lanes`."""
    return Lane(lane.serve, router.routes[0], lane.takes)


@router.get("/inventory/{item_id}")
def get_inventory_item(
    session: DbSession,
    principal: Reader,
    response: Response,
    item_id: UUID,
    as_of: UtcDateTime | None = None,
    known_at: UtcDateTime | None = None,
) -> InventoryItemAnswer:
    """One item; `as_of` and `known_at` read it as it was at a moment, and as we knew it then."""
    visible = principal.locations("inventory.read")
    row = queries.get_item(session, item_id, locations=visible, as_of=as_of, known_at=known_at)
    response.headers[ETAG] = f'"{row["version"]}"'
    return InventoryItemAnswer.of(row)


@router.get("/inventory/{item_id}/restatements")
def get_restatement(
    session: DbSession,
    principal: Reader,
    item_id: UUID,
    known_at: UtcDateTime,
    as_of: UtcDateTime | None = None,
    known_since: UtcDateTime | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> RestatementAnswer:
    """What became known after `known_at` (until `known_since`, or now) of what had happened by `as_of`, or by then."""
    visible, moment = principal.locations("inventory.read"), as_of or known_at
    queries.get_item(session, item_id, locations=visible)
    found = restatement(session, item_id, as_of=moment, known_at=known_at, known_since=known_since)
    late = MovementFilter(
        locations=visible, item_id=item_id, as_of=moment, recorded_after=known_at, known_at=known_since
    )
    after = name_cursor(cursor)
    rows = queries.list_movements(session, late, limit=limit, after=None if after is None else after[1])
    page, following = cut(rows, limit, lambda row: ("stock-movements", row["id"]))
    return RestatementAnswer(
        as_of=moment,
        known_at=known_at,
        then=BalanceAnswer.of(found.then),
        since=BalanceAnswer.of(found.since),
        items=[MovementAnswer.of(row) for row in page],
        next_cursor=following,
    )


@router.patch("/inventory/{item_id}")
def change_policy(
    session: DbSession,
    principal: Adjuster,
    response: Response,
    item_id: UUID,
    body: PolicyChange,
    version: ExpectedVersion,
) -> InventoryItemAnswer:
    """Set the reorder point and the par level."""
    service.change_policy(session, principal, item_id, body, version)
    return get_inventory_item(session, principal, response, item_id)


@router.get("/stock-movements")
def list_movements(
    session: DbSession,
    principal: Reader,
    location_id: UUID | None = None,
    product_id: UUID | None = None,
    item_id: UUID | None = None,
    kind: Kind | None = None,
    source: Filter = None,
    reference: Filter = None,
    actor_id: UUID | None = None,
    since: UtcDateTime | None = None,
    until: UtcDateTime | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[MovementAnswer]:
    """The trail, latest captured first; `since` and `until` are moments at which things happened."""
    if location_id is not None:
        principal.must("inventory.read", location_id)
    wanted = MovementFilter(
        locations=principal.locations("inventory.read"),
        location_id=location_id,
        product_id=product_id,
        item_id=item_id,
        kind=kind,
        source=source,
        reference=reference,
        actor_id=actor_id,
        since=since,
        until=until,
    )
    after = name_cursor(cursor)
    rows = queries.list_movements(session, wanted, limit=limit, after=None if after is None else after[1])
    page, following = cut(rows, limit, lambda row: ("stock-movements", row["id"]))
    return Page(items=[MovementAnswer.of(row) for row in page], next_cursor=following)


@router.post("/stock-movements/{movement_id}/reverse", status_code=201)
def reverse(
    session: DbSession,
    principal: Annotated[Principal, Requires("inventory.scan")],
    movement_id: UUID,
    body: Reversal | None = None,
) -> PostedAnswer:
    """Undo a movement by its reversal; asking twice gives the same one."""
    posted = service.undo(session, principal, movement_id, body or Reversal())
    movement = queries.get_movement(session, posted.id, locations=principal.locations("inventory.scan"))
    return PostedAnswer.of(movement, on_hand=posted.on_hand)
