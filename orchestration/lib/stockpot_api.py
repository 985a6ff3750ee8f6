"""The operational service over HTTP, with a service token of at most five minutes per request."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import jwt

from orchestration.lib import settings
from orchestration.lib.errors import ApiRefused, ApiUnreachable, ServiceKeyMissing

TOKEN_SECONDS = 240
ATTEMPTS = 4
RETRIED = frozenset({429, 502, 503, 504})


class ServiceToken(httpx.Auth):
    """Signs each request: EdDSA, `typ` service+jwt, issuer stockpot-pipeline."""

    def __init__(self, key_file: Path | None) -> None:
        try:
            self._key = key_file.read_text(encoding="ascii") if key_file else None
        except OSError as error:
            raise ServiceKeyMissing(f"SERVICE_PRIVATE_KEY_FILE {key_file} cannot be read: {error.strerror}") from error
        if self._key is None:
            raise ServiceKeyMissing(
                "SERVICE_PRIVATE_KEY_FILE must name the Ed25519 key that signs the pipeline's tokens"
            )

    def auth_flow(self, request: httpx.Request) -> Iterator[httpx.Request]:  # type: ignore[override]
        """Add the token to the request."""
        request.headers["Authorization"] = f"Bearer {self.token()}"
        yield request

    def token(self) -> str:
        """A new token, good for four minutes."""
        now = int(time.time())
        claims = {
            "iss": "stockpot-pipeline",
            "aud": "stockpot-api",
            "sub": "pipeline",
            "iat": now,
            "exp": now + TOKEN_SECONDS,
            "jti": str(uuid.uuid4()),
        }
        assert self._key is not None
        return jwt.encode(claims, self._key, algorithm="EdDSA", headers={"typ": "service+jwt"})


class StockpotApi:
    """A session with the operational service; every call is safe to repeat, so failures of the moment are retried."""

    def __init__(
        self,
        url: str | None = None,
        *,
        transport: httpx.BaseTransport | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._url = url or settings.api_url()
        self._pause = pause
        self._client = httpx.Client(
            base_url=self._url,
            auth=ServiceToken(settings.service_key_file()),
            timeout=httpx.Timeout(60, connect=5),
            transport=transport,
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def post_depletion(self, location_id: str, business_day: str, sales: list[dict[str, str]]) -> dict[str, Any]:
        """Take a day's sales from stock: status, revision, movement_count, unmapped codes."""
        body = {"location_id": location_id, "business_day": business_day, "sales": sales}
        return self._ask("POST", "/api/depletions", json=body)

    def raise_alerts(
        self, kind: str, day: str, alerts: list[dict[str, Any]], complete_for: Sequence[str] = ()
    ) -> dict[str, Any]:
        """Raise alerts of one kind for a day; the same again changes nothing.

        What is open of the kind at the locations in `complete_for` and is not among `alerts` has recovered.
        """
        body = {"kind": kind, "day": day, "alerts": alerts, "complete_for": list(complete_for)}
        return self._ask("POST", "/api/alerts/raise", json=body)

    def reports(self) -> list[dict[str, Any]]:
        """Every report definition."""
        return self._all("/api/reports")

    def pending_runs(self) -> list[dict[str, Any]]:
        """Exports that somebody asked for and nobody has made, the oldest first."""
        return self._all("/api/report-runs", status="pending")[::-1]

    def _all(self, path: str, **filters: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        query: dict[str, Any] = {"limit": 200, **filters}
        while True:
            page = self._ask("GET", path, params=query)
            found += page["items"]
            if page.get("next_cursor") is None:
                return found
            query["cursor"] = page["next_cursor"]

    def record_report_run(self, run: dict[str, Any]) -> dict[str, Any]:
        """Tell what became of an export; its recipients get a mail."""
        return self._ask("POST", "/api/report-runs", json=run)

    def has_export(self, report_id: str, day: date) -> bool:
        """Whether a report has been exported for a business day, as far as its last 200 exports tell."""
        page = self._ask("GET", "/api/report-runs", params={"report_id": report_id, "limit": 200})
        wanted = ("succeeded", day.isoformat())
        mine = (run for run in page["items"] if run["report_id"] == report_id)
        return any((run["status"], run["business_day"]) == wanted for run in mine)

    def tell_run_outcome(self, outcome: dict[str, Any]) -> dict[str, Any]:
        """Tell how a run of a job ended: a failure is an alert until the job succeeds."""
        return self._ask("POST", "/api/alerts/pipeline", json=outcome)

    def _ask(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        reply = self._send(method, path, **options)
        if reply.is_success:
            answer: dict[str, Any] = reply.json()
            return answer
        problem = _problem(reply)
        message = f"{method} {path} was answered {reply.status_code}: {problem.get('detail') or problem.get('title')}"
        fields = "; ".join(f"{each.get('field', '')} {each.get('message', '')}" for each in problem.get("errors") or [])
        raise ApiRefused(f"{message} {fields}".strip(), reply.status_code, str(problem.get("code", "")))

    def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        reply: httpx.Response | None = None
        for attempt in range(ATTEMPTS):
            if attempt:
                self._pause(0.5 * 3 ** (attempt - 1))
            try:
                reply = self._client.request(method, path, **options)
            except httpx.TransportError as error:
                trouble: Exception = error
                continue
            if reply.status_code not in RETRIED:
                return reply
        if reply is not None:
            return reply
        raise ApiUnreachable(
            f"the operational service at {self._url} does not answer (STOCKPOT_API_URL): {trouble}; "
            "start it and run the job again"
        ) from trouble


def _problem(reply: httpx.Response) -> dict[str, Any]:
    try:
        body = reply.json()
    except ValueError:
        body = None
    return body if isinstance(body, dict) else {"title": reply.text[:200] or reply.reason_phrase}
