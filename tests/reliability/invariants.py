"""What holds after every write (INV): every acknowledged id is there once, Σ movements = on hand for every item, one outbox
event per movement, and an audit chain that verifies."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

import psycopg
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from api.audit.sealer import seal
from api.audit.verify import verify
from tests.api.ledger.support import UNBALANCED, UNHEARD

STANDING = "select id::text, count(*) from stock_movements where id = any (%s::uuid[]) group by id"
TOUCHING = """
select m.id::text from stock_movements m
 where m.from_item_id = any (%(items)s::uuid[]) or m.to_item_id = any (%(items)s::uuid[])
"""


def assert_balanced(connection: psycopg.Connection, item_ids: Collection[UUID] | None = None) -> None:
    """Σ movements = on hand, and one event per movement: for these items, or for all there are."""
    items = {"items": None if item_ids is None else list(item_ids)}
    assert connection.execute(UNBALANCED, items).fetchall() == [], "a balance is not the sum of its movements"
    assert connection.execute(UNHEARD, items).fetchall() == [], "a movement has not exactly one event"


def assert_exactly_once(
    connection: psycopg.Connection,
    acknowledged: Collection[str],
    *,
    unanswered: Collection[str] = (),
    item_ids: Collection[UUID],
) -> None:
    """Acknowledged ids stand once, unanswered ones at most once, and nothing else touched these items."""
    asked = [*acknowledged, *unanswered]
    standing = dict(connection.execute(STANDING, [asked]).fetchall())
    assert set(standing.values()) <= {1}, "an id stands twice"
    lost = set(acknowledged) - set(standing)
    assert lost == set(), f"acknowledged and lost: {sorted(lost)[:5]}"
    there = {row[0] for row in connection.execute(TOUCHING, {"items": list(item_ids)})}
    assert there <= set(asked), f"nobody sent these: {sorted(there - set(asked))[:5]}"


def assert_trail(app_url: str) -> None:
    """Seal what waits, then verify the whole chain."""
    engine = create_engine(app_url.replace("postgresql://", "postgresql+psycopg://", 1))
    try:
        is_more = True
        while is_more:
            with Session(engine) as session, session.begin():
                is_more = seal(session) > 0
    finally:
        engine.dispose()
    with psycopg.connect(app_url) as connection:
        report = verify(connection)
    assert report.ok, report
    assert report.waiting == 0, report
