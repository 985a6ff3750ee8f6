"""Digests and signatures with the parts kept apart, so that no two different lists of parts look the same."""

from __future__ import annotations

import hashlib
import hmac


def _framed(parts: tuple[str | bytes, ...]) -> bytes:
    raw = [part.encode() if isinstance(part, str) else part for part in parts]
    return b"".join(len(part).to_bytes(8, "big") + part for part in raw)


def digest_of(*parts: str | bytes) -> bytes:
    """SHA-256 over length-prefixed parts."""
    return hashlib.sha256(_framed(parts)).digest()


def keyed_digest(secret: str, purpose: str, *parts: str | bytes) -> bytes:
    """HMAC-SHA-256 over length-prefixed parts; `purpose` keeps uses of one secret apart."""
    return hmac.new(secret.encode(), _framed((purpose, *parts)), hashlib.sha256).digest()


def same(left: str | bytes, right: str | bytes) -> bool:
    """Whether two digests are equal, in constant time; any text may come in, ASCII or not."""
    one = left.encode("utf-8", "surrogateescape") if isinstance(left, str) else left
    other = right.encode("utf-8", "surrogateescape") if isinstance(right, str) else right
    return hmac.compare_digest(one, other)
