"""When goods ordered now will come. Standard library only."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class DeliveryTerms:
    """A supplier's promise: days from order to door, ISO weekdays (Monday is 1) of its tours, last hour for today."""

    lead_time_days: int
    weekdays: Collection[int]
    cutoff: time


def expected_delivery(at: datetime, terms: DeliveryTerms, time_zone: str) -> date:
    """The day on which an order placed at `at` (aware) arrives at a place in `time_zone`.

    An order after the cut-off counts as tomorrow's; then the lead time passes, then the next day with a tour is
    waited for. A supplier without tours in its terms delivers on any day.
    """
    local = at.astimezone(ZoneInfo(time_zone))
    day = local.date() + timedelta(days=1 if local.time() > terms.cutoff else 0)
    day += timedelta(days=terms.lead_time_days)
    if not terms.weekdays:
        return day
    return next(d for d in (day + timedelta(days=n) for n in range(7)) if d.isoweekday() in terms.weekdays)
