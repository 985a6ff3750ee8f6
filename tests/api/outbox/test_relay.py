"""Events from the outbox to consumers, on a database of each test's own."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from uuid import UUID

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from api.core.database import transaction
from api.outbox.consumers import Consumer
from api.outbox.dead_letters import TRIES, redrive
from api.outbox.events import Event
from api.outbox.models import DeadLetter, OutboxEvent
from api.outbox.publish import publish
from api.outbox.relay import relay_once

pytestmark = pytest.mark.usefixtures("committed")


class Recorder:
    """Keeps what it was given in the audit trail, so that its effect is a row that rolls back; fails on demand."""

    def __init__(self, name: str = "recorder", bad: Sequence[str] = ()) -> None:
        self.bad = set(bad)
        self.consumer = Consumer(name, frozenset({"thing.happened.v1"}), self.handle)

    def handle(self, session: Session, events: Sequence[Event]) -> None:
        for event in events:
            session.execute(
                text("insert into audit_intents (action, subject_type, details) values (:name, 'test', '{}')"),
                {"name": f"{self.consumer.name}:{event.payload['n']}"},
            )
            if event.payload["n"] in self.bad:
                raise ValueError(event.payload["n"])

    def effects(self) -> list[str]:
        with transaction() as session:
            rows = session.scalars(text("select action from audit_intents order by id"))
            return sorted(row.split(":")[1] for row in rows if row.startswith(f"{self.consumer.name}:"))


def happen(*numbers: str) -> None:
    with transaction() as session:
        for number in numbers:
            publish(session, "thing.happened.v1", subject_id=None, payload={"n": number})


def make_due() -> None:
    with transaction() as session:
        session.execute(update(OutboxEvent).values(available_at=text("now() - interval '1 second'")))


def waiting() -> int:
    with transaction() as session:
        return session.scalar(text("select count(*) from outbox_events where published_at is null")) or 0


class TestRelay:
    def test_each_consumer_has_each_event_once(self):
        one, two = Recorder("one"), Recorder("two")
        happen("a", "b")
        assert relay_once([one.consumer, two.consumer]) == 2
        assert relay_once([one.consumer, two.consumer]) == 0
        assert (one.effects(), two.effects()) == (["a", "b"], ["a", "b"])

    def test_an_event_that_nobody_listens_to_is_done(self):
        with transaction() as session:
            publish(session, "nothing.heard.v1", subject_id=None, payload={})
        assert relay_once([Recorder().consumer]) == 1
        assert waiting() == 0

    def test_a_second_delivery_has_no_second_effect(self):
        recorder = Recorder()
        happen("a")
        relay_once([recorder.consumer])
        with transaction() as session:
            session.execute(update(OutboxEvent).values(published_at=None))
        assert relay_once([recorder.consumer]) == 1
        assert recorder.effects() == ["a"]

    def test_two_relays_share_the_work(self):
        recorder = Recorder()
        happen(*(f"{n:03d}" for n in range(200)))
        gate = threading.Barrier(2)

        def work() -> None:
            gate.wait()
            while relay_once([recorder.consumer], limit=20):
                pass

        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert recorder.effects() == [f"{n:03d}" for n in range(200)]

    def test_an_event_of_a_transaction_that_rolled_back_never_was(self):
        recorder = Recorder()

        def fail() -> None:
            with transaction() as session:
                publish(session, "thing.happened.v1", subject_id=None, payload={"n": "a"})
                session.flush()
                raise RuntimeError

        with pytest.raises(RuntimeError):
            fail()
        assert relay_once([recorder.consumer]) == 0


class TestPoison:
    def test_neighbours_of_a_bad_event_go_through(self):
        recorder = Recorder(bad=["c"])
        happen(*"abcdefg")
        relay_once([recorder.consumer])
        assert recorder.effects() == ["a", "b", "d", "e", "f", "g"]
        assert waiting() == 1

    def test_it_waits_between_tries(self):
        recorder = Recorder(bad=["a"])
        happen("a")
        assert relay_once([recorder.consumer]) == 1
        assert relay_once([recorder.consumer]) == 0
        with transaction() as session:
            event = session.scalars(select(OutboxEvent)).one()
        assert event.attempts == 1
        assert "recorder: ValueError" in (event.last_error or "")

    def test_after_five_tries_it_is_put_aside_for_that_consumer_alone(self):
        bad, good = Recorder("bad", bad=["a"]), Recorder("good")
        happen("a")
        for _ in range(TRIES):
            make_due()
            relay_once([bad.consumer, good.consumer])
        with transaction() as session:
            letter = session.scalars(select(DeadLetter)).one()
        assert (letter.consumer, letter.attempts) == ("bad", TRIES)
        assert good.effects() == ["a"]
        assert waiting() == 0

    def test_redrive_loses_and_doubles_none(self):
        numbers = [f"{n:03d}" for n in range(100)]
        bad, good = Recorder("bad", bad=["007", "042"]), Recorder("good")
        happen(*numbers)
        for _ in range(TRIES):
            make_due()
            relay_once([bad.consumer, good.consumer])
        bad.bad.clear()
        with transaction() as session:
            assert redrive(session) == 2
        relay_once([bad.consumer, good.consumer])
        assert (bad.effects(), good.effects()) == (numbers, numbers)
        with transaction() as session:
            assert redrive(session) == 0

    def test_a_dead_letter_outlives_its_event(self):
        recorder = Recorder(bad=["a"])
        happen("a")
        for _ in range(TRIES):
            make_due()
            relay_once([recorder.consumer])
        with transaction() as session:
            session.execute(text("delete from outbox_events"))
            letter = session.scalars(select(DeadLetter)).one()
            recorder.bad.clear()
            assert redrive(session, [UUID(int=0)]) == 0
            assert redrive(session, [letter.id]) == 1
        relay_once([recorder.consumer])
        assert recorder.effects() == ["a"]
