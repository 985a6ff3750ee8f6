"""When a restaurant's business day is over, by its own clock, and which nights are due. Pure but for `read_zones`.

A day ends at the cut-off of the next date (04:00 by default) in the location's zone. Where a clock change skips the
cut-off or shows it twice, the later of the two readings counts: a night is never run before its day is over by
anybody's reckoning, and never twice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ingestion.warehouse import connect

GRACE = timedelta(minutes=30)
"""What tills get to drop their last file after the cut-off."""

ZONES = "select time_zone, max(day_cutoff) from public.locations where is_active group by 1 order by 1"

Zones = Mapping[str, time]
"""IANA zone and the latest cut-off of the restaurants in it."""


@dataclass(frozen=True)
class Night:
    """A business day that is over in `zones`; `is_whole` where it is over in every restaurant of the house."""

    day: date
    zones: tuple[str, ...]
    is_whole: bool


def read_zones(warehouse_url: str) -> dict[str, time]:
    """The zones of the active restaurants, as the operational database says at this moment."""
    with connect(warehouse_url) as session:
        return {str(zone): cutoff for zone, cutoff in session.execute(ZONES).fetchall()}


def closes_at(day: date, zone: str, cutoff: time) -> datetime:
    """The moment (UTC) from which the business day is over on every reading of that zone's clock."""
    wall = datetime.combine(day + timedelta(days=1), cutoff, ZoneInfo(zone))
    return max(wall.replace(fold=fold).astimezone(UTC) for fold in (0, 1))


def last_day_over(now: datetime, zone: str, cutoff: time, grace: timedelta = GRACE) -> date:
    """The newest business day that has been over for `grace`; it never goes back while `now` goes on."""
    day = now.astimezone(ZoneInfo(zone)).date()
    while closes_at(day, zone, cutoff) + grace > now:
        day -= timedelta(days=1)
    return day


def due_nights(now: datetime, zones: Zones, known: Mapping[str, date]) -> tuple[list[Night], dict[str, date]]:
    """Nights that have become due since `known` (zone → last day asked for), oldest first, and what is known then.

    A zone that was not known is noted, not run: its day was over before anybody watched it. Of several days that went
    by unwatched the newest is run, since a run takes along whatever was left behind.
    """
    over = {zone: last_day_over(now, zone, cutoff) for zone, cutoff in zones.items()}
    fresh = {zone: day for zone, day in over.items() if zone in known and day > known[zone]}
    nights = [
        Night(day, tuple(zone for zone in sorted(fresh) if fresh[zone] == day), min(over.values()) >= day)
        for day in sorted(set(fresh.values()))
    ]
    return nights, {zone: max(day, known.get(zone, day)) for zone, day in over.items()}


def write_cursor(known: Mapping[str, date]) -> str:
    """What is known, as a sensor keeps it."""
    return json.dumps({zone: day.isoformat() for zone, day in sorted(known.items())})


def read_cursor(text: str | None) -> dict[str, date]:
    """What `write_cursor` wrote; nothing where there is none."""
    return {zone: date.fromisoformat(day) for zone, day in json.loads(text or "{}").items()}
