"""Every failure leaves as `application/problem+json`, whatever raised it."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any

import orjson
import psycopg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from psycopg_pool import PoolClosed, PoolTimeout
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as CheckoutTimeout
from starlette.exceptions import HTTPException

from api.core.context import request_id
from api.core.errors import ApiError, Conflict, FieldProblem, Invalid, Malformed, Unavailable

MEDIA_TYPE = "application/problem+json"
RETRY_SOON = {"Retry-After": "1"}
# Lock timeout, deadlock, serialization failure, statement timeout: the same request may succeed in a moment.
TRANSIENT = frozenset({"55P03", "40P01", "40001", "57014"})
CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large", 415: "unsupported_media_type"}

DATABASE_ERRORS = (DBAPIError, psycopg.Error, CheckoutTimeout, PoolTimeout, PoolClosed)
EXPECTED = (ApiError, RequestValidationError, *DATABASE_ERRORS)

log = structlog.get_logger(__name__)


def problem(error: ApiError) -> Response:
    """The answer that tells of an error."""
    body: dict[str, Any] = {
        "type": f"urn:stockpot:problem:{error.code}",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "detail": error.detail,
        "code": error.code,
    }
    if error.errors:
        body["errors"] = [{"field": e.field, "code": e.code, "detail": e.detail} for e in error.errors]
    if asked := request_id.get():
        body["request_id"] = asked
    content = orjson.dumps(error.extra | body, default=str)
    return Response(content, error.status, error.headers, MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Register the handlers; what none of them knows is answered by the outermost middleware as a 500."""
    app.add_exception_handler(ApiError, _api_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)
    for cause in DATABASE_ERRORS:
        app.add_exception_handler(cause, _database_error)


def answer(error: Exception) -> Response:
    """The answer to one of the `EXPECTED` errors; a database's refusal that is our own fault is raised again."""
    if isinstance(error, ApiError):
        return problem(error)
    return _invalid(error) if isinstance(error, RequestValidationError) else _refused(error)


async def _api_error(request: Request, error: Exception) -> Response:
    del request
    assert isinstance(error, ApiError)
    return problem(error)


async def _validation_error(request: Request, error: Exception) -> Response:
    del request
    assert isinstance(error, RequestValidationError)
    return _invalid(error)


def _invalid(error: RequestValidationError) -> Response:
    found = error.errors()
    if any(one["type"] == "json_invalid" for one in found):
        return problem(Malformed("The body is not JSON.", code="malformed_json"))
    fields = tuple(FieldProblem(_path(one["loc"]), _clean(one["type"]), _clean(one["msg"])) for one in found)
    return problem(Invalid("Some fields are wrong.", errors=fields))


def _path(location: tuple[Any, ...]) -> str:
    """`("body", "lines", 0, "quantity")` → `lines.0.quantity`."""
    parts = location[1:] if len(location) > 1 else location
    return _clean(".".join(str(part) for part in parts))


def _clean(text: str) -> str:
    """Field names come from the client; a lone surrogate in one cannot be written as UTF-8."""
    return text.encode("utf-8", "replace").decode()[:500]


async def _http_error(request: Request, error: Exception) -> Response:
    del request
    assert isinstance(error, HTTPException)
    return problem(from_http(error))


def from_http(error: HTTPException) -> ApiError:
    """The framework's own refusals (no such route, wrong method, unreadable body) as one of ours."""
    answer = Malformed(str(error.detail), headers=dict(error.headers or {}))
    if error.status_code != 400:
        answer = _WithStatus(error.status_code, str(error.detail), dict(error.headers or {}))
    return answer


class _WithStatus(Malformed):
    """A refusal of the framework, with its own status."""

    def __init__(self, status: int, detail: str, headers: dict[str, str]) -> None:
        self.status = status  # type: ignore[misc]  # one class for the framework's few statuses
        super().__init__(detail, code=CODES.get(status, HTTPStatus(status).name.lower()), headers=headers)


async def _database_error(request: Request, error: Exception) -> Response:
    del request
    return _refused(error)


def _refused(error: Exception) -> Response:
    meaning = from_database(error)
    if meaning is None:
        raise error
    log.warning("database_refused", cause=type(error).__name__, code=meaning.code, sqlstate=_sqlstate(error))
    return problem(meaning)


def from_database(error: Exception) -> ApiError | None:
    """What a database's refusal means to a client; None when it is this service's own fault (a wrong statement)."""
    state = _sqlstate(error)
    if state in TRANSIENT:
        return Unavailable("Too many at once; try again in a moment.", code="try_again", headers=RETRY_SOON)
    if isinstance(error, IntegrityError | psycopg.IntegrityError) or state.startswith("23"):
        return Conflict("It contradicts what is already there.", code="conflict", constraint=_constraint(error))
    if isinstance(error, DataError | psycopg.DataError) or state.startswith("22"):
        return Invalid("A value is outside of what can be stored.", code="out_of_range")
    if _is_outage(error, state):
        return Unavailable("The database does not answer; try again shortly.", headers=RETRY_SOON)
    return None


def _is_outage(error: Exception, state: str) -> bool:
    """Connection lost or refused, server shutting down or full, or no free connection in time."""
    if isinstance(error, CheckoutTimeout | PoolTimeout | PoolClosed):
        return True
    origin = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(origin, psycopg.OperationalError | psycopg.InterfaceError):
        return False
    return not state or re.match(r"08|53|57|58", state) is not None


def _sqlstate(error: Exception) -> str:
    origin = error.orig if isinstance(error, DBAPIError) else error
    return getattr(origin, "sqlstate", None) or ""


def _constraint(error: Exception) -> str | None:
    origin = error.orig if isinstance(error, DBAPIError) else error
    return origin.diag.constraint_name if isinstance(origin, psycopg.Error) else None
