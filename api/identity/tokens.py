"""Access tokens that this service signs, service tokens that it verifies, and the key set it publishes.

Everything about a token that may vary is pinned: algorithm, type, key id, issuer, audience and the set of headers. A
token says who and which session; rights are read fresh, so that taking a role away does not wait for a token to end.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from api.config import Settings
from api.identity.errors import BadToken

ISSUER = "stockpot"
AUDIENCE = "stockpot-api"
ACCESS_TYPE = "at+jwt"
SERVICE_ISSUER = "stockpot-pipeline"
SERVICE_SUBJECT = "pipeline"
SERVICE_TYPE = "service+jwt"
SERVICE_SECONDS = 300
ALGORITHM = "EdDSA"
REGISTERED = ["iss", "aud", "sub", "iat", "exp", "jti"]
MAXIMUM_LENGTH = 4096
COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)


class KeyFileUnusable(RuntimeError):  # a noun, like every other error here
    """A key file is missing or holds something else than an Ed25519 key; the service does not start."""


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """Whose token it is, of which session, and until when (Unix seconds)."""

    user_id: UUID
    session_id: UUID
    expires_at: float


@dataclass(frozen=True, slots=True)
class ServiceClaims:
    """A token of the pipeline, good until `expires_at` (Unix seconds)."""

    expires_at: float


Claims = AccessClaims | ServiceClaims


class TokenKeys:
    """The key that signs access tokens and the one that verifies the pipeline's."""

    def __init__(self, private: Ed25519PrivateKey, service: Ed25519PublicKey | None) -> None:
        self._private = private
        self._public = private.public_key()
        self._service = service
        self.jwk = _public_jwk(self._public)
        self.kid: str = self.jwk["kid"]

    @classmethod
    def from_settings(cls, settings: Settings) -> TokenKeys:
        """Read both key files.

        Raises:
            KeyFileUnusable: the signing key is missing, or a file is not an Ed25519 key in PEM.
        """
        private = load_pem_private_key(_read(settings.jwt_private_key_file, "JWT_PRIVATE_KEY_FILE"), None)
        if not isinstance(private, Ed25519PrivateKey):
            raise KeyFileUnusable("JWT_PRIVATE_KEY_FILE must hold an Ed25519 private key")
        if settings.service_public_key_file is None:
            return cls(private, None)
        service = load_pem_public_key(_read(settings.service_public_key_file, "SERVICE_PUBLIC_KEY_FILE"))
        if not isinstance(service, Ed25519PublicKey):
            raise KeyFileUnusable("SERVICE_PUBLIC_KEY_FILE must hold an Ed25519 public key")
        return cls(private, service)

    def issue(self, user_id: UUID, session_id: UUID, *, seconds: int) -> str:
        """An access token for one session."""
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(user_id),
            "sid": str(session_id),
            "iat": now,
            "nbf": now,
            "exp": now + seconds,
            "jti": uuid.uuid4().hex,
        }
        return jwt.encode(claims, self._private, ALGORITHM, {"typ": ACCESS_TYPE, "kid": self.kid})

    def read(self, token: str, *, may_be_expired: bool = False) -> Claims:
        """What a token of either kind says.

        Raises:
            BadToken: it is none of ours, malformed, or outside its time.
        """
        if len(token) > MAXIMUM_LENGTH or not COMPACT.fullmatch(token):
            raise BadToken
        try:
            header = jwt.get_unverified_header(token)
            if header == {"alg": ALGORITHM, "typ": ACCESS_TYPE, "kid": self.kid}:
                return self._read_access(token, may_be_expired=may_be_expired)
            if self._service is not None and header == {"alg": ALGORITHM, "typ": SERVICE_TYPE}:
                return self._read_service(token, self._service)
        except (jwt.InvalidTokenError, ValueError, TypeError, OverflowError, RecursionError) as error:
            raise BadToken("The token is not valid, or no longer.") from error
        raise BadToken("The token is not one of this service's.")

    def _read_access(self, token: str, *, may_be_expired: bool) -> AccessClaims:
        claims = _decode(token, self._public, ISSUER, [*REGISTERED, "sid", "nbf"], may_be_expired=may_be_expired)
        return AccessClaims(UUID(str(claims["sub"])), UUID(str(claims["sid"])), float(claims["exp"]))

    def _read_service(self, token: str, key: Ed25519PublicKey) -> ServiceClaims:
        claims = _decode(token, key, SERVICE_ISSUER, REGISTERED)
        if claims["sub"] != SERVICE_SUBJECT or claims["exp"] - claims["iat"] > SERVICE_SECONDS:
            raise BadToken("A service token lives for five minutes at most.")
        return ServiceClaims(float(claims["exp"]))


def _decode(
    token: str, key: Ed25519PublicKey, issuer: str, required: list[str], *, may_be_expired: bool = False
) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(
        token,
        key,
        algorithms=[ALGORITHM],
        issuer=issuer,
        audience=AUDIENCE,
        options={"require": required, "strict_aud": True, "verify_exp": not may_be_expired},
    )
    return claims


def _read(path: Path | None, name: str) -> bytes:
    if path is None or not path.is_file():
        raise KeyFileUnusable(f"{name} must name a key file; {path} is none")
    return path.read_bytes()


def _public_jwk(key: Ed25519PublicKey) -> dict[str, str]:
    """The key as RFC 8037 writes it; its id is the thumbprint of RFC 7638."""
    raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    members = {"crv": "Ed25519", "kty": "OKP", "x": _base64url(raw)}
    thumbprint = hashlib.sha256(json.dumps(members, sort_keys=True, separators=(",", ":")).encode()).digest()
    return members | {"alg": ALGORITHM, "use": "sig", "kid": _base64url(thumbprint)}


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
