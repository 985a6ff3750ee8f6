"""The restaurant's day: it runs from its cut-off in its own time zone, so a sale at 01:30 belongs to yesterday."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def business_day(at: datetime, time_zone: str, cutoff: time) -> date:
    """The day that an aware moment belongs to."""
    local = at.astimezone(ZoneInfo(time_zone))
    return local.date() - timedelta(days=local.time() < cutoff)


def day_bounds(day: date, time_zone: str, cutoff: time) -> tuple[datetime, datetime]:
    """The UTC moments at which the day begins and the next one does; 23, 24 or 25 hours apart."""
    zone = ZoneInfo(time_zone)
    start, end = (datetime.combine(each, cutoff, zone).astimezone(UTC) for each in (day, day + timedelta(days=1)))
    return start, end
