"""What can go wrong with people and their sessions.

Unauthenticated 401
├── BadCredentials      one answer for an unknown account, a wrong password and a disabled account
├── SessionEnded        signed out, disabled, expired, or its refresh token was stolen
└── BadToken            not a token of ours, or too old
Forbidden 403
├── CsrfRefused         a cookie request without this session's token, or from another origin
└── BeyondOwnRights     granting to oneself, or more than one holds
Conflict 409            email_taken, builtin_role, own_account
"""

from __future__ import annotations

from api.core.errors import Conflict, Forbidden, NotFound, Unauthenticated

CHALLENGE = {"WWW-Authenticate": "Bearer"}


class BadCredentials(Unauthenticated):
    """The pair of address and password is not one of ours."""

    code = "bad_credentials"

    def __init__(self) -> None:
        super().__init__("The address or the password is wrong.", headers=CHALLENGE)


class BadToken(Unauthenticated):
    """There is no token, or none that this service signed and still accepts."""

    code = "bad_token"

    def __init__(self, detail: str = "Sign in first.") -> None:
        super().__init__(detail, headers=CHALLENGE)


class SessionEnded(Unauthenticated):
    """The session is over; only signing in again helps."""

    code = "session_ended"

    def __init__(self) -> None:
        super().__init__("This session has ended; sign in again.", headers=CHALLENGE)


class CsrfRefused(Forbidden):
    """The browser's request does not prove that one of our own pages sent it."""

    code = "csrf_refused"


class BeyondOwnRights(Forbidden):
    """Nobody gives themselves rights, nor others more than they hold."""

    code = "beyond_own_rights"


class EmailTaken(Conflict):
    """Another account has this address."""

    code = "email_taken"


class UserNotFound(NotFound):
    """There is no such person, or none that you may see."""

    code = "user_not_found"


class RoleNotFound(NotFound):
    """There is no such role."""

    code = "role_not_found"
