"""The three cookies of a browser's session.

The tokens are out of reach of scripts; the CSRF token is what our own scripts read and send back as `X-CSRF-Token`.
"""

from __future__ import annotations

from fastapi import Response

from api.config import Settings

ACCESS_COOKIE = "stockpot_access"
REFRESH_COOKIE = "stockpot_refresh"
CSRF_COOKIE = "stockpot_csrf"
REFRESH_PATH = "/api/auth"


def set_session_cookies(response: Response, settings: Settings, *, access: str, refresh: str, csrf: str) -> None:
    """Give the browser its session."""
    secure = settings.cookie_secure
    response.set_cookie(
        ACCESS_COOKIE, access, settings.access_token_seconds, path="/", secure=secure, httponly=True, samesite="lax"
    )
    response.set_cookie(
        REFRESH_COOKIE,
        refresh,
        settings.refresh_token_seconds,
        path=REFRESH_PATH,
        secure=secure,
        httponly=True,
        samesite="strict",
    )
    response.set_cookie(
        CSRF_COOKIE, csrf, settings.refresh_token_seconds, path="/", secure=secure, httponly=False, samesite="strict"
    )


def clear_session_cookies(response: Response, settings: Settings) -> None:
    """Take it back."""
    for name, path in ((ACCESS_COOKIE, "/"), (REFRESH_COOKIE, REFRESH_PATH), (CSRF_COOKIE, "/")):
        response.delete_cookie(name, path=path, secure=settings.cookie_secure, httponly=name != CSRF_COOKIE)
