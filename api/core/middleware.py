"""What happens to every request before any route sees it, and to every answer on its way out.

`Envelope` is the outermost: request id, security headers, one log line, metrics, and the last resort for an error that
nobody knew. `BodyGuard` refuses a body by its size and type before anything parses it. Both are plain ASGI: a base
class that wraps requests into tasks would cost the scan path more than its query.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Collection, Iterable

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.core import logs, metrics, problems
from api.core.context import request_id
from api.core.errors import ApiError, Forbidden, Malformed, TooLarge, UnsupportedMedia
from api.core.headers import NO_STORE, SECURITY_HEADERS, TRANSPORT, header

ACCEPTED_ID = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)
WITH_BODY = frozenset({"POST", "PUT", "PATCH", "DELETE"})

log = structlog.get_logger(__name__)


class Envelope:
    """Names, measures, logs and hardens; an unknown error becomes a 500 that tells nothing but its request id."""

    def __init__(self, app: ASGIApp, *, is_secure: bool) -> None:
        self.app = app
        self.headers = (*SECURITY_HEADERS, NO_STORE, *((TRANSPORT,) if is_secure else ()))
        self.names = frozenset(name for name, _ in self.headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        asked = header(scope, b"x-request-id")
        is_usable = asked is not None and ACCEPTED_ID.fullmatch(asked) is not None
        name = asked if asked is not None and is_usable else f"{random.getrandbits(128):032x}"  # no secret
        token = request_id.set(name)
        try:
            await _Answer(self, scope, name).serve(receive, send)
        finally:
            request_id.reset(token)


class _Answer:
    """One request on its way through the envelope."""

    def __init__(self, envelope: Envelope, scope: Scope, name: str) -> None:
        self.envelope, self.scope, self.name = envelope, scope, name
        self.status = 0
        self.started_at = time.perf_counter()

    async def serve(self, receive: Receive, send: Send) -> None:
        async def harden(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.status = message["status"]
                message["headers"] = self._hardened(message.get("headers", ()))
            await send(message)

        try:
            await self.envelope.app(self.scope, receive, harden)
        except Exception:  # the process edge: nobody above would answer
            log.exception("request_failed", method=self.scope["method"], route=self._route())
            if self.status:
                raise
            await problems.problem(ApiError("Something went wrong on our side; it was logged."))(
                self.scope, receive, harden
            )
        finally:
            self._report()

    def _hardened(self, headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """The route's own headers, ours where it says nothing, and the request's id; in bytes, as they travel."""
        own = [each for each in headers if each[0] != b"x-request-id"]
        said = {name for name, _ in own}
        if said.isdisjoint(self.envelope.names):
            own.extend(self.envelope.headers)
        else:
            own.extend(each for each in self.envelope.headers if each[0] not in said)
        own.append((b"x-request-id", self.name.encode()))
        return own

    def _route(self) -> str:
        return str(getattr(self.scope.get("route"), "path", "unmatched"))

    def _report(self) -> None:
        seconds = time.perf_counter() - self.started_at
        route, method, status = self._route(), self.scope["method"], self.status or 499
        metrics.observe(method, route, status, seconds)
        logs.request(method, route, status, seconds)


class BodyGuard:
    """Refuses, before parsing: NUL in the address, a body too large, and any type but JSON."""

    def __init__(
        self, app: ASGIApp, *, max_bytes: int, session_cookie: str, other_bodies: Collection[str] = ()
    ) -> None:
        self.app = app
        self.max_bytes = max_bytes
        self.session_cookie = session_cookie
        self.other_bodies = frozenset(other_bodies)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        try:
            receive = await self._checked(scope, receive)
        except ApiError as error:
            await problems.problem(error)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    async def _checked(self, scope: Scope, receive: Receive) -> Receive:
        if "\0" in scope["path"] or b"%00" in scope.get("query_string", b""):
            message = "The address contains a NUL character."
            raise Malformed(message)
        if scope["method"] not in WITH_BODY:
            return receive
        length, is_chunked = header(scope, b"content-length"), header(scope, b"transfer-encoding") is not None
        if length is None and not is_chunked:
            return receive
        if length is not None and (not length.isdecimal() or int(length) > self.max_bytes):
            raise self._too_large()
        if (length != "0" or is_chunked) and scope["path"] not in self.other_bodies:
            self._check_type(scope)
        return await self._read(receive) if is_chunked else receive

    def _check_type(self, scope: Scope) -> None:
        """A browser sends JSON across origins only after asking; other types it would send blindly."""
        if (header(scope, b"content-type") or "").partition(";")[0].strip().lower() == "application/json":
            return
        if self.session_cookie in (header(scope, b"cookie") or "") and header(scope, b"authorization") is None:
            message = "A request with session cookies must carry application/json."
            raise Forbidden(message, code="csrf_body_type")
        message = "Send application/json."
        raise UnsupportedMedia(message)

    async def _read(self, receive: Receive) -> Receive:
        """Read a body of unknown length up to the limit, then hand it on whole."""
        body = bytearray()
        is_more = True
        while is_more:
            message = await receive()
            if message["type"] != "http.request":
                return _replay(message, receive)
            body += message.get("body", b"")
            is_more = message.get("more_body", False)
            if len(body) > self.max_bytes:
                raise self._too_large()
        return _replay({"type": "http.request", "body": bytes(body), "more_body": False}, receive)

    def _too_large(self) -> TooLarge:
        return TooLarge(f"A body may have {self.max_bytes} bytes at most.")


def _replay(first: Message, receive: Receive) -> Receive:
    pending = [first]

    async def replay() -> Message:
        return pending.pop() if pending else await receive()

    return replay
