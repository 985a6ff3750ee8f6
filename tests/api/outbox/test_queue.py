"""The same through a real SQS conversation, spoken with moto's server."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import boto3
import pytest
from moto.server import ThreadedMotoServer
from sqlalchemy import select

from api.core.database import transaction
from api.outbox.dead_letters import TRIES
from api.outbox.events import Event
from api.outbox.models import DeadLetter
from api.outbox.queue import Queue, decode, encode, open_queue, receive_once, send_once
from tests.api.outbox.test_relay import Recorder, happen, waiting


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def queue(server: str, monkeypatch: pytest.MonkeyPatch, committed) -> Queue:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    client = boto3.client("sqs", region_name="eu-west-1", endpoint_url=server)
    url = client.create_queue(QueueName=committed.name, Attributes={"VisibilityTimeout": "0"})["QueueUrl"]
    open_queue.cache_clear()
    return open_queue(url, "eu-west-1")


class TestQueue:
    def test_from_outbox_through_the_queue_to_the_consumer(self, queue: Queue):
        recorder = Recorder()
        numbers = [f"{n:02d}" for n in range(25)]
        happen(*numbers)
        assert send_once(queue) == 25
        assert waiting() == 0
        while receive_once(queue, [recorder.consumer]):
            pass
        assert recorder.effects() == numbers

    def test_a_message_that_comes_twice_has_one_effect(self, queue: Queue):
        recorder = Recorder()
        happen("a")
        with transaction() as session:
            from api.outbox.repository import claim

            event = claim(session, 1)[0][0]
        queue.send([event])
        queue.send([event])
        while receive_once(queue, [recorder.consumer]):
            pass
        assert recorder.effects() == ["a"]

    def test_poison_is_put_aside_and_its_neighbour_is_not(self, queue: Queue, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(Queue, "postpone", lambda *_: None)  # without waiting for the backoff
        recorder = Recorder(bad=["a"])
        happen("a", "b")
        send_once(queue)
        for _ in range(TRIES + 1):
            receive_once(queue, [recorder.consumer])
        assert recorder.effects() == ["b"]
        with transaction() as session:
            letter = session.scalars(select(DeadLetter)).one()
        assert (letter.consumer, letter.attempts) == ("recorder", TRIES)
        assert receive_once(queue, [recorder.consumer]) == 0

    def test_what_is_no_event_is_put_aside(self, queue: Queue):
        queue.client.send_message(QueueUrl=queue.url, MessageBody="hello")
        receive_once(queue, [Recorder().consumer])
        with transaction() as session:
            assert session.scalars(select(DeadLetter)).one().consumer == "queue"

    def test_a_queue_that_is_down_loses_nothing(self, committed, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        happen("a")
        from botocore.exceptions import EndpointConnectionError

        with pytest.raises(EndpointConnectionError):
            send_once(open_queue("http://127.0.0.1:9/queue/down", "eu-west-1"))
        assert waiting() == 1


class TestEncode:
    def test_there_and_back(self):
        event = Event(uuid4(), "thing.happened.v1", None, {"n": "ü"})
        assert decode(encode(event)) == event

    @pytest.mark.parametrize("body", ["", "[]", "{}", '{"id": "x"}', "null"])
    def test_other_bodies_are_not_events(self, body: str):
        assert decode(body) is None
