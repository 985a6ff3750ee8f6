"""Handing events to whoever listens: once each in effect, and one bad event never holds up its neighbours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from api.outbox import repository
from api.outbox.events import Event

log = structlog.get_logger(__name__)

TRANSIENT = frozenset({"40001", "40P01", "55P03", "57P01", "57P02", "57P03"})
"""Serialisation, deadlock, lock timeout, server going down: the try does not count against the event."""


@dataclass(frozen=True, slots=True)
class Consumer:
    """Who listens to which types; `handle` gets new events in one list and writes its effect into the session."""

    name: str
    types: frozenset[str]
    handle: Callable[[Session, Sequence[Event]], None]


@dataclass(frozen=True, slots=True)
class Failure:
    """A consumer could not handle an event."""

    event: Event
    consumer: str
    error: str


def deliver(session: Session, consumers: Sequence[Consumer], events: Sequence[Event]) -> list[Failure]:
    """Let each consumer handle the events of its types that it has not had; what failed left no trace.

    A consumer's effect and its inbox rows stand in one savepoint. When a list fails it is halved until the bad events
    stand alone.

    Raises:
        DBAPIError: the database itself failed; the caller's transaction is void and everything will come again.
    """
    failures: list[Failure] = []
    once = {event.id: event for event in events}  # a queue may give the same event twice at once
    for consumer in consumers:
        wanted = [event for event in once.values() if event.type in consumer.types]
        failures += _deliver(session, consumer, wanted)
    return failures


def _deliver(session: Session, consumer: Consumer, events: Sequence[Event]) -> list[Failure]:
    if not events:
        return []
    try:
        with session.begin_nested():
            _handle_new(session, consumer, events)
    except Exception as error:  # noqa: BLE001  # the process's edge: any consumer's bug must stop at its event
        _raise_if_transient(error)
        if len(events) == 1:
            log.warning("event_failed", consumer=consumer.name, event_id=str(events[0].id), error=repr(error))
            return [Failure(events[0], consumer.name, repr(error)[:2000])]
        middle = len(events) // 2
        return [*_deliver(session, consumer, events[:middle]), *_deliver(session, consumer, events[middle:])]
    return []


def _handle_new(session: Session, consumer: Consumer, events: Sequence[Event]) -> None:
    fresh: set[UUID] = repository.enter_inbox(session, consumer.name, [event.id for event in events])
    new = [event for event in events if event.id in fresh]
    if new:
        consumer.handle(session, new)
        session.flush()


def _raise_if_transient(error: Exception) -> None:
    if not isinstance(error, DBAPIError):
        return
    if error.connection_invalidated or getattr(error.orig, "sqlstate", None) in TRANSIENT:
        raise error
