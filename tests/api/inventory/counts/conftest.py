"""A kitchen to count: rice by the gram, lemons by the piece in cases of twelve, on two shelves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from api.domain.ids import uuid7
from api.domain.movements import NewMovement
from api.ledger.posting import post_movements
from tests.api.ledger.support import assert_invariants, make_engine, transaction
from tests.api.people import Place

NOW = datetime.now(UTC).replace(microsecond=0)


def ago(**span: float) -> datetime:
    """A moment before these tests began."""
    return NOW - timedelta(**span)


@dataclass
class Pantry:
    """A location with two areas and what is kept there; calls go through the routes."""

    place: Place
    url: str
    engine: Engine
    counter: TestClient
    desk: TestClient
    areas: dict[str, UUID] = field(default_factory=dict)
    products: dict[str, UUID] = field(default_factory=dict)
    items: dict[str, UUID] = field(default_factory=dict)

    def area(self, name: str) -> UUID:
        self.areas[name] = self._insert(
            "insert into storage_areas (location_id, name, position) values (%s, %s, %s) returning id",
            [self.place.id, name, len(self.areas)],
        )
        return self.areas[name]

    def keep(self, name: str, unit: str = "g", *, area: str | None = None, cases: int | None = None) -> UUID:
        """A product and its inventory item; with `cases` one case is so many stock units."""
        product = self._insert(
            "insert into products (sku, name, stock_unit) values (%s, %s, %s) returning id", [str(uuid7()), name, unit]
        )
        if cases is not None:
            with psycopg.connect(self.url, autocommit=True) as sql:
                sql.execute(
                    "insert into product_units (product_id, unit, numerator) values (%s, 'case', %s)", [product, cases]
                )
        self.products[name] = product
        self.items[name] = self._insert(
            "insert into inventory_items (product_id, location_id, area_id, currency) values (%s, %s, %s, 'USD')"
            " returning id",
            [product, self.place.id, None if area is None else self.areas[area]],
        )
        return self.items[name]

    def _insert(self, statement: str, values: list[Any]) -> UUID:
        with psycopg.connect(self.url, autocommit=True) as sql:
            (made,) = sql.execute(statement, values).fetchone()
        return made

    def post(self, kind: str, name: str, quantity: str, at: datetime, *, value: str | None = None) -> UUID:
        """A movement of the ledger: receipts come in, everything else goes out."""
        end = "to_item_id" if kind in {"receipt", "opening"} else "from_item_id"
        with psycopg.connect(self.url) as sql:
            (unit,) = sql.execute("select stock_unit from products where id = %s", [self.products[name]]).fetchone()
        movement = NewMovement(
            id=uuid7(),
            kind=kind,
            product_id=self.products[name],
            quantity=Decimal(quantity),
            unit=unit,
            occurred_at=at,
            source="manual",
            value=None if value is None else Decimal(value),
            **{end: self.items[name]},
        )
        with transaction(self.engine) as session:
            post_movements(session, [movement])
        return movement.id

    def on_hand(self, name: str) -> Decimal:
        with psycopg.connect(self.url) as sql:
            (found,) = sql.execute("select on_hand from inventory_items where id = %s", [self.items[name]]).fetchone()
        return found.normalize()

    def start(self, **more: Any) -> str:
        """A sheet, open unless `is_blind` says otherwise, and its id."""
        body = {"id": str(uuid7()), "location_id": str(self.place.id), "is_blind": False} | more
        reply = self.counter.post("/api/counts", json=body)
        assert reply.status_code == 201, reply.text
        return reply.json()["id"]

    def line(
        self, name: str, *entries: tuple[str, str | None] | str, at: datetime = NOW, **more: Any
    ) -> dict[str, Any]:
        """A line to send: entries are quantities, or (quantity, unit)."""
        pairs = [(entry, None) if isinstance(entry, str) else entry for entry in entries]
        return {
            "id": str(uuid7()),
            "item_id": str(self.items[name]),
            "entries": [{"quantity": quantity, "unit": unit} for quantity, unit in pairs],
            "counted_at": at.isoformat(),
        } | more

    def send(self, count: str, *lines: dict[str, Any], by: TestClient | None = None) -> list[dict[str, Any]]:
        reply = (by or self.counter).post(f"/api/counts/{count}/lines", json={"lines": list(lines)})
        assert reply.status_code == 200, reply.text
        return reply.json()["lines"]

    def read(self, count: str, by: TestClient | None = None) -> dict[str, Any]:
        reply = (by or self.desk).get(f"/api/counts/{count}")
        assert reply.status_code == 200, reply.text
        return reply.json()

    def row(self, count: str, name: str, by: TestClient | None = None) -> dict[str, Any]:
        """One item of a sheet."""
        (row,) = [item for item in self.read(count, by)["items"] if item["item_id"] == str(self.items[name])]
        return row

    def submit(self, count: str) -> dict[str, Any]:
        reply = self.counter.post(f"/api/counts/{count}/submit")
        assert reply.status_code == 200, reply.text
        return reply.json()

    def approve(self, count: str) -> dict[str, Any]:
        """Submit, approve, and give the posted sheet."""
        version = self.submit(count)["version"]
        reply = self.desk.post(f"/api/counts/{count}/approve", headers={"If-Match": f'"{version}"'})
        assert reply.status_code == 200, reply.text
        return reply.json()

    def corrections(self, name: str) -> list[tuple[str, Decimal]]:
        """What counts wrote into the ledger for an item: the direction and the quantity, oldest first."""
        with psycopg.connect(self.url) as sql:
            rows = sql.execute(
                "select case when to_item_id is null then 'lost' else 'found' end, quantity from stock_movements"
                " where kind = 'count_correction' and %(item)s in (from_item_id, to_item_id) order by id",
                {"item": self.items[name]},
            ).fetchall()
        return [(way, quantity.normalize()) for way, quantity in rows]


@pytest.fixture(scope="session")
def engine(database) -> Iterator[Engine]:
    engine = make_engine(database.app_url, 4)
    yield engine
    engine.dispose()


@pytest.fixture
def pantry(place: Place, operator: TestClient, manager: TestClient, database, engine: Engine) -> Iterator[Pantry]:
    """Ten kilograms of rice worth 20.00 and 36 lemons worth 18.00, on a dry and a cold shelf."""
    pantry = Pantry(place, database.owner_url, engine, operator, manager)
    pantry.area("Dry store")
    pantry.area("Cold room")
    pantry.keep("Rice", area="Dry store")
    pantry.keep("Lemons", "each", area="Cold room", cases=12)
    pantry.post("receipt", "Rice", "10000", ago(days=2), value="20")
    pantry.post("receipt", "Lemons", "36", ago(days=2), value="18")
    yield pantry
    assert_invariants(database.owner_url, tuple(pantry.items.values()))


@pytest.fixture
def colleague(people, place: Place) -> TestClient:
    """A second person who counts, on a device of their own."""
    return people.bearer(people.create("operator", place.id))
