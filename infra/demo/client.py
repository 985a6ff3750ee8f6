"""The HTTP API as the demo's people use it: signed in by role, patient with a service that is busy for a moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any, Self

import httpx

TRIES = 8
BUSY = frozenset({429, 502, 503, 504})


class LoadError(RuntimeError):
    """The API refused something that the demo takes for granted."""


class Refused(LoadError):
    """An answer that is no success; `problem` is its body."""

    def __init__(self, method: str, path: str, response: httpx.Response) -> None:
        self.status = response.status_code
        is_problem = "json" in response.headers.get("content-type", "")
        self.problem: dict[str, Any] = response.json() if is_problem else {"detail": response.text[:500]}
        super().__init__(f"{method} {path} was answered {self.status}: {self.problem}")

    @property
    def code(self) -> str:
        """The problem's stable noun."""
        return str(self.problem.get("code", ""))


class Person:
    """Somebody signed in; may be used from several threads."""

    def __init__(
        self, api_url: str, email: str, password: str, *, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._client = httpx.Client(base_url=api_url, timeout=60, transport=transport)
        self._login = {"email": email, "password": password}
        self._lock = threading.Lock()
        self._token = ""
        self.user: dict[str, Any] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Let the connections go."""
        self._client.close()

    def get(self, path: str, **params: Any) -> dict[str, Any]:
        """Read one thing or one page."""
        return self._ask("GET", path, params=params)

    def each(self, path: str, **params: Any) -> Iterator[dict[str, Any]]:
        """Every row of a list, page by page."""
        cursor: str | None = None
        while True:
            page = self.get(path, limit=200, **params, **({"cursor": cursor} if cursor else {}))
            yield from page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Create something, or do it."""
        return self._ask("POST", path, json=body)

    def patch(self, path: str, body: Mapping[str, Any], version: int | None = None) -> dict[str, Any]:
        """Edit something, as of a version where rows have one."""
        headers = {} if version is None else {"If-Match": f'"{version}"'}
        return self._ask("PATCH", path, json=body, headers=headers)

    def _ask(self, method: str, path: str, headers: Mapping[str, str] | None = None, **what: Any) -> dict[str, Any]:
        """Ask until the service answers; every request carries an id, so asking twice does nothing twice.

        Raises:
            Refused: the answer is an error that asking again will not mend.
            LoadError: nothing answers.
        """
        trouble = ""
        for attempt in range(TRIES):
            token = self._token or self._sign_in("")
            try:
                response = self._client.request(
                    method, path, headers={**(headers or {}), "Authorization": f"Bearer {token}"}, **what
                )
            except httpx.TransportError as error:
                trouble = f"{type(error).__name__}: {error}"
            else:
                if response.is_success:
                    answer: dict[str, Any] = response.json() if response.content else {}
                    return answer
                if response.status_code == httpx.codes.UNAUTHORIZED and attempt < TRIES - 1:
                    self._sign_in(token)
                    continue
                if response.status_code not in BUSY:
                    raise Refused(method, path, response)
                trouble = f"{response.status_code} {response.text[:200]}"
            time.sleep(min(5.0, 0.2 * 2**attempt))
        raise LoadError(f"{method} {path} found no service that answers: {trouble}")

    def _sign_in(self, stale: str) -> str:
        """A token that is not the stale one; only one thread asks for it."""
        with self._lock:
            if self._token == stale:
                response = self._client.post("/api/auth/login", json=self._login)
                if not response.is_success:
                    raise Refused("POST", "/api/auth/login", response)
                answer = response.json()
                self._client.cookies.clear()  # the bearer alone says who asks; cookies would ask for a CSRF token
                self._token, self.user = answer["access_token"], answer["user"]
            return self._token
