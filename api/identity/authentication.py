"""Who is asking: the bearer token, else the session cookie, verified once and then known by heart for a moment."""

from __future__ import annotations

import time
from uuid import UUID

from fastapi import Request

from api.config import Settings
from api.core.access import Principal
from api.core.headers import header
from api.identity.cookies import CookieNames, cookie_names
from api.identity.csrf import CsrfGuard
from api.identity.errors import BadToken
from api.identity.scopes import PIPELINE_ID, PIPELINE_SCOPES
from api.identity.session_store import get_session_store
from api.identity.tokens import AccessClaims, Claims, TokenKeys

VERIFIED_SIZE = 20_000
PIPELINE = Principal(PIPELINE_ID, "service", None, dict.fromkeys(PIPELINE_SCOPES))


class SessionAuthenticator:
    """`app.state.authenticate`; see `api.core.access.Authenticator`."""

    def __init__(self, keys: TokenKeys, csrf: CsrfGuard, cookies: CookieNames) -> None:
        self.keys = keys
        self.csrf = csrf
        self.cookies = cookies
        self._verified: dict[str, Claims] = {}

    @classmethod
    def from_settings(cls, settings: Settings) -> SessionAuthenticator:
        """The authenticator of this deployment."""
        cookies = cookie_names(settings.stockpot_public_url)
        return cls(TokenKeys.from_settings(settings), CsrfGuard.from_settings(settings), cookies)

    def __call__(self, request: Request) -> Principal:
        """The principal; asks the session store where this process does not know the session.

        Raises:
            Unauthenticated: no token, a bad one, or a session that is over.
            CsrfRefused: a changing cookie request without the session's token.
        """
        claims = self._claims(request)
        if not isinstance(claims, AccessClaims):
            return PIPELINE
        return _of(claims, get_session_store().principal(claims.session_id))

    def remembered(self, request: Request) -> Principal | None:
        """The principal if this process knew the session within the last second; no input, no output."""
        claims = self._claims(request)
        if not isinstance(claims, AccessClaims):
            return PIPELINE
        known = get_session_store().remembered(claims.session_id)
        return None if known is None else _of(claims, known)

    def session_of(self, request: Request) -> UUID | None:
        """The session that an access token names, expired or not: what signing out needs. Checks CSRF for cookies."""
        token, is_cookie = _token(request, self.cookies.access)
        if token is None:
            return None
        try:
            claims = self.keys.read(token, may_be_expired=True)
        except BadToken:
            return None
        if not isinstance(claims, AccessClaims):
            return None
        if is_cookie:
            self.csrf.check(request, claims.session_id)
        return claims.session_id

    def _claims(self, request: Request) -> Claims:
        token, is_cookie = _token(request, self.cookies.access)
        if token is None:
            raise BadToken
        claims = self._verified.get(token)
        if claims is None:
            claims = self.keys.read(token)
            if len(self._verified) >= VERIFIED_SIZE:
                self._verified.clear()
            self._verified[token] = claims
        elif claims.expires_at <= time.time():
            self._verified.pop(token, None)
            raise BadToken("The token has expired.")
        if is_cookie and isinstance(claims, AccessClaims):
            self.csrf.check(request, claims.session_id)
        return claims


def _of(claims: AccessClaims, principal: Principal) -> Principal:
    if principal.id != claims.user_id:
        raise BadToken("The token and its session are not the same person's.")
    return principal


def _token(request: Request, cookie: str) -> tuple[str | None, bool]:
    """The token and whether it came as a cookie; an `Authorization` header, good or bad, outranks every cookie."""
    sent = header(request.scope, b"authorization")
    if sent is not None:
        scheme, _, token = sent.partition(" ")
        return (token.strip(), False) if scheme.lower() == "bearer" else ("", False)
    return request.cookies.get(cookie), True
