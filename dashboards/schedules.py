"""When a report is made, in words and as the five cron fields that the service keeps."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import time

NEVER = "only when asked"
RHYTHMS: Mapping[str, str] = {
    "every day": "* * *",
    "Monday to Friday": "* * 1-5",
    "every Monday": "* * 1",
    "on the first of the month": "1 * *",
}


def cron(rhythm: str, at: time) -> str | None:
    """`0 6 * * *` for every day at 06:00; None for never."""
    return None if rhythm == NEVER else f"{at.minute} {at.hour} {RHYTHMS[rhythm]}"


def rhythm_of(schedule: str | None) -> tuple[str, time] | None:
    """The words and the hour of a schedule; None for one that has no words here."""
    if schedule is None:
        return NEVER, time(6)
    minute, hour, *rest = schedule.split()
    for words, fields in RHYTHMS.items():
        if fields == " ".join(rest) and minute.isdecimal() and hour.isdecimal():
            return words, time(int(hour), int(minute))
    return None


def in_words(schedule: str | None) -> str:
    """`every day at 06:00`; a schedule without words as it stands."""
    found = rhythm_of(schedule)
    if found is None:
        return f"cron {schedule}"
    words, at = found
    return words if words == NEVER else f"{words} at {at:%H:%M}"


def code_of(name: str) -> str:
    """A code that the service takes for a report's name: `Monday's waste, Harbour` becomes `monday_s_waste_harbour`."""
    code = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:60]
    return code if code[:1].isalpha() else f"report_{code}".rstrip("_")
