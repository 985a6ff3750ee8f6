"""UUIDv7 ids: made by whoever captures a fact, or derived from the fact itself so that a re-run gives the same ids."""

from __future__ import annotations

import hashlib
import os
import time
from datetime import UTC, datetime
from uuid import UUID

_VERSION_7 = 0x7 << 76
_VARIANT_RFC = 0x2 << 62
_RANDOM_A = 0xFFF << 64
_RANDOM_B = (1 << 62) - 1


def uuid7(at: datetime | None = None) -> UUID:
    """A new random UUIDv7 whose time is `at` (aware; default now)."""
    milliseconds = time.time_ns() // 1_000_000 if at is None else _milliseconds(at)
    return _compose(milliseconds, os.urandom(10))


def derived_id(at: datetime, source: str, natural_key: str, revision: int = 0) -> UUID:
    """The one UUIDv7 of a fact: its time is the fact's, its random bits are SHA-256 over who says it and which fact.

    `revision` grows when the fact is corrected: revision n is reversed and n + 1 is a new row.
    """
    return _compose(_milliseconds(at), _digest(source, natural_key, revision))


def reversal_id(movement_id: UUID) -> UUID:
    """The id that a reversal of this movement must have, so that the primary key allows only one."""
    return _compose(movement_id.int >> 80, _digest("reversal", str(movement_id), 0))


def sibling_id(movement_id: UUID) -> UUID:
    """The id of the second row that belongs to a fact of two rows, such as a value correction's price variance."""
    return _compose(movement_id.int >> 80, _digest("sibling", str(movement_id), 0))


def is_uuid7(value: UUID) -> bool:
    """Whether the id carries its time in front, as the ledger's partitions need."""
    return value.version == 7


def captured_at(value: UUID) -> datetime:
    """The time inside a UUIDv7, UTC, to the millisecond."""
    return datetime.fromtimestamp((value.int >> 80) / 1000, UTC)


def _milliseconds(at: datetime) -> int:
    if at.tzinfo is None:
        message = "a moment needs a time zone"
        raise ValueError(message)
    return max(0, int(at.timestamp() * 1000))


def _digest(source: str, natural_key: str, revision: int) -> bytes:
    parts = (source.encode(), natural_key.encode(), str(revision).encode())
    return hashlib.sha256(b"\x1f".join(parts)).digest()


def _compose(milliseconds: int, entropy: bytes) -> UUID:
    bits = int.from_bytes(entropy[:10], "big")
    return UUID(int=(milliseconds << 80) | _VERSION_7 | (bits & _RANDOM_A) | _VARIANT_RFC | (bits & _RANDOM_B))
