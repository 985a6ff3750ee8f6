"""Which items should be counted next, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Session

from api.catalog.locations import get_location
from api.core.access import Principal
from api.core.pagination import Page, cut, read_cursor
from api.core.types import plain
from api.inventory.counts import repository
from api.inventory.counts.schemas import AbcClass, AreaReference, Candidate, CandidateReason, Reason
from api.inventory.counts.sheets import READ, product_of
from api.ledger.counting import CountableItem, items_at, last_corrections, usage_values

COUNT_EVERY: dict[AbcClass, int] = {"A": 7, "B": 14, "C": 30}
"""Days after which a count of an item of this class is overdue."""
CLASS_UP_TO: tuple[tuple[AbcClass, Decimal], ...] = (("A", Decimal("0.80")), ("B", Decimal("0.95")))
ORDER: tuple[Reason, ...] = ("negative", "overdue", "abc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which candidates; without a reason those below zero and those overdue."""

    location_id: UUID
    reason: Reason | None = None
    abc_class: AbcClass | None = None
    days: int = 28


def classes(values: Mapping[UUID, Decimal]) -> dict[UUID, AbcClass]:
    """Items by their share of the usage value: A makes up the first 80 %, B the next 15 %, C the rest.

    The item that crosses a line belongs to the class before it, so that a single item worth 90 % is an A. What was
    not used is a C.
    """
    total = sum((value for value in values.values() if value > 0), Decimal(0))
    found: dict[UUID, AbcClass] = {}
    before = Decimal(0)
    for item_id, value in sorted(values.items(), key=lambda each: (-each[1], each[0])):
        found[item_id] = "C"
        if value > 0:
            found[item_id] = next((name for name, share in CLASS_UP_TO if before < total * share), "C")
            before += value
    return found


def list_candidates(
    session: Session, principal: Principal, wanted: Wanted, *, limit: int, cursor: str | None
) -> Page[Candidate]:
    """Items to count: those below zero first, then what is overdue, each time the most used first.

    Raises:
        NotFound: the location is none that the person may see.
    """
    get_location(session, principal, READ, wanted.location_id)
    found = sorted(_candidates(session, wanted), key=_key)
    if cursor is not None:
        after = read_cursor(cursor, int, Decimal, str)
        found = [each for each in found if _key(each) > tuple(after)]
    page, following = cut(found, limit, _key)
    return Page(items=page, next_cursor=following)


def _key(candidate: Candidate) -> tuple[int, Decimal, str]:
    rank = min(ORDER.index(reason.code) for reason in candidate.reasons)
    return rank, -candidate.usage_value, str(candidate.item_id)


def _candidates(session: Session, wanted: Wanted) -> list[Candidate]:
    now = datetime.now(UTC)
    items = items_at(session, wanted.location_id)
    values = usage_values(session, wanted.location_id, now - timedelta(days=wanted.days))
    values = {item.id: values.get(item.id, Decimal(0)) for item in items}
    kinds, counted = classes(values), _last_counted(session, items)
    candidates = []
    for item in items:
        days = None if item.id not in counted else (now - counted[item.id]).days
        reasons = _reasons(item, kinds[item.id], days, wanted)
        if reasons and wanted.abc_class in {None, kinds[item.id]}:
            candidates.append(
                Candidate(
                    item_id=item.id,
                    product=product_of(item),
                    area=AreaReference(id=item.area_id, name=item.area_name),
                    on_hand=item.on_hand,
                    unit=item.unit,
                    abc_class=kinds[item.id],
                    usage_value=values[item.id],
                    currency=item.currency,
                    last_counted_at=counted.get(item.id),
                    days_since_count=days,
                    reasons=reasons,
                )
            )
    return candidates


def _last_counted(session: Session, items: Sequence[CountableItem]) -> dict[UUID, datetime]:
    """When each item was last counted: on a posted sheet, or by a scan that corrected it."""
    item_ids = [item.id for item in items]
    corrected = last_corrections(session, item_ids)
    for item_id, found in repository.last_found(session, item_ids).items():
        corrected[item_id] = max(found.measured_at, corrected.get(item_id, found.measured_at))
    return corrected


def _reasons(item: CountableItem, kind: AbcClass, days: int | None, wanted: Wanted) -> list[CandidateReason]:
    reasons = []
    if item.on_hand < 0:
        detail = f"{plain(item.on_hand)} {item.unit} on hand: something was not received, or counted wrong."
        reasons.append(CandidateReason(code="negative", detail=detail))
    if days is None:
        reasons.append(CandidateReason(code="overdue", detail="Never counted."))
    elif days > COUNT_EVERY[kind]:
        detail = f"Last counted {days} days ago; class {kind} is counted every {COUNT_EVERY[kind]} days."
        reasons.append(CandidateReason(code="overdue", detail=detail))
    if wanted.reason == "abc" or wanted.abc_class is not None:
        detail = f"Class {kind} by the value used in the last {wanted.days} days."
        reasons.append(CandidateReason(code="abc", detail=detail))
    if wanted.reason is not None:
        return [reason for reason in reasons if reason.code == wanted.reason]
    return reasons
