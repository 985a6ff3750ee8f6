"""A fresh database behind `transaction()`, and the relay driven by hand, so that a test sees each step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Text, cast, select, update

import api.schema  # noqa: F401
from api.alerts.endpoints import router, rules_router
from api.alerts.models import Alert
from api.alerts.pipeline.endpoints import router as pipeline_router
from api.catalog.models import Location, Product
from api.config import Settings
from api.core import problems
from api.core.access import Principal
from api.core.database import forget_engine, transaction
from api.identity.models import User
from api.notifications.endpoints import router as notifications_router
from api.notifications.models import Notification
from api.outbox.models import OutboxEvent
from api.outbox.relay import relay_once
from api.purchasing.models import PurchaseOrder
from api.suppliers.models import Supplier
from api.worker import CONSUMERS
from tests.api.purchasing.conftest import KnownPerson
from tests.api.purchasing.kitchen import Kitchen
from tests.conftest import Database

T = TypeVar("T")


@pytest.fixture(scope="session")
def database(clone_database: Callable[[str], Database]) -> Database:
    """Alerts are mailed to every manager there is: these tests keep to managers of their own."""
    return clone_database("alerts")


@pytest.fixture
def committed(settings: Settings) -> Iterator[None]:
    """This worker's database behind `transaction()`; every scene has a place of its own in it."""
    forget_engine()
    yield
    forget_engine()


@dataclass
class World:
    """Transactions on the test's database."""

    def do(self, work: Callable[[Kitchen], T]) -> T:
        """Make rows in a transaction of their own, then let the worker's consumers have their events."""
        with transaction() as session:
            made = work(Kitchen(session))
        self.settle()
        return made

    def settle(self) -> None:
        while relay_once(CONSUMERS):
            pass


@pytest.fixture
def world(committed: None) -> World:
    return World()


@pytest.fixture
def as_person(committed: None) -> Callable[[Principal], TestClient]:
    def client(principal: Principal) -> TestClient:
        app = FastAPI()
        problems.install(app)
        for each in (router, rules_router, pipeline_router, notifications_router):
            app.include_router(each)
        app.state.authenticate = KnownPerson(principal)
        return TestClient(app)

    return client


@dataclass
class Scene:
    world: World
    location: Location
    product: Product
    supplier: Supplier
    manager: User

    def use(self, quantity: str) -> None:
        self.world.do(lambda kitchen: kitchen.move(self.product, self.location, f"-{quantity}"))

    def bring(self, quantity: str) -> None:
        self.world.do(lambda kitchen: kitchen.move(self.product, self.location, quantity))

    def alerts(self) -> list[Alert]:
        with transaction() as session:
            here = select(Alert).where(Alert.location_id == self.location.id)
            return list(session.scalars(here.order_by(Alert.opened_at)))

    def orders(self) -> list[PurchaseOrder]:
        with transaction() as session:
            here = select(PurchaseOrder).where(PurchaseOrder.location_id == self.location.id)
            return list(session.scalars(here.order_by(PurchaseOrder.ordered_at)))

    def mails(self) -> list[Notification]:
        with transaction() as session:
            here = Notification.group_key.endswith(str(self.location.id))
            return list(session.scalars(select(Notification).where(Notification.channel == "email", here)))

    def redeliver(self) -> None:
        """Let every event about this place come once more."""
        with transaction() as session:
            here = cast(OutboxEvent.payload, Text).contains(str(self.location.id))
            session.execute(update(OutboxEvent).where(here).values(published_at=None))
        self.world.settle()


@pytest.fixture
def scene(world: World) -> Scene:
    """12 kg of mozzarella at Riverside, to be ordered at 5 kg up to 20 kg, in cases of 2.5 kg."""

    def make(kitchen: Kitchen) -> Scene:
        location = kitchen.location(name="Riverside")
        product, supplier = kitchen.product("Mozzarella"), kitchen.supplier(name="Dairy & Sons")
        kitchen.pack(supplier, product)
        kitchen.stock(product, location, "12000", reorder_point="5000", par_level="20000")
        manager = kitchen.person("purchase_orders.approve", at=location)
        kitchen.person("purchase_orders.edit", at=location)
        kitchen.person("purchase_orders.approve", at=kitchen.location())
        return Scene(world, location, product, supplier, manager)

    return world.do(make)
