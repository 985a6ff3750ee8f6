"""The bus between machines: an SQS queue. The relay sends, and any number of workers receive."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid4

import structlog

from api.core.database import transaction
from api.outbox import repository
from api.outbox.consumers import Consumer, deliver
from api.outbox.dead_letters import TRIES, delay_after
from api.outbox.events import Event

PER_REQUEST = 10
"""What SQS takes and gives at once."""
WAIT_SECONDS = 1

log = structlog.get_logger(__name__)


class Queue:
    """One SQS queue; `client` is boto3's."""

    def __init__(self, url: str, client: Any) -> None:
        self.url = url
        self.client = client

    def send(self, events: Sequence[Event]) -> set[UUID]:
        """Send events; the ids that the queue took."""
        taken: set[UUID] = set()
        for start in range(0, len(events), PER_REQUEST):
            entries = [
                {"Id": str(event.id), "MessageBody": encode(event)} for event in events[start : start + PER_REQUEST]
            ]
            answer = self.client.send_message_batch(QueueUrl=self.url, Entries=entries)
            taken |= {UUID(entry["Id"]) for entry in answer.get("Successful", ())}
        return taken

    def receive(self) -> list[dict[str, Any]]:
        """Up to ten messages, waiting a second for the first."""
        answer = self.client.receive_message(
            QueueUrl=self.url,
            MaxNumberOfMessages=PER_REQUEST,
            WaitTimeSeconds=WAIT_SECONDS,
            MessageSystemAttributeNames=["ApproximateReceiveCount"],
        )
        return list(answer.get("Messages", ()))

    def delete(self, messages: Sequence[dict[str, Any]]) -> None:
        """Take handled messages off the queue."""
        entries = [{"Id": str(n), "ReceiptHandle": message["ReceiptHandle"]} for n, message in enumerate(messages)]
        if entries:
            self.client.delete_message_batch(QueueUrl=self.url, Entries=entries)

    def postpone(self, message: dict[str, Any], seconds: int) -> None:
        """Let a message come again after so many seconds."""
        self.client.change_message_visibility(
            QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=seconds
        )


def send_once(queue: Queue, limit: int = 500) -> int:
    """Move due events from the outbox to the queue; those that it did not take stay due and wait a little."""
    with transaction() as session:
        claimed = repository.claim(session, limit)
        taken = queue.send([event for event, _ in claimed])
        repository.mark_published(session, taken)
        refused = {event.id: delay_after(tries + 1) for event, tries in claimed if event.id not in taken}
        repository.postpone(session, refused, dict.fromkeys(refused, "the queue did not take it"))
        return len(claimed)


def receive_once(queue: Queue, consumers: Sequence[Consumer]) -> int:
    """Handle what the queue gives; a message goes only after its effect is committed, so it may come twice."""
    messages = queue.receive()
    read = [(message, decode(message["Body"])) for message in messages]
    dead, again = [], []
    with transaction() as session:
        failures = deliver(session, consumers, [event for _, event in read if event is not None])
        failed = {failure.event.id for failure in failures}
        tries = {event.id: _tries(message) for message, event in read if event is not None}
        for failure in failures:
            if tries[failure.event.id] >= TRIES:
                repository.bury(session, failure.event, failure.consumer, failure.error, tries[failure.event.id])
        for message, event in read:
            if event is None:
                unread = Event(uuid4(), "unreadable", None, {"body": message["Body"][:10_000]})
                repository.bury(session, unread, "queue", "not an event", _tries(message))
                dead.append(message)
            elif event.id in failed and tries[event.id] < TRIES:
                again.append(message)
            else:
                dead.append(message)
    queue.delete(dead)
    for message in again:
        queue.postpone(message, int(delay_after(_tries(message)).total_seconds()))
    return len(messages)


def encode(event: Event) -> str:
    """An event as a message's body."""
    subject = str(event.subject_id) if event.subject_id else None
    return json.dumps({"id": str(event.id), "type": event.type, "subject_id": subject, "payload": event.payload})


def decode(body: str) -> Event | None:
    """The event in a message's body, or None where there is none."""
    try:
        read = json.loads(body)
        subject = UUID(read["subject_id"]) if read["subject_id"] else None
        return Event(UUID(read["id"]), str(read["type"]), subject, dict(read["payload"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        log.warning("message_unreadable", body=body[:200])
        return None


def _tries(message: dict[str, Any]) -> int:
    return int(message.get("Attributes", {}).get("ApproximateReceiveCount", 1))


@lru_cache(maxsize=4)
def open_queue(url: str, region: str) -> Queue:
    """The queue at this URL with the deployment's own credentials."""
    import boto3
    from botocore.config import Config

    config = Config(connect_timeout=5, read_timeout=10, retries={"max_attempts": 2})
    endpoint = url.split("/", 3)
    is_local = ".amazonaws.com" not in endpoint[2]
    client = boto3.client(
        "sqs", region_name=region, endpoint_url="/".join(endpoint[:3]) if is_local else None, config=config
    )
    return Queue(url, client)
