"""A shorter way through the application for its hottest routes.

The framework's stack (exception groups, exit stacks, route matching, solving of dependencies) costs more than the
ledger's work on a scan, or PostgreSQL's on a page of stock. What a request must meet, it meets here too: the same
envelope, the same guard of bodies, the same authentication, the same errors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from api.core import problems
from api.core.middleware import BodyGuard, Envelope

JSON = (b"content-type", b"application/json")


def always(scope: Scope) -> bool:
    """Every request of the route."""
    del scope
    return True


@dataclass(frozen=True, slots=True)
class Way:
    """A lane as requests meet it, and which of them it serves; the others go the ordinary way."""

    app: ASGIApp
    takes: Callable[[Scope], bool]


class Express(FastAPI):
    """An application that serves the routes in `lanes`, by method and path, without its own stack.

    Each of them is a declared route as well, so that documentation and start-up checks know it.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.lanes: Mapping[tuple[str, str], Way] = {}

    def build_middleware_stack(self) -> ASGIApp:
        """The fork, in front of the framework's own stack."""
        return _Fork(super().build_middleware_stack(), self.lanes)


class _Fork:
    def __init__(self, ordinary: ASGIApp, lanes: Mapping[tuple[str, str], Way]) -> None:
        self.ordinary, self.lanes = ordinary, lanes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        lane = self.lanes.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        app = self.ordinary if lane is None or not lane.takes(scope) else lane.app
        await app(scope, receive, send)


class Lane:
    """One route's way: `serve` between the envelope, the guard and the handlers of errors."""

    def __init__(self, serve: ASGIApp, route: object, takes: Callable[[Scope], bool] = always) -> None:
        self.serve, self.route, self.takes = serve, route, takes

    def within(self, *, max_bytes: int, session_cookie: str, is_secure: bool) -> Way:
        """The lane in the envelope and the guard that every request meets."""
        guard = BodyGuard(self, max_bytes=max_bytes, session_cookie=session_cookie)
        return Way(Envelope(guard, is_secure=is_secure), self.takes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or say what is wrong with it."""
        scope["route"] = self.route
        try:
            await self.serve(scope, receive, send)
        except problems.EXPECTED as error:
            await problems.answer(error)(scope, receive, send)


async def read_body(receive: Receive) -> bytes | None:
    """A request's whole body; None when its client has gone. The guard has checked its size."""
    message = await receive()
    if not message.get("more_body", False):
        return None if message["type"] == "http.disconnect" else message.get("body", b"")
    parts = [message.get("body", b"")]
    while message.get("more_body", False):
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
    return b"".join(parts)


async def send_json(send: Send, content: bytes) -> None:
    """A JSON document with status 200."""
    length = (b"content-length", str(len(content)).encode())
    await send({"type": "http.response.start", "status": 200, "headers": [JSON, length]})
    await send({"type": "http.response.body", "body": content})
