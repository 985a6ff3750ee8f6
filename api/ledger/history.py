"""Reading the past: balances as of a moment, as known at a moment, and what became known of it since."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from api.domain.costing import Balance

BALANCES = text(
    "select item_id, on_hand, avg_cost from stock_balances_as_of(cast(:items as uuid[]), :as_of, :known_at)"
)


@dataclass(frozen=True, slots=True)
class Restatement:
    """One moment's balance as it was known then and as it is known later."""

    then: Balance
    since: Balance


def balances_as_of(
    session: Session,
    item_ids: Collection[UUID] | None = None,
    *,
    as_of: datetime | None = None,
    known_at: datetime | None = None,
) -> dict[UUID, Balance]:
    """The balances of these items (`None`: of all) by the rows with occurred_at ≤ `as_of` and recorded_at ≤ `known_at`.

    A moment that is `None` is no limit. The average is the fold of those rows in the order in which each had both
    happened and become known, with the values that they carry (FORMULAS: as of, as known at; average cost). It starts
    at the latest snapshot before both moments, so its cost is that of the rows since, not of the ledger.
    """
    session.flush()
    rows = session.execute(
        BALANCES,
        {
            "items": None if item_ids is None else list(item_ids),
            "as_of": as_of or "infinity",
            "known_at": known_at or "infinity",
        },
    )
    return {row.item_id: Balance(row.on_hand, row.avg_cost) for row in rows}


def restatement(
    session: Session,
    item_id: UUID,
    *,
    as_of: datetime | None,
    known_at: datetime,
    known_since: datetime | None = None,
) -> Restatement:
    """An item's balance at `as_of` as known at `known_at`, and as known at `known_since` (by default now).

    The difference of the two is what rows recorded between the moments added for what had happened before `as_of`.
    """
    then = balances_as_of(session, [item_id], as_of=as_of, known_at=known_at)[item_id]
    since = balances_as_of(session, [item_id], as_of=as_of, known_at=known_since)[item_id]
    return Restatement(then, since)
