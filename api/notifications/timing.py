"""When a mail may leave: after the moment in which others may join it, never in somebody's quiet hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

JOINING = timedelta(milliseconds=500)
"""Alerts opened by one delivery note or one count come together; a single one must still arrive within two seconds."""
DIGEST_AT = time(7)


@dataclass(frozen=True, slots=True)
class Habits:
    """What a person chose; the hours are those of the place that the message is about."""

    quiet_from: time | None = None
    quiet_until: time | None = None
    is_digest: bool = False


def leaves_at(now: datetime, habits: Habits, time_zone: str = "UTC") -> datetime:
    """The first moment (UTC) from `now` on at which the mail may leave."""
    zone = ZoneInfo(time_zone)
    earliest = now + JOINING
    if habits.is_digest:
        earliest = _next(DIGEST_AT, now, zone)
    local = earliest.astimezone(zone)
    if habits.quiet_from is not None and habits.quiet_until is not None:
        local = _after_quiet(local, habits.quiet_from, habits.quiet_until, zone)
    return local.astimezone(UTC)


def _next(at: time, now: datetime, zone: ZoneInfo) -> datetime:
    local = now.astimezone(zone)
    today = datetime.combine(local.date(), at, zone)
    return today if today > local else datetime.combine(local.date() + timedelta(days=1), at, zone)


def _after_quiet(local: datetime, quiet_from: time, quiet_until: time, zone: ZoneInfo) -> datetime:
    clock = local.time()
    spans_midnight = quiet_from > quiet_until
    is_quiet = clock >= quiet_from or clock < quiet_until if spans_midnight else quiet_from <= clock < quiet_until
    if not is_quiet:
        return local
    day = local.date() + timedelta(days=1 if spans_midnight and clock >= quiet_from else 0)
    return datetime.combine(day, quiet_until, zone)
