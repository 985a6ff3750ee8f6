"""Two people at once, on connections of their own."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import text

from api.catalog.models import Location, Product
from api.config import Settings
from api.core.access import Principal
from api.core.database import forget_engine, transaction
from api.core.errors import ApiError
from api.domain.ids import uuid7
from api.domain.movements import NewMovement
from api.ledger.items import ensure_items
from api.ledger.posting import post_movements
from api.menu import service
from api.menu.errors import RecipeCycle
from api.menu.production import service as production
from api.menu.production.endpoints import create_batch
from api.menu.production.schemas import NewProductionBatch
from api.menu.schemas import NewRecipe, NewRecipeLine
from tests.api.rooms import principal

SINCE = date(2026, 1, 1)


def recipe_of(makes: UUID, takes: UUID, *, is_stocked: bool = False) -> NewRecipe:
    line = NewRecipeLine(product_id=takes, quantity=Decimal(1), unit="g")
    return NewRecipe(product_id=makes, yield_unit="g", effective_from=SINCE, is_stocked=is_stocked, lines=[line])


@dataclass
class Kitchen:
    """Flour with a cost at a location, and dough that is made of it one to one and kept in stock."""

    location_id: UUID
    flour: UUID
    dough: UUID
    recipe_id: UUID
    cook: Principal = field(default_factory=principal)

    def receive(self, quantity: int, value: str) -> None:
        with transaction() as session:
            (item,) = ensure_items(session, [(self.flour, self.location_id, None)]).values()
            receipt = NewMovement(
                id=uuid7(),
                kind="receipt",
                product_id=self.flour,
                to_item_id=item,
                quantity=Decimal(quantity),
                unit="g",
                value=Decimal(value),
                occurred_at=datetime.now(UTC),
                source="manual",
            )
            post_movements(session, [receipt])

    def produce(self, batch_id: UUID) -> str:
        body = NewProductionBatch(
            id=batch_id, recipe_id=self.recipe_id, location_id=self.location_id, batches=Decimal(7)
        )
        try:
            with transaction() as session:
                create_batch(session, self.cook, body)
        except ApiError as error:
            return error.code
        return "made"

    def undo(self, batch_id: UUID) -> None:
        with transaction() as session:
            production.undo(session, self.cook, batch_id, production.BatchReversal())

    def rows(self) -> list[tuple[str, Decimal, Decimal]]:
        query = "select kind, quantity, value from stock_movements where product_id in (:flour, :dough)"
        with transaction() as session:
            return [tuple(row) for row in session.execute(text(query), {"flour": self.flour, "dough": self.dough})]


@pytest.fixture
def database_in_use(settings: Settings):
    forget_engine()
    yield
    forget_engine()


def two_products() -> tuple[UUID, UUID]:
    with transaction() as session:
        products = [Product(sku=str(uuid7()), name=name, stock_unit="g") for name in ("Dough", "Starter")]
        session.add_all(products)
        session.flush()
        return products[0].id, products[1].id


@pytest.fixture
def kitchen(database_in_use) -> Kitchen:
    dough, flour = two_products()
    with transaction() as session:
        location = Location(code=str(uuid7())[-12:], name="Here", time_zone="UTC", currency="USD")
        session.add(location)
        session.flush()
        recipe = service.create_recipe(session, actor_id=uuid7(), body=recipe_of(dough, flour, is_stocked=True))
        found = Kitchen(location.id, flour, dough, recipe.id)
    found.receive(1000, "1")
    return found


class TestTwoHalvesOfACycle:
    @pytest.mark.parametrize("trial", range(5))
    def test_one_is_written_and_the_other_refused_with_the_path(self, database_in_use, trial):
        """Dough of starter and starter of dough, written at the same moment by two people."""
        dough, starter = two_products()
        together = threading.Barrier(2)

        def write(makes: UUID, takes: UUID) -> list[str] | None:
            together.wait()
            try:
                with transaction() as session:
                    service.create_recipe(session, actor_id=uuid7(), body=recipe_of(makes, takes))
            except RecipeCycle as refusal:
                return refusal.extra["path"]
            return None

        with ThreadPoolExecutor(2) as people:
            answers = list(people.map(write, (dough, starter), (starter, dough)))
        refusals = [answer for answer in answers if answer is not None]
        assert [len(path) for path in refusals] == [3]
        assert refusals[0][0] == refusals[0][-1]

    def test_the_second_waits_for_the_first_and_then_sees_it(self, database_in_use):
        dough, starter = two_products()
        with ThreadPoolExecutor(1) as other, transaction() as session:
            service.create_recipe(session, actor_id=uuid7(), body=recipe_of(dough, starter))

            def write() -> str:
                with transaction() as second:
                    try:
                        service.create_recipe(second, actor_id=uuid7(), body=recipe_of(starter, dough))
                    except RecipeCycle as refusal:
                        return refusal.code
                return "written"

            waiting = other.submit(write)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.3)
            session.commit()
            assert waiting.result(timeout=10) == "recipe_cycle"


class TestBatchesWhileGoodsArrive:
    def test_what_comes_out_is_worth_exactly_what_went_in(self, kitchen):
        """Receipts at changing prices move the average between any two batches, never inside one."""
        ids = [uuid7() for _ in range(12)]
        with ThreadPoolExecutor(6) as people:
            receipts = [people.submit(kitchen.receive, 10 + n, f"0.0{n + 1}7") for n in range(9)]
            made = list(people.map(kitchen.produce, ids))
            for receipt in receipts:
                receipt.result()
        assert made == ["made"] * 12
        values = Counter()
        for kind, _, value in kitchen.rows():
            values[kind] += value
        assert values["production"] == values["consumption"] > 0

    def test_one_id_sent_by_many_is_one_batch(self, kitchen):
        batch_id = uuid7()
        with ThreadPoolExecutor(6) as people:
            answers = Counter(people.map(kitchen.produce, [batch_id] * 6))
        assert answers == {"made": 6}
        assert Counter(kind for kind, _, _ in kitchen.rows()) == {"receipt": 1, "consumption": 1, "production": 1}

    def test_a_batch_undone_by_many_is_undone_once(self, kitchen):
        batch_id = uuid7()
        assert kitchen.produce(batch_id) == "made"
        with ThreadPoolExecutor(4) as people:
            list(people.map(kitchen.undo, [batch_id] * 4))
        assert Counter(kind for kind, _, _ in kitchen.rows()) == {"receipt": 1, "consumption": 2, "production": 2}
