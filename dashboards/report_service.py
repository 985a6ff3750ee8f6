"""Report definitions and their runs, at the operational service and with the person's own session."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx

from dashboards.session import ServiceUnreachable, api_url

MOST = 200


class RequestRefused(RuntimeError):
    """The service refused; the message is its own sentence, with the fields that it names."""


@dataclass(frozen=True)
class Reports:
    """The service's reports as one person may see and define them."""

    token: str

    def definitions(self) -> list[dict[str, Any]]:
        """Every definition that the person may see, by code."""
        return self._all("/api/reports")

    def runs(self, limit: int = 50) -> list[dict[str, Any]]:
        """The newest exports."""
        items: list[dict[str, Any]] = self._ask("GET", "/api/report-runs", params={"limit": limit})["items"]
        return items

    def link(self, run_id: str) -> str | None:
        """An address of a run's file, good for a quarter of an hour."""
        download = self._ask("GET", f"/api/report-runs/{run_id}").get("download")
        return None if download is None else str(download["url"])

    def me(self) -> dict[str, Any]:
        """Who is asking: id, name, and the grants of each scope."""
        return self._ask("GET", "/api/auth/me")

    def people(self) -> dict[str, str]:
        """Names by id of those whom a report could be sent to and whom the person may see; oneself at least."""
        me = self.me()
        names = {str(me["id"]): str(me["name"])}
        if "users.read" in me["grants"]:
            names |= {str(each["id"]): str(each["name"]) for each in self._all("/api/users")}
        return names

    def create(self, definition: dict[str, Any]) -> dict[str, Any]:
        """Define a report; gives it as the service keeps it.

        Raises:
            RequestRefused: with the service's reason.
        """
        return self._ask("POST", "/api/reports", json={"id": new_id(), **definition})

    def make(self, report_id: str) -> dict[str, Any]:
        """Have a report's file made now; its run says what became of it.

        Raises:
            RequestRefused: with the service's reason.
        """
        return self._ask("POST", f"/api/reports/{report_id}/run", json={"export": True, "id": new_id()})

    def edit(self, report: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
        """Change a definition as it was when it was read.

        Raises:
            RequestRefused: somebody else changed it meanwhile, or the service has another reason.
        """
        headers = {"If-Match": f'"{report["version"]}"'}
        return self._ask("PATCH", f"/api/reports/{report['id']}", json=change, headers=headers)

    def _all(self, path: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        cursor = None
        while True:
            page = self._ask("GET", path, params={"limit": MOST} | ({"cursor": cursor} if cursor else {}))
            items += page["items"]
            cursor = page.get("next_cursor")
            if not cursor:
                return items

    def _ask(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.token}", **request.pop("headers", {})}
        try:
            with httpx.Client(base_url=api_url(), timeout=10, trust_env=False) as client:
                answer = client.request(method, path, headers=headers, **request)
        except httpx.HTTPError as error:
            raise ServiceUnreachable("The service does not answer. Try again in a moment.") from error
        if not answer.is_success:
            raise RequestRefused(_sentence(answer))
        body: dict[str, Any] = answer.json()
        return body


def new_id() -> str:
    """A UUIDv7 of the client's own, so that the same wish sent twice is one report."""
    stamp = int(time.time() * 1000)
    number = (stamp << 80) | (7 << 76) | (secrets.randbits(12) << 64) | (2 << 62) | secrets.randbits(62)
    return str(UUID(int=number))


def _sentence(answer: httpx.Response) -> str:
    try:
        body = answer.json()
    except ValueError:
        return f"The service refused ({answer.status_code})."
    fields = "; ".join(f"{each.get('field')}: {each.get('detail')}" for each in body.get("errors") or [])
    detail = str(body.get("detail") or body.get("title") or f"The service refused ({answer.status_code}).")
    return f"{detail} {fields}".strip()
