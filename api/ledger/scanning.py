"""The posting path of scans: two statements over psycopg, no ORM objects, ids as text from request to database.

One statement resolves codes to products, packs and items; one posts, records and audits. Each connection commits by
itself, so the second statement is one transaction and one round trip.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import orjson
import psycopg
from psycopg.rows import dict_row

Connection = psycopg.AsyncConnection[Any]

RESOLVE = """
select w.n, p.id::text as product_id, p.name, p.stock_unit, p.tracks_lots, p.is_active, b.pack_quantity, b.pack_unit,
       l.id is not null as has_location,
       (w.area_id is null or exists (select from storage_areas a
                                      where a.id = w.area_id and a.location_id = w.location_id)) as has_area,
       (w.to_location_id is null or exists (select from locations o where o.id = w.to_location_id)) as has_destination,
       (select json_agg(json_build_array(u.unit, u.numerator, u.denominator))
          from product_units u where u.product_id = p.id) as units,
       (select json_agg(json_build_array(i.id, i.area_id, i.on_hand::text, i.reorder_point::text))
          from inventory_items i where i.product_id = p.id and i.location_id = w.location_id
           and not exists (select from storage_areas t where t.id = i.area_id and t.is_in_transit)) as items,
       (select json_agg(json_build_array(i.id, i.area_id, i.on_hand::text, i.reorder_point::text))
          from inventory_items i where i.product_id = p.id and i.location_id = w.to_location_id
           and not exists (select from storage_areas t where t.id = i.area_id and t.is_in_transit)) as destinations
  from unnest(%s::integer[], %s::text[], %s::uuid[], %s::uuid[], %s::uuid[])
       as w(n, code, location_id, area_id, to_location_id)
  left join barcodes b on b.code = w.code
  left join products p on p.id = b.product_id
  left join locations l on l.id = w.location_id
 order by w.n
"""
POST = (
    "select n, status, error, product_id::text, quantity, unit, on_hand, reorder from post_scans(%s::jsonb, %s::jsonb)"
)
ENSURE_ITEMS = (
    "select product_id::text, location_id::text, area_id::text, item_id::text"
    " from ensure_inventory_items(%s::uuid[], %s::uuid[], %s::uuid[])"
)
ENSURE_LOTS = (
    "select lot_id::text, product_id::text, code, expires_on::text from ensure_lots(%s::uuid[], %s::text[], %s::date[])"
)
CLOSED = (
    "select distinct on (p.location_id) p.location_id::text, l.name, p.closed_through"
    "  from period_locks p join locations l on l.id = p.location_id"
    " where p.lifted_at is null and p.location_id = any (%s::uuid[])"
    " order by p.location_id, p.closed_through desc"
)


@dataclass(slots=True)
class StockPlace:
    """An inventory item of the scanned product, as it stood when the code was looked up."""

    item_id: str
    area_id: str | None
    on_hand_text: str
    reorder_point_text: str | None

    @property
    def on_hand(self) -> Decimal:
        """The balance in the stock unit."""
        return Decimal(self.on_hand_text)

    @property
    def reorder_point(self) -> Decimal | None:
        """Below this it is to be ordered; None without a policy."""
        return None if self.reorder_point_text is None else Decimal(self.reorder_point_text)


@dataclass(slots=True)
class Resolved:
    """What a code stands for at a location; without a product it is unknown."""

    n: int
    product_id: str | None
    name: str
    stock_unit: str
    tracks_lots: bool
    is_active: bool
    pack_quantity: Decimal
    pack_unit: str
    has_location: bool
    has_area: bool
    has_destination: bool
    units: list[tuple[str, int, int]] | None  # (unit, numerator, denominator)
    items: list[list[Any]] | None
    destinations: list[list[Any]] | None

    def places(self) -> list[StockPlace]:
        """The product's items at the scan's location."""
        return [StockPlace(*item) for item in self.items or ()]

    def destination_places(self) -> list[StockPlace]:
        """The product's items at the location a transfer goes to."""
        return [StockPlace(*item) for item in self.destinations or ()]


class Wanted(NamedTuple):
    """A code to be looked up at a place; `n` tells which scan asked."""

    n: int
    code: str
    location_id: UUID
    area_id: UUID | None
    to_location_id: UUID | None


async def resolve(connection: Connection, wanted: Sequence[Wanted]) -> list[Resolved]:
    """What each wanted code stands for, in the order of `n`."""
    cursor = await connection.execute(RESOLVE, [array_text(column) for column in zip(*wanted, strict=True)])
    return [Resolved(*row) for row in await cursor.fetchall()]


async def post_scans(
    connection: Connection, movements: Sequence[dict[str, Any]], unposted: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Post, record and audit in one transaction; an answer per movement, and per unposted scan that was posted before.

    Raises:
        psycopg.errors.SerializationFailure: an id was used for something else at the same moment; try again.
    """
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(POST, [_json(movements), _json(unposted)])
        return await cursor.fetchall()


async def ensure_items(
    connection: Connection, keys: Sequence[tuple[str, str, str | None]]
) -> dict[tuple[str, str, str | None], str]:
    """The items of (product, location, area) keys, made where they are missing."""
    products, locations, areas = ([key[place] for key in keys] for place in range(3))
    cursor = await connection.execute(ENSURE_ITEMS, [products, locations, areas])
    return {(product, location, area): item for product, location, area, item in await cursor.fetchall()}


async def ensure_lots(
    connection: Connection, keys: Sequence[tuple[str, str, str | None]]
) -> dict[tuple[str, str, str | None], str]:
    """The lots of (product, lot code, expiry as ISO date) keys, made where they are missing."""
    products, codes, expiries = ([key[place] for key in keys] for place in range(3))
    cursor = await connection.execute(ENSURE_LOTS, [products, codes, expiries])
    return {(product, code, expiry): lot for lot, product, code, expiry in await cursor.fetchall()}


async def closed_books(connection: Connection, location_ids: Sequence[str]) -> dict[str, tuple[str, date]]:
    """Of these locations those whose books are closed: name and last closed day."""
    cursor = await connection.execute(CLOSED, [list(location_ids)])
    return {location: (name, day) for location, name, day in await cursor.fetchall()}


def array_text(values: Sequence[Any]) -> str:
    """An array as PostgreSQL reads it: as JSON writes one, but for what JSON escapes in ways of its own."""
    text = orjson.dumps(values).decode()
    if "\\" in text:
        text = "," + ",".join("null" if value is None else _quoted(str(value)) for value in values) + ","
    return "{" + text[1:-1] + "}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _json(rows: Sequence[dict[str, Any]]) -> str:
    return orjson.dumps(rows, default=str).decode()
