"""Who is asking, and the one way for a route to say which scope it needs.

The room `identity` knows how to tell who is asking; `main` installs its authenticator as `app.state.authenticate`, so
that rooms below identity can declare scopes too.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol
from uuid import UUID

from fastapi import Request
from fastapi.params import Depends
from starlette.concurrency import run_in_threadpool

from api.core.errors import Forbidden, NotFound

EVERYWHERE: None = None


@dataclass(frozen=True, slots=True)
class Principal:
    """A person or a service that was authenticated for this request.

    `grants` maps each scope to the locations it holds at; `None` stands for every location.
    """

    id: UUID
    kind: Literal["user", "service"]
    session_id: UUID | None = None
    grants: Mapping[str, frozenset[UUID] | None] = field(default_factory=dict)

    def holds(self, scope: str) -> bool:
        """Whether the scope is held at one location at least."""
        return scope in self.grants

    def locations(self, scope: str) -> frozenset[UUID] | None:
        """The locations where the scope is held; `None` means everywhere, an empty set nowhere."""
        return self.grants.get(scope, frozenset())

    def may(self, scope: str, location_id: UUID) -> bool:
        """Whether the scope is held at this location."""
        locations = self.locations(scope)
        return locations is None or location_id in locations

    def must(self, scope: str, location_id: UUID) -> None:
        """Refuse a location that the person may not see, as if it did not exist.

        Raises:
            NotFound: the scope is not held there.
        """
        if not self.may(scope, location_id):
            message = "There is no such location, or none that you may see."
            raise NotFound(message, code="location_not_found")

    def must_everywhere(self, scope: str) -> None:
        """Refuse what concerns every location to whoever holds the scope at some of them only.

        Raises:
            Forbidden: the scope is not held everywhere.
        """
        if scope not in self.grants or self.grants[scope] is not None:
            message = f"This concerns every location; it needs the scope {scope} everywhere."
            raise Forbidden(message, code="needs_every_location", scope=scope)


class Authenticator(Protocol):
    """Tells who is asking; identity provides it."""

    def __call__(self, request: Request) -> Principal:
        """The principal; may ask the session store. Raises `Unauthenticated` or `Forbidden` (CSRF)."""

    def remembered(self, request: Request) -> Principal | None:
        """The principal if this process knew it a moment ago, without any input or output; else None."""


class Requires(Depends):
    """A route's declared scope: `principal: Annotated[Principal, Requires("inventory.scan")]`.

    `Requires.anybody()` means signed in, whatever the scopes; public routes are listed in `api.main.PUBLIC_ROUTES`.
    The application refuses to start with a route that declares nothing.
    """

    def __init__(self, scope: str | None) -> None:
        super().__init__(dependency=_checker(scope))

    @classmethod
    def anybody(cls) -> Requires:
        """Any authenticated person."""
        return cls(None)


async def authenticated(request: Request) -> Principal:
    """Who is asking: from this process's memory on the event loop, else through the session store on a thread."""
    authenticator: Authenticator = request.app.state.authenticate
    known = authenticator.remembered(request)
    return known if known is not None else await run_in_threadpool(authenticator, request)


def _checker(scope: str | None) -> Callable[[Request], Awaitable[Principal]]:
    async def check(request: Request) -> Principal:
        principal = await authenticated(request)
        if scope is not None and not principal.holds(scope):
            message = f"This needs the scope {scope}; ask an administrator for a role that holds it."
            raise Forbidden(message, code="missing_scope", scope=scope)
        return principal

    check.scope = scope  # type: ignore[attr-defined]  # read back by the start-up check and the OpenAPI document
    return check
