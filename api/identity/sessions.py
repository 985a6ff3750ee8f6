"""Signing in, staying in, and signing out.

A refresh token is used once. Its successor is derived from it by HMAC, so that a client whose reply was lost gets the
same successor again without the token being stored anywhere. A used token that comes back later than a retry would, or
after its successor was used, has been copied: the whole family ends in that request.
"""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from limits import parse
from sqlalchemy.orm import Session

from api.audit.record import record
from api.config import Settings, get_settings
from api.core.database import after_commit, transaction
from api.core.digests import digest_of, keyed_digest
from api.core.errors import NotFound
from api.core.rate_limits import get_rate_limits
from api.identity import passwords, repository
from api.identity.errors import BadCredentials, SessionEnded
from api.identity.models import RefreshToken, User
from api.identity.models import Session as SignIn
from api.identity.session_store import get_session_store

PER_ACCOUNT = parse("10 per 5 minutes")  # from one address, so that the owner elsewhere is not locked out
PER_ADDRESS = parse("100 per 5 minutes")


@dataclass(frozen=True, slots=True)
class Opened:
    """A session with the refresh token that only its client will ever hold."""

    session_id: UUID
    user_id: UUID
    refresh_token: str


def check_password(email: str, password: str, address: str) -> UUID:
    """The person whose password this is. Unknown, wrong and disabled cost the same and read the same.

    It opens transactions of its own: a connection is not held while the password is being hashed.

    Raises:
        BadCredentials: it is nobody's.
        TooMany: too many tries for this account from this address, or from this address at all.
    """
    limits, account = get_rate_limits(), digest_of(email.strip().lower()).hex()
    limits.spend(PER_ADDRESS, "sign-in", address)
    limits.spend(PER_ACCOUNT, "sign-in", account, address)
    with transaction() as session:
        found = repository.credentials(session, email.strip())
    is_right = passwords.password_matches(found.password_hash if found else None, password)
    if found is None or not is_right or not found.is_active:
        with transaction() as session:
            _record(session, "session.refused", found.user_id if found else None)
        raise BadCredentials
    limits.forgive(PER_ACCOUNT, "sign-in", account, address)
    if found.password_hash and passwords.is_outdated(found.password_hash):
        _rehash(found.user_id, password)
    return found.user_id


def open_session(session: Session, user_id: UUID, *, device: str) -> Opened:
    """A new session for a person whose identity was proven a moment ago.

    Raises:
        BadCredentials: the account was disabled meanwhile.
    """
    person = repository.user(session, user_id, lock=True)
    if person is None or not person.is_active:
        raise BadCredentials
    now, settings = repository.now(session), get_settings()
    person.last_login_at = now
    sign_in = SignIn(user_id=user_id, device=device, expires_at=_expiry(now, settings))
    session.add(sign_in)
    session.flush()
    token = _encode(secrets.token_bytes(32))
    _keep(session, sign_in.id, token, now, settings)
    _record(session, "session.opened", user_id, session_id=sign_in.id)
    return Opened(sign_in.id, user_id, token)


def rotate(session: Session, token: str) -> Opened | None:
    """The session with its next refresh token, or None for a copied token: its family has then just been ended.

    None is an answer and not an error because the ending must be committed.

    Raises:
        SessionEnded: the token is unknown, or its session is over.
    """
    sign_in, used = _locked(session, token)
    now, settings = repository.now(session), get_settings()
    if sign_in.revoked_at or sign_in.expires_at <= now or used.expires_at <= now or not _is_active(session, sign_in):
        raise SessionEnded
    successor = _successor(token, settings)
    if used.used_at is None:
        used.used_at = now
        used.successor_id = _keep(session, sign_in.id, successor, now, settings)
        sign_in.last_seen_at, sign_in.expires_at = now, _expiry(now, settings)
        return Opened(sign_in.id, sign_in.user_id, successor)
    if _is_retry(session, used, successor, now, settings):
        return Opened(sign_in.id, sign_in.user_id, successor)
    end(session, sign_in, "refresh_token_replayed")
    return None


def close(session: Session, session_id: UUID, *, owner_id: UUID | None = None) -> None:
    """End one session at once, here and in every process.

    Raises:
        NotFound: there is no such session, or it is not the owner's.
    """
    sign_in = repository.lock_sign_in(session, session_id)
    if sign_in is None or (owner_id is not None and sign_in.user_id != owner_id):
        raise NotFound("There is no such session of yours.", code="session_not_found")
    if sign_in.revoked_at is None:
        end(session, sign_in, "signed_out")


def session_of_refresh_token(session: Session, token: str) -> UUID | None:
    """Which session a refresh token belongs to."""
    found = repository.refresh_token(session, digest_of(token))
    return found.session_id if found else None


def end(session: Session, sign_in: SignIn, reason: str) -> None:
    """Revoke a locked session."""
    sign_in.revoked_at, sign_in.revoked_reason = repository.now(session), reason
    _record(session, "session.ended", sign_in.user_id, session_id=sign_in.id, reason=reason)
    session.flush()
    after_commit(session, lambda: get_session_store().deny([sign_in.id]))


def end_all(session: Session, user_id: UUID, reason: str) -> None:
    """Revoke every session of a person."""
    ended = list(repository.revoke_all(session, user_id, reason))
    _record(session, "session.all_ended", user_id, reason=reason, sessions=len(ended))
    after_commit(session, lambda: get_session_store().deny(ended))


def _locked(session: Session, token: str) -> tuple[SignIn, RefreshToken]:
    """The session is locked before its token is read, so that parallel refreshes and a sign-out take turns."""
    token_hash = digest_of(token)
    found = repository.refresh_token(session, token_hash)
    sign_in = repository.lock_sign_in(session, found.session_id) if found else None
    found = repository.refresh_token(session, token_hash)
    if sign_in is None or found is None:
        raise SessionEnded
    return sign_in, found


def _is_active(session: Session, sign_in: SignIn) -> bool:
    person = session.get(User, sign_in.user_id, populate_existing=True)
    return person is not None and person.is_active


def _is_retry(session: Session, used: RefreshToken, successor: str, now: datetime, settings: Settings) -> bool:
    """Whether a used token comes from a client that lost the reply: soon, and before its successor was used."""
    assert used.used_at is not None
    following = repository.refresh_token_by_id(session, used.successor_id)
    return (
        now - used.used_at <= timedelta(seconds=settings.refresh_grace_seconds)
        and following is not None
        and following.used_at is None
        and following.token_hash == digest_of(successor)
    )


def _keep(session: Session, session_id: UUID, token: str, now: datetime, settings: Settings) -> UUID:
    row = RefreshToken(
        session_id=session_id, token_hash=digest_of(token), issued_at=now, expires_at=_expiry(now, settings)
    )
    session.add(row)
    session.flush()
    return row.id


def _successor(token: str, settings: Settings) -> str:
    return _encode(keyed_digest(settings.csrf_secret.get_secret_value(), "refresh-successor", token))


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _expiry(now: datetime, settings: Settings) -> datetime:
    return now + timedelta(seconds=settings.refresh_token_seconds)


def _rehash(user_id: UUID, password: str) -> None:
    renewed = passwords.hash_password(password)
    with transaction() as session:
        person = repository.user(session, user_id, lock=True)
        if person is not None:
            person.password_hash = renewed


def _record(
    session: Session, action: str, user_id: UUID | None, *, session_id: UUID | None = None, **details: str | int
) -> None:
    if session_id is not None:
        details["session_id"] = str(session_id)
    record(session, actor_id=user_id, action=action, subject_type="user", subject_id=user_id, details=dict(details))
