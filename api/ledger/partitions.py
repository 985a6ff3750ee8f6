"""The ledger's monthly partitions, made ahead of the months they are for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import text
from sqlalchemy.orm import Session

AHEAD = "3 months"
ENOUGH = timedelta(days=31)

log = structlog.get_logger(__name__)


def ensure_partitions(session: Session) -> int:
    """Make this month's partition and those of the next three where they are missing; how many were made.

    Rows of such a month that the default partition took in meanwhile move into it.
    """
    query = text("select ensure_movement_partitions(current_date, (current_date + cast(:ahead as interval))::date)")
    made = int(session.scalar(query, {"ahead": AHEAD}) or 0)
    if made:
        log.info("partitions_made", made=made)
    return made


def report_partitions(session: Session) -> bool:
    """Whether all is well: a month's partitions are ready ahead, and no row stands in the default one; warns if not.

    Rows in the default partition are whole and found; their ids carry a time for which there is no partition, as those
    of a device with a wrong clock do.
    """
    found = session.execute(text("select ready_until, stray_rows from movement_partition_state()")).one()
    ready_until: datetime | None = found.ready_until
    stray: int = found.stray_rows
    behind = ready_until is not None and ready_until < datetime.now(UTC) + ENOUGH
    if behind:
        log.error("partitions_behind", ready_until=str(ready_until))
    if stray:
        log.warning("rows_in_default_partition", rows=stray)
    return not behind and not stray
