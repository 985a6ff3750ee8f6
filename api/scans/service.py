"""A batch of scans in, one answer each: read the codes, look them up, post what can be posted, keep the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg
from psycopg_pool import AsyncConnectionPool

from api.ledger import scanning
from api.ledger.errors import period_locked_detail
from api.ledger.plain_scans import PlainMovement, post_plain_scans
from api.ledger.scanning import Connection, Resolved
from api.scans import answers, labels, planning, repository
from api.scans.planning import Capture, Draft, Reading, Unposted
from api.scans.schemas import PlainScan, Scan

TRIES = 5
REFUSALS = (psycopg.IntegrityError, psycopg.DataError)


@dataclass(slots=True)
class Plan:
    """What is decided about one scan so far; `answer` is what its client will be told."""

    n: int
    capture: Capture
    reading: Reading
    found: Resolved | None = None
    draft: Draft | None = None
    answer: dict[str, Any] = field(default_factory=dict)
    is_recorded: bool = False

    def refuse(self, why: Unposted) -> None:
        """Answer the scan without the ledger; scans at places that the person may not see are not kept."""
        self.answer = answers.unposted(self.capture.scan, self.found, why)
        self.draft = None
        self.is_recorded = why.code != "location_not_found"


class ScanService:
    """Works through batches on the posting pool; one instance per process."""

    def __init__(self, pool: AsyncConnectionPool[Connection]) -> None:
        self._pool = pool

    async def process(self, captures: list[Capture]) -> list[dict[str, Any]]:
        """An answer per capture, in order; one bad scan never fails its neighbours, whoever sent them."""
        async with self._pool.connection(timeout=5) as connection:
            return await work_through(connection, captures)


async def work_through(connection: Connection, captures: Sequence[Capture]) -> list[dict[str, Any]]:
    """An answer per capture, in order, over a connection that commits by itself."""
    order = _in_sequence(captures)
    plans = [_plan(n, captures[place]) for n, place in enumerate(order)]
    await _look_up(connection, plans)
    ids = await _make_missing(connection, plans)
    await _settle(connection, plans, ids)
    sent = dict(zip(order, plans, strict=True))
    return [sent[place].answer for place in range(len(captures))]


def _plan(n: int, capture: Capture) -> Plan:
    return Plan(n, capture, planning.read(capture.scan.code, capture.scan.symbology))


def _in_sequence(captures: Sequence[Capture]) -> list[int]:
    """The places in the order of posting: a device's scans by its own numbers, among the places that they hold."""
    order = list(range(len(captures)))
    devices: dict[tuple[UUID, str], list[int]] = {}
    for place, capture in enumerate(captures):
        scan = capture.scan
        if scan.sequence is not None and scan.device_id is not None:
            devices.setdefault((capture.principal.id, scan.device_id), []).append(place)
    for places in devices.values():
        by_number = sorted(places, key=lambda place: captures[place].scan.sequence or 0)
        for place, moved in zip(places, by_number, strict=True):
            order[place] = moved
    return order


async def _look_up(connection: Connection, plans: Sequence[Plan]) -> None:
    """Resolve every code in one query and draft the movements."""
    waiting = []
    for plan in plans:
        try:
            planning.check_capture(plan.capture, plan.reading)
        except Unposted as why:
            plan.refuse(why)
            continue
        waiting.append(plan)
    if not waiting:
        return
    wanted = [planning.wanted(plan.n, plan.capture.scan, plan.reading.key) for plan in waiting]
    for found in await scanning.resolve(connection, wanted):
        plans[found.n].found = found
    candidates = [plan for plan in waiting if labels.is_candidate(plan)]
    if candidates:
        await labels.read_labels(connection, candidates)
    for plan in waiting:
        _draft(plan)


def _draft(plan: Plan) -> None:
    scan, reading, found = plan.capture.scan, plan.reading, plan.found
    assert found is not None
    try:
        planning.check_reading(reading)
        planning.check_found(plan.capture, found)
        if scan.action == "lookup":
            plan.answer = answers.looked_up(scan, found, planning.stands_for(scan, reading, found))
            return
        plan.draft = planning.draft(plan.capture, reading, found)
        if scan.purchase_order_id is not None and scan.action == "receive":
            plan.answer = answers.delivery(scan, found, plan.draft)
            plan.draft = None
    except Unposted as why:
        plan.refuse(why)


async def _make_missing(connection: Connection, plans: Sequence[Plan]) -> dict[Any, str]:
    """The items and lots that the drafts need and nobody needed before: at most two more round trips, seldom."""
    drafts = [plan.draft for plan in plans if plan.draft is not None]
    items = {end for draft in drafts for end in (draft.origin, draft.destination) if isinstance(end, tuple)}
    lots = {draft.lot for draft in drafts if draft.lot is not None}
    ids: dict[Any, str] = {}
    if items:
        ids |= await scanning.ensure_items(connection, sorted(items, key=str))
    if lots:
        ids |= await scanning.ensure_lots(connection, sorted(lots, key=str))
    return ids


async def _settle(connection: Connection, plans: Sequence[Plan], ids: dict[Any, str]) -> None:
    """Post the drafts and keep the rest, in one transaction."""
    if await _settle_plainly(connection, plans, ids):
        return
    movements = [
        planning.movement_row(plan.n, plan.capture, plan.found, plan.draft, ids)
        for plan in plans
        if plan.draft is not None and plan.found is not None
    ]
    unposted = [_record(plan) for plan in plans if plan.is_recorded]
    if not movements and not unposted:
        return
    unknown = [_kept(plan) for plan in plans if plan.is_recorded and plan.answer["status"] == "unknown_code"]
    if unknown:
        await repository.keep_unlinked(connection, unknown)
    for answer in await _post(connection, movements, unposted):
        plan = plans[answer["n"]]
        plan.answer = answers.from_ledger(plan.capture.scan, plan.found, answer)
    closed = [plan for plan in plans if answers.is_of_closed_period(plan.answer)]
    if closed:
        await _name_closed_books(connection, closed)


async def _settle_plainly(connection: Connection, plans: Sequence[Plan], ids: dict[Any, str]) -> bool:
    """Post a batch that is plain throughout; False, and nothing done, where it is not."""
    rows = [_plain_row(plan, ids) for plan in plans]
    try:
        posted = None if None in rows else await post_plain_scans(connection, [row for row in rows if row])
    except (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected, *REFUSALS):
        return False  # the longer way tries again, and finds out which scan it was
    for plan, (on_hand, reorder) in zip(plans, posted or (), strict=posted is not None):
        assert plan.found is not None
        assert plan.draft is not None
        scan, quantity = plan.capture.scan, plan.draft.quantity
        plan.answer = answers.from_plain(scan, plan.found, quantity, on_hand=on_hand, reorder=reorder)
    return posted is not None


def _plain_row(plan: Plan, ids: dict[Any, str]) -> PlainMovement | None:
    if plan.draft is None or plan.found is None:
        return None
    return planning.plain_row(plan.capture, plan.found, plan.draft, ids)


async def _name_closed_books(connection: Connection, plans: Sequence[Plan]) -> None:
    """Say of scans in a closed period which location's books are closed, and up to which day."""
    wanted = {str(place) for plan in plans for place in _places(plan.capture.scan)}
    books = await scanning.closed_books(connection, sorted(wanted))
    for plan in plans:
        for place in _places(plan.capture.scan):
            if str(place) in books:
                plan.answer["error"]["detail"] = period_locked_detail(*books[str(place)])


def _places(scan: Scan | PlainScan) -> list[UUID]:
    """Where the scan happened, last what weighs most."""
    return [place for place in (scan.to_location_id, scan.location_id) if place is not None]


async def _post(
    connection: Connection, movements: Sequence[dict[str, Any]], unposted: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Post them together; where the database itself refuses the whole, halve it until the offender stands alone."""
    for _ in range(TRIES):
        try:
            return await scanning.post_scans(connection, movements, unposted)
        except (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected):
            continue
        except REFUSALS:
            break
    if len(movements) + len(unposted) == 1:
        return [answers.refused_by_database(row["n"]) for row in (*movements, *unposted)]
    half, rest = len(movements) // 2, len(unposted) // 2
    first = await _post(connection, movements[:half], unposted[:rest]) if half or rest else []
    return first + await _post(connection, movements[half:], unposted[rest:])


def _kept(plan: Plan) -> dict[str, Any]:
    """What the scan said, whole, for the day its code is linked."""
    scan = plan.capture.scan
    sent = scan.model_dump(mode="json", by_alias=True, exclude={"id"}, exclude_none=True)
    return {"scan_id": scan.id, "key": plan.reading.key, "sent": sent, "content": plan.capture.content}


def _record(plan: Plan) -> dict[str, Any]:
    product_id = None if plan.found is None else plan.found.product_id
    answer = plan.answer
    return {
        **planning.record(plan.n, plan.capture, product_id),
        "status": answer["status"],
        "error_code": answer["error"]["code"],
    }
