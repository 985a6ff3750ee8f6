"""Passwords by argon2id, a few at a time: each check takes 64 MiB, and a flood of them must not take them all."""

from __future__ import annotations

import secrets
from functools import lru_cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

AT_ONCE = BoundedSemaphore(4)
HASHER = PasswordHasher()


def hash_password(password: str) -> str:
    """The hash to keep, with its salt and parameters inside."""
    with AT_ONCE:
        return HASHER.hash(password)


def password_matches(stored: str | None, password: str) -> bool:
    """Whether the password is the one that was hashed; without a hash the same time is spent for a no."""
    against = stored or _nobodys_hash()
    with AT_ONCE:
        try:
            HASHER.verify(against, password)
        except (VerificationError, InvalidHashError):
            return False
    return stored is not None


def is_outdated(stored: str) -> bool:
    """Whether it was hashed with weaker parameters than today's."""
    return HASHER.check_needs_rehash(stored)


@lru_cache(maxsize=1)
def _nobodys_hash() -> str:
    return HASHER.hash(secrets.token_urlsafe(32))
