"""The three cookies of a browser's session.

The tokens are out of reach of scripts; the CSRF token is what our own scripts read and send back as `X-CSRF-Token`.
A browser keeps cookies by host whatever the port, so the port stands in their names: two copies on one host
do not sign each other's people out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from fastapi import Response

from api.config import Settings

ACCESS_COOKIE = "stockpot_access"
REFRESH_COOKIE = "stockpot_refresh"
CSRF_COOKIE = "stockpot_csrf"
REFRESH_PATH = "/api/auth"


@dataclass(frozen=True, slots=True)
class CookieNames:
    """What the three cookies are called in this installation."""

    access: str
    refresh: str
    csrf: str


@lru_cache(maxsize=8)
def cookie_names(public_url: str) -> CookieNames:
    """The names with the port of the service's address; without one where the address names none."""
    port = urlsplit(public_url).port
    suffix = f"_{port}" if port else ""
    return CookieNames(ACCESS_COOKIE + suffix, REFRESH_COOKIE + suffix, CSRF_COOKIE + suffix)


def set_session_cookies(response: Response, settings: Settings, *, access: str, refresh: str, csrf: str) -> None:
    """Give the browser its session."""
    secure, names = settings.cookie_secure, cookie_names(settings.stockpot_public_url)
    response.set_cookie(
        names.access, access, settings.access_token_seconds, path="/", secure=secure, httponly=True, samesite="lax"
    )
    response.set_cookie(
        names.refresh,
        refresh,
        settings.refresh_token_seconds,
        path=REFRESH_PATH,
        secure=secure,
        httponly=True,
        samesite="strict",
    )
    response.set_cookie(
        names.csrf, csrf, settings.refresh_token_seconds, path="/", secure=secure, httponly=False, samesite="strict"
    )


def clear_session_cookies(response: Response, settings: Settings) -> None:
    """Take it back."""
    names = cookie_names(settings.stockpot_public_url)
    for name, path in ((names.access, "/"), (names.refresh, REFRESH_PATH), (names.csrf, "/")):
        response.delete_cookie(name, path=path, secure=settings.cookie_secure, httponly=name != names.csrf)
