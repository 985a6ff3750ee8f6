"""The ledger's monthly partitions, made ahead of the months they are for."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

AHEAD = "3 months"


def ensure_partitions(session: Session) -> int:
    """Make this month's partition and those of the next three where they are missing; how many were made."""
    query = text("select ensure_movement_partitions(current_date, (current_date + cast(:ahead as interval))::date)")
    return int(session.scalar(query, {"ahead": AHEAD}) or 0)
