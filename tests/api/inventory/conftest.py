"""The shelf of the scan tests, and stock that was paid for: a product of a test's own at a place, with its cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from api.catalog.models import Product, ProductUnit
from api.core.database import transaction
from api.domain.ids import uuid7
from api.domain.movements import NewMovement
from api.ledger.items import ensure_items
from api.ledger.posting import post_movements
from tests.api.people import Place
from tests.api.scans.conftest import Shelf, barred, shelf

__all__ = ["barred", "shelf"]


@dataclass(frozen=True)
class Stock:
    """A product counted in grams (one bag is 5 kg), and its item at a place."""

    product_id: UUID
    item_id: UUID
    name: str


Stocked = Callable[..., Stock]


@pytest.fixture
def rice(shelf: Shelf) -> Callable[[], dict[str, Any]]:
    """The inventory item of the rice as it is now."""

    def read() -> dict[str, Any]:
        listed = shelf.client.get("/api/inventory", params={"location_id": str(shelf.place.id)})
        (item,) = listed.json()["items"]
        return item

    return read


@pytest.fixture
def desk(manager: TestClient, shelf: Shelf) -> TestClient:
    return manager


@pytest.fixture
def stocked(app) -> Stocked:
    """Makes stock at a place: so many grams that have cost so much altogether, received an hour ago."""

    def make(place: Place, quantity: str = "10000", value: str = "20", product_id: UUID | None = None) -> Stock:
        with transaction() as session:
            if product_id is None:
                product = Product(sku=str(uuid7()), name="Mozzarella", stock_unit="g")
                product.units = [ProductUnit(unit="bag", numerator=5000, denominator=1)]
                session.add(product)
                session.flush()
                product_id = product.id
            key = (product_id, place.id, None)
            item_id = ensure_items(session, [key])[key]
            if Decimal(quantity) > 0:
                receipt = NewMovement(
                    id=uuid7(),
                    kind="receipt",
                    product_id=product_id,
                    quantity=Decimal(quantity),
                    unit="g",
                    to_item_id=item_id,
                    value=Decimal(value),
                    occurred_at=datetime.now(UTC) - timedelta(hours=1),
                    source="test",
                )
                post_movements(session, [receipt])
        return Stock(product_id, item_id, "Mozzarella")

    return make


@pytest.fixture
def balance(sql) -> Callable[[UUID], tuple[Decimal, Decimal]]:
    """(on hand, average cost) of an item."""

    def read(item_id: UUID) -> tuple[Decimal, Decimal]:
        row = sql.execute("select on_hand, avg_cost from inventory_items where id = %s", [item_id]).fetchone()
        assert row is not None
        return row

    return read
