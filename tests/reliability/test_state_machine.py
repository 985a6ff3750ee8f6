"""Any history of scans, transfers, counts, reversals and retries over HTTP agrees with a plain Decimal model after every step
(row 1 of the safety list)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from api.domain.ids import reversal_id
from tests.reliability.invariants import assert_balanced, assert_exactly_once, assert_trail
from tests.reliability.model import Item, Model
from tests.reliability.sizes import size
from tests.reliability.stage import BARRED, MORNING, OPEN, Stage

GRAMS = st.integers(1, 3000)
HOURS = st.integers(0, 6).map(lambda hours: MORNING + timedelta(hours=hours))
PRODUCTS = st.integers(0, 1)
PLACES = st.sampled_from([OPEN, BARRED])
TRANSFER = {OPEN: BARRED, BARRED: OPEN}


class Histories(RuleBasedStateMachine):
    """One operator, two restaurants, two products; class attributes are set by the test."""

    sign_in: Callable[[], Any]
    connection: psycopg.Connection
    url: str

    @initialize()
    def open_up(self) -> None:
        self.client = self.sign_in()  # a token does not last for all the histories
        self.stage = Stage.build(self.url)
        self.model = Model(barred=self.stage.barred)
        self.sent: list[tuple[dict[str, Any], dict[str, Any]]] = []
        self.settled: set[str] = set()  # counts that found nothing wrong leave no movement

    # ------------------------------------------------------------------ what people do

    @rule(product=PRODUCTS, place=PLACES, grams=GRAMS, at=HOURS)
    def receive(self, product: int, place: str, grams: int, at: datetime) -> None:
        self._move("receive", product, place, grams, at)

    @rule(product=PRODUCTS, place=PLACES, grams=GRAMS, at=HOURS, action=st.sampled_from(["issue", "waste"]))
    def take(self, product: int, place: str, grams: int, at: datetime, action: str) -> None:
        self._move(action, product, place, grams, at)

    @rule(product=PRODUCTS, place=PLACES, grams=GRAMS, at=HOURS)
    def transfer(self, product: int, place: str, grams: int, at: datetime) -> None:
        self._move("transfer", product, place, grams, at)

    @rule(product=PRODUCTS, place=PLACES, grams=st.integers(0, 3000), at=HOURS)
    def count(self, product: int, place: str, grams: int, at: datetime) -> None:
        scan, item = self._scan("count", product, place, grams, at)
        (answer,) = self._send(scan)
        self._expect_count(scan, answer, item, Decimal(grams), at)

    @rule(product=PRODUCTS, place=PLACES, at=HOURS)
    def count_what_is_there(self, product: int, place: str, at: datetime) -> None:
        """A count that finds nothing wrong, where what should be there can be counted at all."""
        item = (self.stage.codes[product], str(self.stage.places[place]))
        expected = self.model.on_hand(item, at)
        if expected >= 0:
            scan, _ = self._scan("count", product, place, expected, at)
            (answer,) = self._send(scan)
            self._expect_count(scan, answer, item, expected, at)

    @rule(
        lines=st.lists(
            st.tuples(st.sampled_from(["receive", "issue", "waste", "transfer"]), PRODUCTS, PLACES, GRAMS, HOURS),
            min_size=2,
            max_size=6,
        )
    )
    def send_several(self, lines: list[tuple[str, int, str, int, datetime]]) -> None:
        """A batch: each scan is answered alone, and its neighbours go on."""
        scans = [self._scan(*line) for line in lines]
        for (action, *_, grams, at), (scan, item), answer in zip(
            lines, scans, self._send(*(scan for scan, _ in scans)), strict=True
        ):
            self._expect(scan, answer, self._deltas(action, item, grams), at)

    @precondition(lambda self: self.model.facts)
    @rule(data=st.data())
    def undo(self, data: st.DataObject) -> None:
        fact_id = data.draw(st.sampled_from(list(self.model.facts)))  # ids of one millisecond have no order to repeat
        fact, undone = self.model.facts[fact_id], str(reversal_id(UUID(fact_id)))
        deltas = self.model.reversed(fact_id)
        reply = self.client.post(f"/api/stock-movements/{fact_id}/reverse", json={})
        if fact.is_reversal:
            assert (reply.status_code, reply.json()["code"]) == (409, "reversal_of_reversal")
        elif undone in self.model.facts:
            assert (reply.status_code, reply.json()["id"]) == (201, undone)
        elif self.model.would_accept(deltas):
            assert (reply.status_code, reply.json()["id"]) == (201, undone), reply.text
            self.model.post(undone, deltas, fact.at, is_reversal=True)
        else:
            assert (reply.status_code, reply.json()["code"]) == (409, "insufficient_stock")

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def retry(self, data: st.DataObject) -> None:
        """The same scan again moves nothing and gets the first answer, with the balance of now."""
        scan, first = data.draw(st.sampled_from(self.sent))
        (answer,) = self._send(scan)
        assert answer["status"] == "duplicate", answer
        for name in ("id", "movement_id", "product", "quantity", "unit", "error"):
            assert answer[name] == first[name], name

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def use_an_id_again(self, data: st.DataObject) -> None:
        """Another fact under a used id is refused, and shows nothing of the first."""
        scan, _ = data.draw(st.sampled_from(self.sent))
        (answer,) = self._send({**scan, "quantity": str(Decimal(scan["quantity"]) + 1)})
        assert (answer["status"], answer["error"]["code"]) == ("rejected", "idempotency_conflict")
        assert (answer["movement_id"], answer["quantity"]) == (None, None)

    # ------------------------------------------------------------------ what must hold

    @invariant()
    def the_model_agrees(self) -> None:
        if not hasattr(self, "model"):
            return
        found = self.stage.balances(self.connection)
        assert found == {item: self.model.on_hand(item) for item in self.stage.items}
        assert_balanced(self.connection, self.stage.items.values())
        assert_exactly_once(self.connection, self.model.facts, item_ids=self.stage.items.values())

    # ------------------------------------------------------------------ helpers

    def _move(self, action: str, product: int, place: str, grams: int, at: datetime) -> None:
        scan, item = self._scan(action, product, place, grams, at)
        (answer,) = self._send(scan)
        self._expect(scan, answer, self._deltas(action, item, grams), at, alone=item)

    def _scan(
        self, action: str, product: int, place: str, grams: int | Decimal, at: datetime
    ) -> tuple[dict[str, Any], Item]:
        code, here = self.stage.codes[product], str(self.stage.places[place])
        more = {"to_location_id": str(self.stage.places[TRANSFER[place]])} if action == "transfer" else {}
        return self.stage.scan(code, here, action, str(grams), at, **more), (code, here)

    def _deltas(self, action: str, item: Item, grams: int) -> dict[Item, Decimal]:
        quantity = Decimal(grams)
        if action == "receive":
            return {item: quantity}
        if action != "transfer":
            return {item: -quantity}
        (there,) = {str(place) for place in self.stage.places.values()} - {item[1]}
        return {item: -quantity, (item[0], there): quantity}

    def _send(self, *scans: dict[str, Any]) -> list[dict[str, Any]]:
        reply = self.client.post("/api/scans", json={"scans": list(scans)})
        assert reply.status_code == 200, reply.text
        return reply.json()["results"]

    def _expect(
        self,
        scan: dict[str, Any],
        answer: dict[str, Any],
        deltas: dict[Item, Decimal],
        at: datetime,
        alone: Item | None = None,
    ) -> None:
        if not self.model.would_accept(deltas):
            assert (answer["status"], answer["error"]["code"]) == ("rejected", "insufficient_stock")
            return
        assert answer["status"] == "posted", answer
        self.model.post(scan["id"], deltas, at)
        self.sent.append((scan, answer))
        if alone is not None:
            assert Decimal(answer["on_hand"]) == self.model.on_hand(alone)

    def _expect_count(
        self, scan: dict[str, Any], answer: dict[str, Any], item: Item, counted: Decimal, at: datetime
    ) -> None:
        variance = self.model.variance(item, counted, at)
        if not self.model.would_accept({item: variance}):
            assert (answer["status"], answer["error"]["code"]) == ("rejected", "insufficient_stock")
            return
        assert (answer["status"], Decimal(answer["quantity"])) == ("posted", variance), answer
        self.sent.append((scan, answer))
        if variance:
            self.model.post(scan["id"], {item: variance}, at)
        else:
            assert answer["movement_id"] is None


@pytest.mark.reliability
class TestHistories:
    def test_any_history_agrees_with_the_model_after_every_step(self, people, database, connection):
        person = people.create_with_scopes("inventory.scan", "inventory.read")
        Histories.sign_in = staticmethod(lambda: people.bearer(people.sign_in(person.id)))
        Histories.connection, Histories.url = connection, database.app_url
        run_state_machine_as_test(
            Histories,
            settings=settings(
                max_examples=size(6, 500),
                stateful_step_count=size(20, 50),
                deadline=None,
                print_blob=True,
                suppress_health_check=list(HealthCheck),
            ),
        )
        assert_trail(database.app_url)
