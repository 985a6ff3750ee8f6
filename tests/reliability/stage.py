"""Two restaurants to scan in: one may go below zero, the other may not; each keeps the same products."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg

from api.domain.ids import uuid7
from tests.reliability.model import Item

OPEN, BARRED = "open", "barred"
MORNING = datetime(2026, 11, 20, 8, tzinfo=UTC)

PLACE = "insert into locations (code, name, time_zone, currency, allows_negative) values (%s, %s, 'UTC', 'EUR', %s) returning id"
PRODUCT = "insert into products (sku, name, stock_unit) values (%s, %s, 'g') returning id"
CODE = (
    "insert into barcodes (code, symbology, product_id, pack_quantity, pack_unit) values (%s, 'code128', %s, 1, 'kg')"
)
ITEM = """
insert into inventory_items (product_id, location_id, allows_negative, currency) values (%s, %s, %s, 'EUR') returning id
"""
BALANCES = """
select b.code, i.location_id::text, i.on_hand from inventory_items i join barcodes b on b.product_id = i.product_id
 where i.id = any (%s)
"""


@dataclass
class Stage:
    """Codes of products, and the two locations by name; a pack is 1 kg, kept in g."""

    url: str
    codes: list[str] = field(default_factory=list)
    places: dict[str, UUID] = field(default_factory=dict)
    items: dict[Item, UUID] = field(default_factory=dict)

    @classmethod
    def build(cls, app_url: str, products: int = 2) -> Stage:
        """Rows of this stage's own."""
        tag = secrets.token_hex(6)
        stage = cls(app_url)
        with psycopg.connect(app_url) as connection:
            for name in (OPEN, BARRED):
                stage.places[name] = _id(connection, PLACE, f"{tag}-{name}", name, name == OPEN)
            for number in range(products):
                code = f"{tag}-{number}"
                product = _id(connection, PRODUCT, code, f"Product {number}")
                connection.execute(CODE, [code, product])
                stage.codes.append(code)
                for name, place in stage.places.items():
                    stage.items[code, str(place)] = _id(connection, ITEM, product, place, name == OPEN)
        return stage

    @property
    def barred(self) -> frozenset[str]:
        return frozenset({str(self.places[BARRED])})

    def scan(self, code: str, place: str, action: str, grams: int | str, at: datetime, **more: Any) -> dict[str, Any]:
        """A scan of so many grams."""
        return {
            "id": str(uuid7()),
            "code": code,
            "location_id": place,
            "action": action,
            "quantity": str(grams),
            "unit": "g",
            "occurred_at": at.isoformat(),
            **more,
        }

    def balances(self, connection: psycopg.Connection) -> dict[Item, Decimal]:
        """On hand of every item of the stage."""
        rows = connection.execute(BALANCES, [list(self.items.values())])
        return {(code, place): on_hand for code, place, on_hand in rows}


def _id(connection: psycopg.Connection, statement: str, *values: Any) -> UUID:
    row = connection.execute(statement, values).fetchone()
    assert row is not None
    return row[0]
