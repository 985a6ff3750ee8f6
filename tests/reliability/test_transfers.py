"""Opposing transfers by many people at once (row 7 of the safety list, through the service; short)."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text

from api.catalog.models import Location, Product
from api.core.access import Principal
from api.core.types import plain
from api.domain.ids import uuid7
from api.domain.movements import NewMovement
from api.inventory.transfers import receiving, service, shipping
from api.inventory.transfers.errors import OverReceipt
from api.inventory.transfers.schemas import LineIn, Receipt, ReceiptLine, Shipment, TransferIn
from api.ledger.items import ensure_items
from api.ledger.posting import post_movements
from tests.api.ledger.support import assert_invariants, transaction

pytestmark = pytest.mark.reliability

SECONDS = float(os.environ.get("STOCKPOT_SOAK_MINUTES", "0")) * 60 or 6.0
SENDERS = 16
PRODUCTS = 3
SCOPES = ("inventory.read", "inventory.scan", "inventory.adjust", "catalog.read")
ANYBODY = Principal(UUID("019ab000-0000-7000-8000-0000000000aa"), "user", grants=dict.fromkeys(SCOPES))


@pytest.fixture
def restaurants(engine) -> tuple[list[UUID], list[UUID]]:
    """Three locations that each hold 1,000 g of three products, worth 2 a gram; in-transit areas are not there yet."""
    with transaction(engine) as session:
        places = [
            Location(code=uuid7().hex[-12:], name="House", time_zone="UTC", currency="USD", allows_negative=False)
            for _ in range(3)
        ]
        products = [Product(sku=uuid7().hex, name=f"Product {n}", stock_unit="g") for n in range(PRODUCTS)]
        session.add_all([*places, *products])
        session.flush()
        items = ensure_items(session, [(product.id, place.id, None) for product in products for place in places])
        openings = [
            NewMovement(
                id=uuid7(),
                kind="opening",
                product_id=product_id,
                quantity=Decimal(1000),
                unit="g",
                to_item_id=item_id,
                value=Decimal(2000),
                occurred_at=datetime.now(UTC),
                source="test",
            )
            for (product_id, _, _), item_id in items.items()
        ]
        post_movements(session, openings)
        return [place.id for place in places], [product.id for product in products]


def totals(database, products: list[UUID]) -> list[tuple[Decimal, Decimal]]:
    """Per product all that there is and what it is worth, wherever it stands."""
    with psycopg.connect(database.owner_url) as connection:
        return connection.execute(
            "select sum(on_hand), sum(round(on_hand * avg_cost, 6)) from inventory_items where product_id = any (%s)"
            " group by product_id",
            [products],
        ).fetchall()


class TestOpposingTransfers:
    def test_nothing_is_lost_made_or_deadlocked(self, engine, database, restaurants):
        """Each round two of three houses send each other the same products in opposite order; both put away twice."""
        places, products = restaurants
        until = time.monotonic() + SECONDS

        def send(seed: int) -> Counter[str]:
            chance, done = random.Random(seed), Counter[str]()
            while time.monotonic() < until:
                sender, receiver = chance.sample(places, 2)
                wanted = chance.sample(products, PRODUCTS)
                transfer = one_transfer(engine, sender, receiver, {product: chance.randint(1, 3) for product in wanted})
                done[receive_in_parts(engine, transfer, chance)] += 1
            return done

        with ThreadPoolExecutor(SENDERS) as pool:
            done = sum(pool.map(send, range(SENDERS)), Counter[str]())
        assert done.total() > SENDERS
        assert set(done) <= {"received"}, "a step failed"
        assert totals(database, products) == [(Decimal(3000), Decimal(6000))] * PRODUCTS
        with psycopg.connect(database.owner_url) as connection:
            items = connection.execute(
                "select array_agg(id), count(*) filter (where on_hand <> 0 and area_id is not null)"
                " from inventory_items where product_id = any (%s)",
                [products],
            ).fetchone()
        assert items is not None
        assert items[1] == 0, "something is still on the road"
        assert_invariants(database.owner_url, tuple(items[0]))


class TestOneDelivery:
    def test_a_line_received_twice_at_once_is_received_once(self, engine, database, restaurants):
        """Two people put away all of one shipment at the same moment, 20 times: one of them is told it is over."""
        places, products = restaurants
        for _ in range(20):
            transfer = one_transfer(engine, places[0], places[1], {products[0]: 5})

            def put_away(_: int, transfer=transfer) -> str:
                line = ReceiptLine(line_id=transfer.lines[0].id, receipt_id=uuid7(), quantity="5")
                try:
                    with transaction(engine) as session:
                        return receiving.receive(session, ANYBODY, transfer.id, Receipt(lines=[line])).status
                except OverReceipt as error:
                    return error.code

            with ThreadPoolExecutor(2) as pool:
                assert sorted(pool.map(put_away, range(2))) == ["over_receipt", "received"]
        assert totals(database, products[:1]) == [(Decimal(3000), Decimal(6000))]


def one_transfer(engine, sender: UUID, receiver: UUID, quantities: dict[UUID, int]):
    """A shipped transfer."""
    lines = [LineIn(product_id=product, quantity=str(quantity)) for product, quantity in quantities.items()]
    asked = TransferIn(id=uuid7(), from_location_id=sender, to_location_id=receiver, lines=lines)
    with transaction(engine) as session:
        service.create(session, ANYBODY, asked)
    with transaction(engine) as session:
        session.execute(text("set local lock_timeout = '10s'"))
        return shipping.ship(session, ANYBODY, asked.id, Shipment())


def receive_in_parts(engine, transfer, chance: random.Random) -> str:
    """Half a gram of each line first, in any order, sent twice; then all the rest; the status it ends in."""
    lines = [
        ReceiptLine(line_id=line.id, receipt_id=uuid7(), quantity=plain(Decimal("0.5"))) for line in transfer.lines
    ]
    chance.shuffle(lines)
    for asked in (Receipt(lines=lines), Receipt(lines=lines), Receipt()):
        with transaction(engine) as session:
            session.execute(text("set local lock_timeout = '10s'"))
            received = receiving.receive(session, ANYBODY, transfer.id, asked)
    return received.status
