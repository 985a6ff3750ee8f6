"""The scans that became no movement."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import DateTime, RowMapping, Text, cast, func, select, tuple_
from sqlalchemy.orm import Session

from api.scans.models import Scan


def unknown_codes(
    session: Session, *, locations: frozenset[UUID] | None, limit: int, after: tuple[str, UUID] | None
) -> Sequence[RowMapping]:
    """Codes that stand for nothing yet, per location, latest first; `limit + 1` rows."""
    latest = func.max(Scan.occurred_at)
    last_id = func.max(cast(Scan.id, Text))
    query = (
        select(
            Scan.code,
            Scan.location_id,
            func.count().label("scans"),
            latest.label("last_seen_at"),
            last_id.label("last_scan_id"),
            func.max(Scan.symbology).label("symbology"),
            func.max(Scan.action).label("action"),
        )
        .where(Scan.status == "unknown_code")
        .group_by(Scan.code, Scan.location_id)
        .order_by(latest.desc(), last_id.desc())
        .limit(limit + 1)
    )
    if locations is not None:
        query = query.where(Scan.location_id.in_(locations))
    if after is not None:
        query = query.having(tuple_(latest, last_id) < tuple_(cast(after[0], DateTime(timezone=True)), str(after[1])))
    return session.execute(query).mappings().all()
