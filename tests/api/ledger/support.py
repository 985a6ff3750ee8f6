"""A small restaurant to post into, and the invariants that hold after every write."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import psycopg
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session, sessionmaker

import api.schema  # noqa: F401
from api.domain.ids import uuid7
from api.domain.movements import NewMovement

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Kitchen:
    """One location, some products, an inventory item for each of them."""

    url: str
    location_id: UUID
    product_ids: tuple[UUID, ...]
    item_ids: tuple[UUID, ...]
    codes: tuple[str, ...]

    @property
    def item(self) -> UUID:
        return self.item_ids[0]

    def on_hand(self, item_id: UUID | None = None) -> Decimal:
        return self.balance(item_id)[0]

    def balance(self, item_id: UUID | None = None) -> tuple[Decimal, Decimal]:
        with psycopg.connect(self.url) as connection:
            row = connection.execute(
                "select on_hand, avg_cost from inventory_items where id = %s", [item_id or self.item]
            ).fetchone()
        assert row is not None
        return row

    def count(self, query: str, *parameters: object) -> int:
        with psycopg.connect(self.url) as connection:
            row = connection.execute(query, parameters).fetchone()
        assert row is not None
        return int(row[0])

    def movement(
        self, kind: str, quantity: str | int, *, item: int = 0, into: int | None = None, **more
    ) -> NewMovement:
        """A movement of product `item`: receipts, openings and gains come in, everything else goes out."""
        incoming = kind in {"receipt", "opening", "production"} or more.pop("gain", False)
        ends = {"to_item_id" if incoming else "from_item_id": self.item_ids[item]}
        if into is not None:
            ends["to_item_id"] = self.item_ids[into]
        value = more.pop("value", None)
        defaults = {"id": uuid7(), "occurred_at": NOON, "source": "manual", "unit": "g", **ends, **more}
        return NewMovement(
            kind=kind,
            product_id=more.get("product_id", self.product_ids[item]),
            quantity=Decimal(quantity),
            value=None if value is None else Decimal(value),
            **{key: each for key, each in defaults.items() if key != "product_id"},
        )


def make_kitchen(
    app_url: str, *, products: int = 1, allows_negative: bool = True, same_product: bool = False
) -> Kitchen:
    """Rows of this test's own: a location and `products` products; with `same_product` one product in several areas."""
    tag = secrets.token_hex(6)
    with psycopg.connect(app_url) as connection:
        (location,) = connection.execute(
            "insert into locations (code, name, time_zone, currency, allows_negative)"
            " values (%s, 'Kitchen', 'Europe/London', 'GBP', %s) returning id",
            [tag, allows_negative],
        ).fetchone()
        product_ids, item_ids, codes = [], [], []
        for number in range(products):
            if number == 0 or not same_product:
                (product,) = connection.execute(
                    "insert into products (sku, name, stock_unit) values (%s, %s, 'g') returning id",
                    [f"{tag}-{number}", f"Product {number}"],
                ).fetchone()
                codes.append(f"{tag}-{number}")
                connection.execute(
                    "insert into barcodes (code, symbology, product_id, pack_quantity, pack_unit)"
                    " values (%s, 'code128', %s, 1, 'kg')",
                    [codes[-1], product],
                )
            area = None
            if same_product:
                (area,) = connection.execute(
                    "insert into storage_areas (location_id, name) values (%s, %s) returning id",
                    [location, str(number)],
                ).fetchone()
            (item,) = connection.execute(
                "insert into inventory_items (product_id, location_id, area_id, allows_negative, currency)"
                " values (%s, %s, %s, %s, 'GBP') returning id",
                [product, location, area, allows_negative],
            ).fetchone()
            product_ids.append(product)
            item_ids.append(item)
    return Kitchen(app_url, location, tuple(product_ids), tuple(item_ids), tuple(codes))


def make_engine(app_url: str, size: int = 20) -> Engine:
    return create_engine(app_url.replace("postgresql://", "postgresql+psycopg://", 1), pool_size=size, max_overflow=0)


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    with sessionmaker(engine, expire_on_commit=False).begin() as session:
        yield session


UNBALANCED = """
select i.id, i.on_hand, coalesce(sum(leg.delta), 0) as moved
  from inventory_items i
  left join lateral (
      select quantity as delta from stock_movements where to_item_id = i.id
      union all select -quantity from stock_movements where from_item_id = i.id) leg on true
 where %(items)s::uuid[] is null or i.id = any (%(items)s)
 group by i.id having i.on_hand <> coalesce(sum(leg.delta), 0)
"""

UNHEARD = """
select m.id, count(e.id) from stock_movements m
  left join outbox_events e on e.subject_id = m.id and e.type = 'stock_movement.posted.v1'
 where %(items)s::uuid[] is null or m.from_item_id = any (%(items)s) or m.to_item_id = any (%(items)s)
 group by m.id having count(e.id) <> 1
"""

# What the rows moved of each lot is what stands of it, and no row moves more of its lots than its own quantity.
UNBALANCED_LOTS = """
select i.id, b.lot_id, b.on_hand, coalesce(sum(a.quantity), 0) as moved
  from inventory_items i
  join lot_balances b on b.item_id = i.id
  left join movement_lots a on a.item_id = b.item_id and a.lot_id = b.lot_id
 where %(items)s::uuid[] is null or i.id = any (%(items)s)
 group by i.id, b.lot_id, b.on_hand having b.on_hand <> coalesce(sum(a.quantity), 0)
"""
OVERDRAWN_ROWS = """
select m.id, a.item_id, m.quantity, sum(a.quantity) from movement_lots a
  join stock_movements m on m.id = a.movement_id
 where %(items)s::uuid[] is null or a.item_id = any (%(items)s)
 group by m.id, a.item_id, m.quantity, m.to_item_id
having abs(sum(a.quantity)) > m.quantity or (a.item_id = m.to_item_id) <> (sum(a.quantity) > 0)
"""


def assert_invariants(url: str, item_ids: tuple[UUID, ...] | None = None) -> None:
    """Σ movements = on hand for every item and lot, and one outbox event for every movement."""
    items = None if item_ids is None else list(item_ids)
    with psycopg.connect(url) as connection:
        assert connection.execute(UNBALANCED, {"items": items}).fetchall() == []
        assert connection.execute(UNHEARD, {"items": items}).fetchall() == []
        assert connection.execute(UNBALANCED_LOTS, {"items": items}).fetchall() == []
        assert connection.execute(OVERDRAWN_ROWS, {"items": items}).fetchall() == []
