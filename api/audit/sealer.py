"""Sealing: intents that committed become entries of one gap-free chain.

One sealer at a time, by an advisory lock; entries stand in the order of sealing, each intent exactly once.
"""

from __future__ import annotations

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from api.audit.chain import COLUMNS, GENESIS, Intent, canonical, link
from api.audit.models import AuditEntry, AuditIntent, UnsealedIntent

LOCK = 7_305_115


def seal(session: Session, limit: int = 1000) -> int:
    """Append up to `limit` intents to the chain and say how many; 0 where another sealer is at work.

    The caller commits; until then nobody else seals.
    """
    if not session.execute(select(func.pg_try_advisory_xact_lock(LOCK))).scalar():
        return 0
    waiting = _waiting(session, limit)
    if not waiting:
        return 0
    sequence, previous = _head(session)
    rows = []
    for intent in waiting:
        content, sequence = canonical(intent), sequence + 1
        entry_hash = link(previous, content)
        rows.append(
            {
                "sequence": sequence,
                "intent_id": intent.id,
                "content": content,
                "previous_hash": previous,
                "hash": entry_hash,
            }
        )
        previous = entry_hash
    session.execute(insert(AuditEntry), rows)
    ids = [intent.id for intent in waiting]
    session.execute(delete(UnsealedIntent).where(UnsealedIntent.intent_id.in_(ids)))
    return len(rows)


def _waiting(session: Session, limit: int) -> list[Intent]:
    columns = [getattr(AuditIntent, name) for name in COLUMNS]
    rows = session.execute(
        select(*columns)
        .join(UnsealedIntent, UnsealedIntent.intent_id == AuditIntent.id)
        .order_by(UnsealedIntent.intent_id)
        .limit(limit)
    )
    return [Intent._make(row) for row in rows]


def _head(session: Session) -> tuple[int, bytes]:
    last = session.execute(
        select(AuditEntry.sequence, AuditEntry.hash).order_by(AuditEntry.sequence.desc()).limit(1)
    ).one_or_none()
    return (last[0], last[1]) if last else (0, GENESIS)
