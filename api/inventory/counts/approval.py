"""The life of a count: submitted, looked at again, approved and posted, or cancelled.

| from                | act     | to        | who                                                                |
|---------------------|---------|-----------|--------------------------------------------------------------------|
| counting            | submit  | submitted | inventory.scan                                                     |
| counting, submitted | recount | counting  | counts.approve                                                     |
| submitted           | approve | posted    | counts.approve; own_counts.approve for who counted or submitted it |
| counting, submitted | cancel  | cancelled | who made it, or counts.approve                                     |
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from api.core.access import Principal
from api.core.creation import create_once
from api.core.errors import FieldProblem, Forbidden, IdempotencyConflict
from api.core.preconditions import bump
from api.core.types import plain
from api.domain.ids import derived_id
from api.domain.movements import MAX_BATCH, NewMovement, PostedMovement
from api.inventory.counts import repository
from api.inventory.counts.errors import (
    BadLines,
    CountNotOpen,
    CountNotSubmitted,
    NothingCounted,
    OwnCount,
    RecountOutstanding,
)
from api.inventory.counts.models import Count, CountRecount
from api.inventory.counts.review import APPROVE, Tally, tallies
from api.inventory.counts.schemas import CountSummary, NewRecount
from api.inventory.counts.sheets import ENTER, find, note, summaries
from api.ledger.counting import CountableItem, items_by_id
from api.ledger.posting import post_movements
from api.outbox.publish import publish

APPROVE_OWN = "own_counts.approve"
OPEN = ("counting", "submitted")


def submit(session: Session, principal: Principal, count_id: UUID) -> Count:
    """Say that the sheet is done; asking again changes nothing.

    Items that nobody counted are left out: their balance stays as it is.

    Raises:
        CountNotFound: no such count where the person may count.
        CountNotOpen: it was posted or cancelled.
        NothingCounted, RecountOutstanding: it is not done.
    """
    count = find(session, principal, ENTER, count_id, lock=True)
    if count.status == "submitted":
        return count
    if count.status != "counting":
        raise CountNotOpen(f"The count is {count.status}.", status=count.status)
    shelf = tallies(session, count)
    due = [str(tally.item.id) for tally in shelf if tally.item.round > 1 and tally.counted is None]
    if due:
        raise RecountOutstanding(f"{len(due)} items are to be counted again first.", count_item_ids=due)
    if all(tally.counted is None for tally in shelf):
        raise NothingCounted
    count.status, count.submitted_by, count.submitted_at = "submitted", principal.id, datetime.now(UTC)
    bump(count, count.version)
    _tell(session, principal, "count.submitted", count)
    return count


def ask_recount(session: Session, principal: Principal, count_id: UUID, body: NewRecount) -> CountSummary:
    """Ask for a second look at some items: the sheet is open again, and what is counted from now on counts.

    Raises:
        CountNotFound, Forbidden: no such count where the person may approve.
        CountNotOpen: it was posted or cancelled.
        BadLines: an item is not on the sheet, or was not counted in its latest round.
    """
    find(session, principal, APPROVE, count_id)
    return create_once(
        session,
        actor_id=principal.id,
        route=f"counts/{count_id}/recounts",
        row_id=body.id,
        body=body,
        answer=CountSummary,
        create=lambda: _ask_recount(session, principal, count_id, body),
    )


def _ask_recount(session: Session, principal: Principal, count_id: UUID, body: NewRecount) -> CountSummary:
    count = find(session, principal, APPROVE, count_id, lock=True)
    if count.status not in OPEN:
        raise CountNotOpen(f"The count is {count.status}.", status=count.status)
    shelf = {tally.item.id: tally for tally in tallies(session, count)}
    _refuse_uncounted(body, shelf)
    for item_id in dict.fromkeys(body.count_item_ids):
        item = shelf[item_id].item
        item.round += 1
        session.add(CountRecount(count_item_id=item.id, round=item.round, reason=body.reason, asked_by=principal.id))
    count.status, count.submitted_by, count.submitted_at = "counting", None, None
    bump(count, count.version)
    _tell(session, principal, "count.recount_asked", count, items=len(set(body.count_item_ids)))
    return summaries(session, [count])[0]


def _refuse_uncounted(body: NewRecount, shelf: dict[UUID, Tally]) -> None:
    problems = tuple(
        FieldProblem(f"count_item_ids.{number}", "nothing_to_recount", "It is not on this sheet, or not counted yet.")
        for number, item_id in enumerate(body.count_item_ids)
        if item_id not in shelf or shelf[item_id].counted is None
    )
    if problems:
        raise BadLines("Only what was counted can be counted again.", errors=problems)


def cancel(session: Session, principal: Principal, count_id: UUID) -> Count:
    """Give the sheet up; nothing of it is posted. Asking again changes nothing.

    Raises:
        CountNotFound: no such count where the person may count.
        Forbidden: somebody else made it.
        CountNotOpen: it was posted.
    """
    count = find(session, principal, ENTER, count_id, lock=True)
    if count.created_by != principal.id and not principal.may(APPROVE, count.location_id):
        raise Forbidden("Somebody else made this count; cancelling it needs the scope counts.approve.")
    if count.status == "cancelled":
        return count
    if count.status not in OPEN:
        raise CountNotOpen(f"The count is {count.status}.", status=count.status)
    count.status, count.cancelled_by, count.cancelled_at = "cancelled", principal.id, datetime.now(UTC)
    bump(count, count.version)
    _tell(session, principal, "count.cancelled", count)
    return count


# ------------------------------------------------------------------ posting


def approve(session: Session, principal: Principal, count_id: UUID, version: int) -> Count:
    """Approve what was submitted and post its corrections, all in this transaction.

    Each item is measured by the ledger, under its lock, against the balance as of the moment of its first line.

    Raises:
        CountNotFound: no such count where the person may approve.
        VersionConflict: it changed since the person looked at it.
        CountNotSubmitted: it is not submitted, or not any more.
        OwnCount: the person counted or submitted it.
        InsufficientStock: what was sold since would leave less than nothing where that is barred.
    """
    count = find(session, principal, APPROVE, count_id, lock=True)
    if count.status != "submitted":
        raise CountNotSubmitted(f"The count is {count.status}.", status=count.status)
    bump(count, version)
    shelf = [tally for tally in tallies(session, count) if tally.counted is not None]
    _four_eyes(principal, count, shelf)
    results = _post(session, principal, count, shelf)
    repository.store_results(session, results)  # before the status: a posted count takes no more writing
    count.status, count.posted_by, count.posted_at = "posted", principal.id, datetime.now(UTC)
    value = sum((row["variance_value"] for row in results), Decimal(0))
    varying = sum(row["movement_id"] is not None for row in results)
    _tell(session, principal, "count.posted", count, items=len(results), varying=varying, value=plain(value))
    return count


def _four_eyes(principal: Principal, count: Count, shelf: Sequence[Tally]) -> None:
    involved = {count.submitted_by} | {line.counted_by for tally in shelf for line in tally.latest}
    if principal.id in involved and not principal.may(APPROVE_OWN, count.location_id):
        raise OwnCount


def _post(session: Session, principal: Principal, count: Count, shelf: Sequence[Tally]) -> list[dict[str, Any]]:
    """Post in key order, so that the locks of later chunks never wait in a ring, and give what came out per item."""
    kept = items_by_id(session, count.location_id, [tally.item.item_id for tally in shelf])
    results = []
    ordered = sorted(shelf, key=lambda tally: tally.item.item_id)
    for start in range(0, len(ordered), MAX_BATCH):
        chunk = ordered[start : start + MAX_BATCH]
        asked = [_movement(principal, count, tally, kept[tally.item.item_id]) for tally in chunk]
        for tally, posted in zip(chunk, post_movements(session, asked), strict=True):
            results.append(_result(tally, posted))
    return results


def _movement(principal: Principal, count: Count, tally: Tally, kept: CountableItem) -> NewMovement:
    """What was counted; the ledger turns it into the difference. Its id follows from the first line of the item."""
    first = tally.latest[0]
    assert tally.counted is not None
    return NewMovement(
        id=derived_id(first.counted_at, "count", str(first.id)),
        kind="count_correction",
        product_id=kept.product_id,
        quantity=tally.counted,
        unit=kept.unit,
        to_item_id=kept.id,
        occurred_at=first.counted_at,
        actor_id=principal.id,
        source="count",
        reason_code="count",
        reference=count.number,
        is_count=True,
    )


def _result(tally: Tally, posted: PostedMovement) -> dict[str, Any]:
    if posted.status != "posted":
        raise IdempotencyConflict("A line of this count was posted before.")
    assert tally.counted is not None
    sign = -1 if posted.from_item_id is not None else 1
    variance = sign * posted.quantity
    return {
        "id": tally.item.id,
        "measured_at": tally.first_at,
        "expected": tally.counted - variance,
        "counted": tally.counted,
        "variance": variance,
        "variance_value": sign * posted.value,
        "movement_id": posted.id if posted.quantity else None,
    }


def _tell(session: Session, principal: Principal, act: str, count: Count, **details: Any) -> None:
    """Record the act and let others know of it."""
    session.flush()
    note(session, principal, act, count, **details)
    payload = {"count_id": str(count.id), "location_id": str(count.location_id), "number": count.number, **details}
    publish(session, f"{act}.v1", subject_id=count.id, payload=payload)
