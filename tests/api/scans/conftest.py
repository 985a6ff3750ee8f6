"""A place with stock to scan: one kilogram of rice to a pack, ten packs on hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg
import pytest
from fastapi.testclient import TestClient

from api.domain.ids import uuid7
from tests.api.ledger.support import assert_invariants
from tests.api.people import Place

RICE = "5000119309235"


@dataclass
class Shelf:
    """The products of a test and the scans it sends."""

    client: TestClient
    place: Place
    url: str
    products: dict[str, UUID] = field(default_factory=dict)

    def add(
        self, name: str, code: str, *, pack: str = "1", unit: str = "kg", stock_unit: str = "g", **more: Any
    ) -> UUID:
        with psycopg.connect(self.url, autocommit=True) as sql:
            (product,) = sql.execute(
                "insert into products (sku, name, stock_unit, tracks_lots, is_active) values (%s, %s, %s, %s, %s) returning id",
                [str(uuid7()), name, stock_unit, more.get("tracks_lots", False), more.get("is_active", True)],
            ).fetchone()
            sql.execute("delete from barcodes where code = %s", [code])
            sql.execute(
                "insert into barcodes (code, symbology, product_id, pack_quantity, pack_unit) values (%s, 'ean13', %s, %s, %s)",
                [code, product, pack, unit],
            )
        self.products[name] = product
        return product

    def scan(self, code: str = RICE, action: str = "issue", **more: Any) -> dict[str, Any]:
        defaults = {"id": str(uuid7()), "code": code, "action": action, "location_id": str(self.place.id)}
        return {**defaults, "occurred_at": "2026-11-20T12:00:00Z", **more}

    def send(self, *scans: dict[str, Any]) -> list[dict[str, Any]]:
        reply = self.client.post("/api/scans", json={"scans": list(scans)})
        assert reply.status_code == 200, reply.text
        return reply.json()["results"]

    def one(self, *arguments: Any, **more: Any) -> dict[str, Any]:
        return self.send(self.scan(*arguments, **more))[0]

    def kept(self, scan_id: str) -> tuple[Any, ...] | None:
        with psycopg.connect(self.url) as sql:
            return sql.execute("select status, error_code, quantity from scans where id = %s", [scan_id]).fetchone()


@pytest.fixture
def shelf(operator: TestClient, place: Place, database) -> Iterator[Shelf]:
    shelf = Shelf(operator, place, database.owner_url)
    shelf.add("Basmati rice", f"0{RICE}")
    shelf.one(action="receive", quantity="10")
    yield shelf
    assert_invariants(database.owner_url)


@pytest.fixture
def barred(database, place: Place) -> Callable[[], None]:
    """Bars negative stock at the place from now on."""

    def bar() -> None:
        with psycopg.connect(database.owner_url, autocommit=True) as sql:
            sql.execute("update locations set allows_negative = false where id = %s", [place.id])

    return bar
