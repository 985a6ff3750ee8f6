"""From the outbox to whoever listens: in this process, or through a queue."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from api.core.database import transaction
from api.outbox import repository
from api.outbox.consumers import Consumer, deliver
from api.outbox.dead_letters import TRIES, delay_after

BATCH = 1000

log = structlog.get_logger(__name__)


def relay_once(consumers: Sequence[Consumer], limit: int = BATCH) -> int:
    """Claim due events and let the consumers handle them, in one transaction; how many were claimed.

    A worker that dies in between leaves everything as it was: the rows are unlocked and come again.
    """
    with transaction() as session:
        claimed = repository.claim(session, limit)
        if not claimed:
            return 0
        tries = {event.id: attempts + 1 for event, attempts in claimed}
        failures = deliver(session, consumers, [event for event, _ in claimed])
        retried = {failure.event.id for failure in failures if tries[failure.event.id] < TRIES}
        for failure in failures:
            if failure.event.id not in retried:
                log.error("event_dead", consumer=failure.consumer, event_id=str(failure.event.id))
                repository.bury(session, failure.event, failure.consumer, failure.error, tries[failure.event.id])
        errors = {failure.event.id: f"{failure.consumer}: {failure.error}" for failure in failures}
        repository.postpone(session, {id_: delay_after(tries[id_]) for id_ in retried}, errors)
        repository.mark_published(session, tries.keys() - retried)
        return len(claimed)
