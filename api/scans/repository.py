"""The scans that became no movement, what they said, and what labels need: the templates and prices of the house."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from psycopg.rows import class_row
from sqlalchemy import DateTime, RowMapping, Text, cast, func, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from api.catalog.models import Barcode
from api.ledger.scanning import Connection
from api.scans.models import Scan, UnlinkedScan

TEMPLATES = "select pattern, unit, decimals, location_id from label_templates where is_active"
PRICES = """
select b.code, l.id as location_id, b.pack_quantity, b.pack_unit, b.pack_price
  from barcodes b join locations l on l.currency = b.pack_currency
 where b.code = any (%s)
"""
KEEP = """
insert into unlinked_scans (scan_id, key, sent, content)
select w.scan_id, w.key, w.sent, w.content
  from jsonb_to_recordset(%s::jsonb) as w(scan_id uuid, key text, sent jsonb, content bytea)
on conflict do nothing
"""


@dataclass(frozen=True, slots=True)
class LabelTemplate:
    """A label template in use."""

    pattern: str
    unit: str | None
    decimals: int
    location_id: UUID | None


@dataclass(frozen=True, slots=True)
class LabelPrice:
    """What one pack of a label's code costs at a location, in its currency."""

    code: str
    location_id: UUID
    pack_quantity: Decimal
    pack_unit: str
    pack_price: Decimal


async def label_templates(connection: Connection) -> list[LabelTemplate]:
    """Every label template in use."""
    async with connection.cursor(row_factory=class_row(LabelTemplate)) as cursor:
        await cursor.execute(TEMPLATES)
        return await cursor.fetchall()


async def label_prices(connection: Connection, codes: Collection[str]) -> dict[tuple[str, UUID], LabelPrice]:
    """What packs of these codes cost, by code and location; without a price in its currency a location is missing."""
    async with connection.cursor(row_factory=class_row(LabelPrice)) as cursor:
        await cursor.execute(PRICES, [list(codes)])
        return {(price.code, price.location_id): price for price in await cursor.fetchall()}


async def keep_unlinked(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Keep what scans of unknown codes said; what was kept before stays."""
    await connection.execute(KEEP, [orjson.dumps(rows, default=str).decode()])


@dataclass(frozen=True, slots=True)
class Pending:
    """A scan that waits for its code to be linked, as it was sent."""

    scan_id: UUID
    sent: dict[str, Any]
    content: bytes
    actor_id: UUID
    occurred_at: datetime
    location_id: UUID


def pending_scans(
    session: Session, key: str, *, with_labels: bool, after: tuple[datetime, UUID] | None, limit: int
) -> list[Pending]:
    """The scans under a code that are no movement yet, in the order they happened.

    `with_labels` adds every label of the house: which item it is may have been decided since.
    """
    query = (
        select(Scan.id, UnlinkedScan.sent, UnlinkedScan.content, Scan.actor_id, Scan.occurred_at, Scan.location_id)
        .join(UnlinkedScan, (UnlinkedScan.scan_id == Scan.id) & (UnlinkedScan.content == Scan.content))
        .where(Scan.status != "posted", Scan.actor_id.is_not(None))
        .order_by(Scan.occurred_at, Scan.id)
        .limit(limit)
    )
    same = UnlinkedScan.key == key
    query = query.where(or_(same, UnlinkedScan.key.regexp_match("^0(2|02|04)[0-9]{11,12}$")) if with_labels else same)
    if after is not None:
        query = query.where(tuple_(Scan.occurred_at, Scan.id) > after)
    return [
        Pending(row.id, row.sent, row.content, row.actor_id, row.occurred_at, row.location_id)
        for row in session.execute(query)
    ]


def settle(session: Session, products: Mapping[UUID, UUID]) -> None:
    """These scans wait no more; each has its product now."""
    for scan_id, product_id in products.items():
        changes = {"status": "posted", "error_code": None, "product_id": product_id}
        session.execute(update(Scan).where(Scan.id == scan_id, Scan.status == "unknown_code").values(changes))


def linked_keys(session: Session, limit: int) -> Sequence[str]:
    """Codes that scans wait for although they stand for a product by now, such as those that an import linked."""
    query = (
        select(UnlinkedScan.key)
        .join(Scan, (Scan.id == UnlinkedScan.scan_id) & (Scan.status == "unknown_code"))
        .join(Barcode, Barcode.code == UnlinkedScan.key)
        .distinct()
        .limit(limit)
    )
    return session.scalars(query).all()


def latest_kept(session: Session, code: str, locations: Collection[UUID] | None) -> Scan | None:
    """The latest scan of this code that was kept at one of these locations, be it posted by now."""
    query = select(Scan).join(UnlinkedScan, UnlinkedScan.scan_id == Scan.id).where(Scan.code == code)
    if locations is not None:
        query = query.where(Scan.location_id.in_(locations))
    return session.scalar(query.order_by(Scan.occurred_at.desc(), Scan.id.desc()).limit(1))


def list_scans(
    session: Session,
    *,
    locations: Collection[UUID] | None,
    location_id: UUID | None,
    status: str | None,
    code: str | None,
    after: UUID | None,
    limit: int,
) -> Sequence[Scan]:
    """Scans that became no movement, latest captured first, `limit + 1` of them."""
    query = select(Scan).order_by(Scan.id.desc()).limit(limit + 1)
    if locations is not None:
        query = query.where(Scan.location_id.in_(locations))
    if location_id is not None:
        query = query.where(Scan.location_id == location_id)
    if status is not None:
        query = query.where(Scan.status == status)
    if code is not None:
        query = query.where(Scan.code == code)
    return session.scalars(query if after is None else query.where(Scan.id < after)).all()


def note_scan(session: Session, row: dict[str, Any]) -> None:
    """Keep what became of a scan that another room booked, or refused to; what was posted stays posted."""
    made = insert(Scan).values(row)
    changes = {name: made.excluded[name] for name in ("status", "error_code", "product_id", "quantity", "unit")}
    is_open = (Scan.status != "posted") & (Scan.content == made.excluded.content)
    session.execute(made.on_conflict_do_update(index_elements=[Scan.id], set_=changes, where=is_open))


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
