"""`/api/counts`: sheets, their lines, recounts, review and posting."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.core.access import Principal, Requires
from api.core.database import DbSession
from api.core.pagination import Cursor, Limit, Page
from api.core.preconditions import ExpectedVersion
from api.core.types import UtcDateTime
from api.inventory.counts import approval, candidates, lines, review, sheets
from api.inventory.counts.candidates import Wanted
from api.inventory.counts.repository import CountFilter
from api.inventory.counts.schemas import (
    AbcClass,
    Candidate,
    CountAnswer,
    CountSummary,
    LineAnswer,
    LineChange,
    NewCount,
    NewLines,
    NewRecount,
    Reason,
    ShelfOrder,
    ShelfOrderAnswer,
    Status,
    StoredLines,
)

router = APIRouter(prefix="/api/counts", tags=["inventory"])

Reader = Annotated[Principal, Requires("inventory.read")]
Counter = Annotated[Principal, Requires("inventory.scan")]
Approver = Annotated[Principal, Requires("counts.approve")]


@router.get("")
def list_counts(
    session: DbSession,
    principal: Reader,
    location_id: UUID | None = None,
    status: Annotated[list[Status] | None, Query(description="One or more, repeated.")] = None,
    created_by: UUID | None = None,
    since: UtcDateTime | None = None,
    until: UtcDateTime | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[CountSummary]:
    """Sheets, newest first; `since` and `until` are moments at which they were made."""
    if location_id is not None:
        principal.must("inventory.read", location_id)
    wanted = CountFilter(
        locations=principal.locations("inventory.read"),
        location_id=location_id,
        statuses=status or (),
        created_by=created_by,
        since=since,
        until=until,
    )
    return sheets.list_counts(session, wanted, limit=limit, cursor=cursor)


@router.post("", status_code=201)
def create_count(session: DbSession, principal: Counter, body: NewCount) -> CountSummary:
    """Make a sheet; the same id again gives the first answer."""
    return sheets.create(session, principal, body)


@router.get("/candidates")
def list_candidates(
    session: DbSession,
    principal: Reader,
    location_id: UUID,
    reason: Reason | None = None,
    abc_class: AbcClass | None = None,
    days: Annotated[int, Query(ge=1, le=400, description="Days of usage that the classes are made from.")] = 28,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Candidate]:
    """What should be counted next and why: below zero, overdue for its class, or by class."""
    wanted = Wanted(location_id=location_id, reason=reason, abc_class=abc_class, days=days)
    return candidates.list_candidates(session, principal, wanted, limit=limit, cursor=cursor)


@router.get("/shelf-order")
def get_shelf_order(
    session: DbSession, principal: Reader, location_id: UUID, area_id: UUID | None = None
) -> ShelfOrderAnswer:
    """The items of a storage area as one passes them."""
    return sheets.shelf_order(session, principal, location_id, area_id)


@router.put("/shelf-order")
def sort_shelf(session: DbSession, principal: Counter, body: ShelfOrder) -> ShelfOrderAnswer:
    """Sort a shelf; sheets made from now on follow it."""
    return sheets.sort_shelf(session, principal, body)


@router.get("/{count_id}")
def get_count(session: DbSession, principal: Reader, response: Response, count_id: UUID) -> CountAnswer:
    """A whole sheet: counted, expected, variance, its value and what looks wrong."""
    count = sheets.find(session, principal, sheets.READ, count_id)
    response.headers["ETag"] = f'"{count.version}"'
    return review.present(session, principal, count)


@router.post("/{count_id}/lines")
def add_lines(session: DbSession, principal: Counter, count_id: UUID, body: NewLines) -> StoredLines:
    """Store 1..500 lines, all or none; lines of one item add up."""
    return lines.add(session, principal, count_id, body)


@router.patch("/{count_id}/lines/{line_id}")
def replace_line(
    session: DbSession,
    principal: Counter,
    response: Response,
    count_id: UUID,
    line_id: UUID,
    body: LineChange,
    version: ExpectedVersion,
) -> LineAnswer:
    """Replace or withdraw a line that one counted."""
    line = lines.replace(session, principal, count_id, line_id, body, version)
    response.headers["ETag"] = f'"{line.version}"'
    return line


@router.post("/{count_id}/recounts", status_code=201)
def ask_recount(session: DbSession, principal: Approver, count_id: UUID, body: NewRecount) -> CountSummary:
    """Ask for a second look at some items; the latest round counts, the history stays."""
    return approval.ask_recount(session, principal, count_id, body)


@router.post("/{count_id}/submit")
def submit(session: DbSession, principal: Counter, count_id: UUID) -> CountSummary:
    """Say that the sheet is done."""
    return sheets.summaries(session, [approval.submit(session, principal, count_id)])[0]


@router.post("/{count_id}/approve")
def approve(session: DbSession, principal: Approver, count_id: UUID, version: ExpectedVersion) -> CountAnswer:
    """Post the corrections of the sheet as it was reviewed, in one transaction."""
    return review.present(session, principal, approval.approve(session, principal, count_id, version))


@router.post("/{count_id}/cancel")
def cancel(session: DbSession, principal: Counter, count_id: UUID) -> CountSummary:
    """Give the sheet up."""
    return sheets.summaries(session, [approval.cancel(session, principal, count_id)])[0]
