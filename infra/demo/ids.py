"""Ids that follow from what they stand for, so that a load that was interrupted sends the same requests again."""

from __future__ import annotations

import hashlib
from datetime import datetime
from uuid import UUID

_VERSION_7 = 0x7 << 76
_VARIANT_RFC = 0x2 << 62


def fact_id(at: datetime, *key: object) -> str:
    """A UUIDv7 with the time of the fact; the other bits are SHA-256 of its key."""
    digest = hashlib.sha256("\x1f".join(["stockpot demo", *map(str, key)]).encode()).digest()
    bits = int.from_bytes(digest[:10], "big")
    high, low = bits & (0xFFF << 64), bits & ((1 << 62) - 1)
    return str(UUID(int=(int(at.timestamp() * 1000) << 80) | _VERSION_7 | high | _VARIANT_RFC | low))
