"""Proving that the trail is what was sealed: the chain link by link, and each entry against its intent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import psycopg

from api.audit.chain import COLUMNS, GENESIS, Intent, canonical, link

BATCH = 5_000

ENTRIES = f"""
    select e.sequence, e.intent_id, e.content, e.previous_hash, e.hash, {", ".join(f"i.{name}" for name in COLUMNS)}
      from audit_entries e left join audit_intents i on i.id = e.intent_id
     order by e.sequence
"""  # noqa: S608  # the columns are this module's own

# An intent that neither has an entry nor waits for one was sealed once: its entry has been cut off.
ORPHANS = """
    select min(i.id), count(*) from audit_intents i
     where not exists (select from audit_entries e where e.intent_id = i.id)
       and not exists (select from audit_unsealed u where u.intent_id = i.id)
"""


@dataclass(frozen=True, slots=True)
class Report:
    """What was found. `head` is the last good hash, for comparison with one kept elsewhere."""

    ok: bool
    entries: int
    waiting: int
    head: str
    first_bad_sequence: int | None = None
    first_bad_intent_id: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class _Flaw:
    sequence: int | None
    intent_id: int | None
    reason: str


def verify(connection: psycopg.Connection[Any]) -> Report:
    """Read the whole trail in one snapshot and name the first entry that does not fit.

    The connection's transaction is ended. Entries are streamed: memory does not grow with the trail.
    """
    connection.rollback()
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read, read only")
        with connection.cursor("audit_entries") as cursor:
            cursor.itersize = BATCH
            cursor.execute(ENTRIES)
            checked, head, flaw = _walk(cursor)
        waiting = connection.execute("select count(*) from audit_unsealed").fetchone()
        if flaw is None:
            flaw = _cut_off(connection, checked)
    return Report(
        ok=flaw is None,
        entries=checked,
        waiting=waiting[0] if waiting else 0,
        head=head.hex(),
        first_bad_sequence=flaw.sequence if flaw else None,
        first_bad_intent_id=flaw.intent_id if flaw else None,
        reason=flaw.reason if flaw else None,
    )


def _walk(rows: Iterable[tuple[Any, ...]]) -> tuple[int, bytes, _Flaw | None]:
    """How many entries fit, the hash of the last of them, and what is wrong with the next."""
    checked, previous = 0, GENESIS
    for row in rows:
        sequence, intent_id, content, previous_hash, entry_hash = row[:5]
        reason = None
        if sequence != checked + 1:
            return checked, previous, _Flaw(checked + 1, None, f"entry {checked + 1} is missing")
        if previous_hash != previous:
            reason = "it does not follow the entry before it"
        elif link(previous, content) != entry_hash:
            reason = "its content is not what was sealed"
        elif row[5] is None:
            reason = "its intent was deleted"
        elif canonical(Intent(*row[5:])) != content:
            reason = "its intent was changed"
        if reason:
            return checked, previous, _Flaw(sequence, intent_id, reason)
        checked, previous = checked + 1, entry_hash
    return checked, previous, None


def _cut_off(connection: psycopg.Connection[Any], checked: int) -> _Flaw | None:
    row = connection.execute(ORPHANS).fetchone()
    if row is None or row[0] is None:
        return None
    return _Flaw(checked + 1, row[0], f"{row[1]} sealed intents have lost their entries")
