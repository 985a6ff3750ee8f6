"""Errors are nouns with a status; every one leaves as `application/problem+json` (RFC 9457).

ApiError
├── Malformed 400          the request cannot be read
├── Unauthenticated 401    nobody, or a session that ended
├── Forbidden 403          known, but without the scope
├── NotFound 404           also what a person may not see
├── Conflict 409           the state does not allow it (idempotency_conflict, version_conflict, insufficient_stock …)
├── TooLarge 413
├── UnsupportedMedia 415
├── Invalid 422            readable, but wrong: `errors` names the fields
├── PreconditionMissing 428
├── TooMany 429            with `Retry-After`
└── Unavailable 503        a dependency does not answer
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One wrong field: `field` is its path (`lines.0.quantity`), `code` a stable noun, `detail` a sentence."""

    field: str
    code: str
    detail: str


class ApiError(Exception):
    """Base of every answer that is not a success; `code` is stable, `detail` is for people."""

    status: ClassVar[int] = 500
    code: str = "internal_error"

    def __init__(
        self,
        detail: str = "",
        *,
        code: str | None = None,
        errors: tuple[FieldProblem, ...] = (),
        headers: dict[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(detail)
        self.detail = detail or HTTPStatus(self.status).description
        self.code = code or type(self).code
        self.errors = errors
        self.headers = headers or {}
        self.extra = extra


class Malformed(ApiError):
    """The request cannot be read."""

    status = 400
    code = "malformed"


class Unauthenticated(ApiError):
    """No valid session or token."""

    status = 401
    code = "unauthenticated"


class Forbidden(ApiError):
    """The person is known but holds no role with this scope."""

    status = 403
    code = "forbidden"


class NotFound(ApiError):
    """There is no such thing, or none that this person may see."""

    status = 404
    code = "not_found"


class Conflict(ApiError):
    """The state of things does not allow it."""

    status = 409
    code = "conflict"


class VersionConflict(Conflict):
    """Somebody else edited the row since it was read."""

    code = "version_conflict"


class IdempotencyConflict(Conflict):
    """The id or key was used before with other content."""

    code = "idempotency_conflict"


class TooLarge(ApiError):
    """The body is larger than the service reads."""

    status = 413
    code = "too_large"


class UnsupportedMedia(ApiError):
    """The body's type is not one the route reads."""

    status = 415
    code = "unsupported_media_type"


class Invalid(ApiError):
    """The request is readable but wrong; `errors` names each field."""

    status = 422
    code = "invalid"


class PreconditionMissing(ApiError):
    """An edit came without `If-Match`."""

    status = 428
    code = "precondition_missing"


class TooMany(ApiError):
    """Too many tries; `Retry-After` says when to come back."""

    status = 429
    code = "too_many_requests"


class Unavailable(ApiError):
    """Something this service depends on does not answer."""

    status = 503
    code = "unavailable"
