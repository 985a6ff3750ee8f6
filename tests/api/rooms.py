"""The routes of some rooms in a test's own transaction, asked by whoever a test says is asking."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

import api.schema  # noqa: F401
from api.catalog.endpoints import router as catalog_router
from api.core import problems
from api.core.access import Principal
from api.core.database import get_session
from api.domain.ids import uuid7
from api.menu.costing.endpoints import router as costing_router
from api.menu.endpoints import router as menu_router
from api.menu.production.endpoints import router as production_router
from api.suppliers.endpoints import router as suppliers_router

EVERY_SCOPE = (
    "catalog.read",
    "catalog.edit",
    "menu.read",
    "menu.edit",
    "suppliers.read",
    "suppliers.edit",
    "inventory.read",
    "inventory.deplete",
    "inventory.adjust",
    "production.read",
    "production.post",
)


def principal(*scopes: str, at: frozenset[UUID] | None = None, person: UUID | None = None) -> Principal:
    """A person with these scopes at these locations (everywhere by default)."""
    return Principal(person or uuid7(), "user", grants=dict.fromkeys(scopes or EVERY_SCOPE, at))


@dataclass(frozen=True)
class KnownPerson:
    """Stands where identity's authenticator stands."""

    principal: Principal

    def __call__(self, request: Request) -> Principal:
        return self.principal

    def remembered(self, request: Request) -> Principal:
        return self.principal


@dataclass
class Restaurant:
    """What a test has set up, and short ways to set up more; every call goes through the routes."""

    client: TestClient
    ask: Callable[[Principal], TestClient]
    session: Session
    made: dict[str, dict[str, Any]] = field(default_factory=dict)

    def product(self, sku: str, stock_unit: str = "g", **more: Any) -> dict[str, Any]:
        body = {"id": str(uuid7()), "sku": f"{sku}-{uuid7()}"[:60], "name": sku.title(), "stock_unit": stock_unit}
        return created(self.client.post("/api/products", json=body | more))

    def location(self, **more: Any) -> dict[str, Any]:
        body = {"id": str(uuid7()), "code": str(uuid7())[-12:], "name": "Riverside", "time_zone": "America/New_York"}
        return created(self.client.post("/api/locations", json=body | {"currency": "USD"} | more))

    def supplier(self, **more: Any) -> dict[str, Any]:
        body = {"id": str(uuid7()), "code": str(uuid7())[-12:], "name": "Alder Dairy", "currency": "USD"}
        return created(self.client.post("/api/suppliers", json=body | more))

    def sold_by(self, supplier: Mapping[str, Any], product: Mapping[str, Any], **more: Any) -> dict[str, Any]:
        body = {
            "id": str(uuid7()),
            "supplier_id": supplier["id"],
            "product_id": product["id"],
            "supplier_sku": str(uuid7()),
            "pack_name": "bag 5 kg",
            "pack_quantity": "5",
            "pack_unit": "kg",
            "price": "20",
        }
        return created(self.client.post("/api/supplier-products", json=body | more))

    def dish(self, code: str = "margherita_M", **more: Any) -> dict[str, Any]:
        body = {"id": str(uuid7()), "code": f"{code}-{uuid7()}", "name": code.title(), "price": "12.5"}
        return created(self.client.post("/api/menu-items", json=body | more))

    def recipe(self, lines: list[tuple[dict[str, Any], str, str]], **more: Any) -> dict[str, Any]:
        return created(self.client.post("/api/recipes", json=recipe_body(lines, **more)))


def recipe_body(lines: list[tuple[dict[str, Any], str, str]], **more: Any) -> dict[str, Any]:
    """A recipe from 2026 on with lines of (product, quantity, unit)."""
    return {
        "id": str(uuid7()),
        "effective_from": "2026-01-01",
        "lines": [
            {"product_id": product["id"], "quantity": quantity, "unit": unit} for product, quantity, unit in lines
        ],
        **more,
    }


def created(response: Any) -> dict[str, Any]:
    """The body of a 201."""
    assert response.status_code == 201, response.text
    return response.json()


def fields(response: Any) -> dict[str, str]:
    """The fields that a 422 names, with their codes."""
    assert response.status_code == 422, response.text
    return {problem["field"]: problem["code"] for problem in response.json()["errors"]}


def version(row: Mapping[str, Any]) -> dict[str, str]:
    """The headers of an edit of this row."""
    return {"If-Match": f'"{row["version"]}"'}


@pytest.fixture
def session(database) -> Iterator[Session]:
    engine = create_engine(database.app_url.replace("postgresql://", "postgresql+psycopg://", 1))
    with Session(engine, expire_on_commit=False) as session:
        yield session
        session.rollback()
    engine.dispose()


@pytest.fixture
def restaurant(session: Session) -> Restaurant:
    """The routes of catalog, suppliers and menu, asked by somebody who may do everything."""

    def per_request() -> Iterator[Session]:
        with session.begin_nested():  # a request that fails leaves nothing behind, as in its own transaction
            yield session

    def ask(person: Principal) -> TestClient:
        app = FastAPI()
        problems.install(app)
        for router in (catalog_router, suppliers_router, menu_router, costing_router, production_router):
            app.include_router(router)
        app.state.authenticate = KnownPerson(person)
        app.dependency_overrides[get_session] = per_request
        return TestClient(app)

    return Restaurant(ask(principal()), ask, session)
