"""The operational service's door as the dashboards use it: who is asking, sign-in, refresh, sign-out. A network edge."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class FakeService:
    """People by access token; refresh tokens and passwords lead to access tokens. `claim` makes reading claims."""

    url: str = ""
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    passwords: dict[tuple[str, str], str] = field(default_factory=dict)
    refreshes: dict[str, str] = field(default_factory=dict)
    ended: list[str] = field(default_factory=list)
    reports: list[dict[str, Any]] = field(default_factory=list)
    runs: list[dict[str, Any]] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    claim: Callable[[list[str] | None], str | None] = lambda _: None

    @property
    def port(self) -> str:
        """It stands in the cookies' names."""
        return self.url.rpartition(":")[2]

    def admit(self, token: str, *, name: str = "Ana Lyst", locations: list[str] | None = None, scope: str = "reports.read", may_edit: bool = False) -> None:  # fmt: skip
        """Let a token in, for everywhere or for some locations."""
        grants = {scope: locations} | ({"reports.edit": locations} if may_edit else {})
        self.people[token] = {"id": f"id-{token}", "name": name, "email": f"{token}@example.com", "grants": grants}

    def answer(self, method: str, path: str, headers: Any, body: dict[str, Any]) -> tuple[int, dict[str, Any], str | None]:  # fmt: skip
        token = headers.get("Authorization", "").removeprefix("Bearer ")
        if (method, path) == ("GET", "/api/auth/me"):
            return (200, self.people[token], None) if token in self.people else (401, {"title": "Unauthorized"}, None)
        if path == "/api/reading-claims":
            return self._claimed(token)
        if path.startswith("/api/report"):
            return self._reported(method, path, token, headers, body)
        if path == "/api/auth/logout":
            self.ended.append(token)
            self.people.pop(token, None)
            return 204, {}, None
        if path == "/api/auth/refresh":
            cookie = headers.get("Cookie", "").removeprefix(f"stockpot_refresh_{self.port}=")
            access = self.refreshes.get(cookie) if headers.get("X-CSRF-Token") == "csrf" else None
        else:
            access = self.passwords.get((body.get("email", ""), body.get("password", "")))
        if access is None:
            return 401, {"title": "Unauthorized", "detail": "E-mail or password is wrong."}, None
        return (
            200,
            {"access_token": access, "csrf_token": "csrf"},
            f"stockpot_refresh_{self.port}=again-{access}; Path=/",
        )

    def _reported(self, method: str, path: str, token: str, headers: Any, body: dict[str, Any]) -> tuple[int, dict[str, Any], str | None]:  # fmt: skip
        """Definitions and runs, as the service keeps them: created once, edited only as they were read."""
        if token not in self.people:
            return 401, {"title": "Unauthorized"}, None
        if method in {"POST", "PATCH"}:
            return self._defined(method, path, headers, body)
        if path.startswith("/api/report-runs/"):
            return 200, {"download": {"url": f"{self.url}/file", "expires_in": 900}}, None
        items = self.runs if path.startswith("/api/report-runs") else self.reports
        return 200, {"items": items, "next_cursor": None}, None

    def _defined(self, method: str, path: str, headers: Any, body: dict[str, Any]) -> tuple[int, dict[str, Any], str | None]:  # fmt: skip
        if path.endswith("/run"):
            self.made.append(path.split("/")[3])
            return 202, {"id": body["id"], "status": "pending"}, None
        if method == "POST":
            if any(each["code"] == body["code"] for each in self.reports):
                return 409, {"title": "Conflict", "detail": "Another report has this code."}, None
            self.reports.append({**body, "is_enabled": True, "version": 1})
            return 201, self.reports[-1], None
        report = next(each for each in self.reports if path.endswith(each["id"]))
        if headers.get("If-Match") != f'"{report["version"]}"':
            return 412, {"title": "Somebody else changed it."}, None
        report.update(body, version=report["version"] + 1)
        return 200, report, None

    def _claimed(self, token: str) -> tuple[int, dict[str, Any], str | None]:
        if token not in self.people:
            return 401, {"title": "Unauthorized"}, None
        locations = self.people[token]["grants"]["reports.read"]
        claim = self.claim(locations)
        if claim is None:
            return 409, {"code": "mart_not_published"}, None
        return 200, {"claim": claim, "expires_in": 60, "locations": locations}, None


@contextmanager
def running_service(port: int = 0) -> Iterator[FakeService]:
    """Serve on loopback for the block."""
    service = FakeService()

    class Handler(BaseHTTPRequestHandler):
        def _reply(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else {}
            status, content, cookie = service.answer(self.command, self.path, self.headers, body)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            if cookie:
                self.send_header("Set-Cookie", cookie)
            self.end_headers()
            if status != 204:
                self.wfile.write(json.dumps(content).encode())

        do_GET = do_POST = do_PATCH = _reply  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    service.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
