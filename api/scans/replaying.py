"""Scans that waited for their code: once it is linked they are posted, with their own ids, times and people.

A replay is the scan itself, sent again: the same id and the same content, so that it is posted once however often and
from wherever it comes, and its client's own retry finds it there. The person who scanned stays the actor; whoever
linked the code is in the audit trail. Blocking: call it on a thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import psycopg
from pydantic import ValidationError
from sqlalchemy.orm import Session

from api.audit.record import record
from api.catalog.label_templates.reading import may_be_label
from api.catalog.service import BARCODE_LINKED
from api.config import get_settings
from api.core.access import Principal
from api.core.database import CONNECT_ARGS, transaction
from api.domain.movements import MAX_BATCH
from api.identity.repository import held_roles
from api.identity.session_store import merged
from api.outbox.events import Event
from api.scans import repository
from api.scans.planning import Capture
from api.scans.receiving import book_deliveries
from api.scans.repository import Pending
from api.scans.schemas import Scan
from api.scans.service import work_through

TYPES: Final = frozenset({BARCODE_LINKED})
MOST = 2_000
SCAN = "inventory.scan"


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of one scan that waited."""

    location_id: UUID
    code: str
    answer: dict[str, Any]


def consume(session: Session, events: Sequence[Event]) -> None:
    """Replay what waited for codes that were linked, wherever that was done; what is posted already is left alone."""
    del session  # each batch of scans commits by itself, as it does when a scanner sends it
    for event in events:
        actor_id = event.payload.get("actor_id")
        replay(event.payload["code"], linked_by=None if actor_id is None else UUID(actor_id))


def catch_up(most: int = 100) -> int:
    """Replay what waits for codes that were linked without an event, by an import; how many codes there were."""
    with transaction() as session:
        keys = repository.linked_keys(session, most)
    for key in keys:
        replay(key, linked_by=None)
    return len(keys)


def replay(key: str, *, linked_by: UUID | None, most: int | None = None) -> list[Replayed]:
    """Post what was scanned under a code (in the catalogue's form) before it was linked, oldest first, at most `most`.

    What cannot be posted keeps waiting and says why.
    """
    done: list[Replayed] = []
    after = None
    while most is None or len(done) < most:
        with transaction() as session:
            waiting = repository.pending_scans(
                session, key, with_labels=may_be_label(key), after=after, limit=MAX_BATCH
            )
            captures = _captures(session, waiting)
        if not waiting:
            break
        after = (waiting[-1].occurred_at, waiting[-1].scan_id)
        found = book_deliveries(captures, asyncio.run(_work_through(captures)))
        replayed = [
            Replayed(capture.scan.location_id, capture.scan.code, answer)
            for capture, answer in zip(captures, found, strict=True)
            if answer["status"] != "unknown_code"  # another label of the house
        ]
        _settle_look_ups(captures, found)
        _note(key, linked_by, replayed)
        done += replayed
    return done


async def _work_through(captures: Sequence[Capture]) -> list[dict[str, Any]]:
    """The same steps as for a batch that a scanner sends, over a connection of its own."""
    connection = await psycopg.AsyncConnection.connect(
        get_settings().database_url,
        autocommit=True,
        connect_timeout=int(str(CONNECT_ARGS["connect_timeout"])),
        options=str(CONNECT_ARGS["options"]),
    )
    async with connection:
        return await work_through(connection, captures)


def _captures(session: Session, waiting: Sequence[Pending]) -> list[Capture]:
    """The scans as they were captured; what was sent is kept as its digest, also where the time was the server's."""
    rights = _rights(session, {scan.actor_id for scan in waiting})
    captures = []
    for kept in waiting:
        try:
            scan = Scan.model_validate({"id": kept.scan_id, **kept.sent, "occurred_at": kept.occurred_at})
        except ValidationError:  # written by a later version of the service
            continue
        places = frozenset(place for place in (scan.location_id, scan.to_location_id) if place is not None)
        # They held the scope at these places when they scanned; what an order asks besides, they must hold now.
        grants = {**rights.get(kept.actor_id, {}), SCAN: places}
        author = Principal(kept.actor_id, "user", grants=grants)
        captures.append(Capture(scan, author, "\\x" + kept.content.hex()))
    return captures


def _rights(session: Session, people: set[UUID]) -> dict[UUID, dict[str, frozenset[UUID] | None]]:
    roles = held_roles(session, people)
    return {
        person: merged((role.location_id, role.scopes) for role in roles if role.user_id == person) for person in people
    }


def _settle_look_ups(captures: Sequence[Capture], found: Sequence[dict[str, Any]]) -> None:
    """A look-up moves nothing: once its code stands for something it waits no more."""
    answered = {
        capture.scan.id: UUID(str(answer["product"]["id"]))
        for capture, answer in zip(captures, found, strict=True)
        if capture.scan.action == "lookup" and answer["status"] == "posted"
    }
    if answered:
        with transaction() as session:
            repository.settle(session, answered)


def _note(key: str, linked_by: UUID | None, replayed: Sequence[Replayed]) -> None:
    """One audit intent per location: who linked the code, and which scans that posted."""
    posted: dict[UUID, list[str]] = {}
    for each in replayed:
        if each.answer["status"] == "posted" and each.answer["movement_id"] is not None:
            posted.setdefault(each.location_id, []).append(str(each.answer["id"]))
    if not posted:
        return
    with transaction() as session:
        for location_id, scan_ids in posted.items():
            record(
                session,
                actor_id=linked_by,
                action="scans.replayed",
                subject_type="location",
                subject_id=location_id,
                location_id=location_id,
                details={"code": key, "scan_ids": scan_ids},
            )
