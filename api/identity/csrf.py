"""Proof that a cookie request which changes something was sent by one of our own pages.

Two independent checks: a token bound to the session by HMAC, which another origin cannot read, and the origin that the
browser itself reports. Bearer requests need neither, because no browser adds a bearer token on its own.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import Request

from api.config import Settings
from api.core.digests import keyed_digest, same
from api.identity.errors import CsrfRefused

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
HEADER = "x-csrf-token"
OWN_SITES = frozenset({"same-origin", "none"})


@dataclass(frozen=True, slots=True)
class CsrfGuard:
    """Makes and checks the tokens; `public_origin` is the address that people type."""

    secret: str
    public_origin: str

    @classmethod
    def from_settings(cls, settings: Settings) -> CsrfGuard:
        """The guard of this deployment."""
        parts = urlsplit(settings.stockpot_public_url)
        return cls(settings.csrf_secret.get_secret_value(), f"{parts.scheme}://{parts.netloc}")

    def token(self, session_id: UUID) -> str:
        """The token of a session; it lives as long as the session does."""
        return base64.urlsafe_b64encode(keyed_digest(self.secret, "csrf", session_id.bytes)).decode().rstrip("=")

    def check(self, request: Request, session_id: UUID) -> None:
        """Refuse a changing request that lacks this session's token or comes from elsewhere.

        Raises:
            CsrfRefused: it does.
        """
        if request.method in SAFE_METHODS:
            return
        self.check_origin(request)
        if not same(request.headers.get(HEADER, ""), self.token(session_id)):
            raise CsrfRefused("Send this session's token as X-CSRF-Token.")

    def check_origin(self, request: Request) -> None:
        """Refuse what the browser says another site sent.

        Raises:
            CsrfRefused: the request comes from another origin.
        """
        if request.headers.get("sec-fetch-site", "none") not in OWN_SITES:
            raise CsrfRefused("The request comes from another site.")
        origin = request.headers.get("origin")
        if origin is None or origin == self.public_origin:
            return
        parts = urlsplit(origin)
        if not parts.netloc or parts.netloc != request.headers.get("host"):
            raise CsrfRefused("The request comes from another origin.")
