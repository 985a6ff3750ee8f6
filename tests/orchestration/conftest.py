"""A kitchen that sells pies, a stand-in for the operational service, and the pipeline run over both."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import dagster as dg
import jwt
import psycopg
import pytest

from tests.conftest import environment_for
from tests.ingestion.conftest import Kitchen, make_kitchen

RESULTS = """
create schema raw_quality;
create table raw_quality.results (run_id text, suite text, table_name text, expectation text, severity text, success boolean,
    observed_value text, unexpected_count bigint, sample jsonb, reason text, evaluated_at timestamptz default now())
"""
"""What an export reads of the gates' results."""
REPORTS = ("stock_on_hand", "stock_movements")


@dataclass
class Service:
    """What the pipeline sees of the operational service: it checks the token, keeps what it is told, answers."""

    key: str
    url: str = ""
    depletions: list[dict[str, Any]] = field(default_factory=list)
    alerts: list[dict[str, Any]] = field(default_factory=list)
    runs: list[dict[str, Any]] = field(default_factory=list)
    reports: list[dict[str, Any]] = field(default_factory=list)
    outcomes: list[dict[str, Any]] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)  # business days
    outages: int = 0  # so many requests are answered 503 first

    def answer(self, method: str, path: str, token: str, body: Any) -> tuple[int, Any]:
        claims = jwt.decode(token, self.key, ["EdDSA"], audience="stockpot-api", issuer="stockpot-pipeline")
        assert claims["exp"] - claims["iat"] <= 300
        assert jwt.get_unverified_header(token)["typ"] == "service+jwt"
        if self.outages:
            self.outages -= 1
            return 503, {"title": "away"}
        return self._route(method, path.partition("?")[0], body)

    def _route(self, method: str, path: str, body: Any) -> tuple[int, Any]:  # noqa: PLR0911 - one for each route
        match method, path:
            case "POST", "/api/depletions":
                if body["business_day"] in self.refused:
                    return 409, {"title": "Conflict", "detail": "not enough flour", "code": "insufficient_stock"}
                is_known = body in self.depletions
                self.depletions.append(body)
                status = "unchanged" if is_known else "posted"
                return 200, {"status": status, "revision": 1, "movement_count": 1, "unmapped": []}
            case "POST", "/api/alerts/raise":
                self.alerts.append(body)
                return 200, {"raised": len(body["alerts"])}
            case "POST", "/api/alerts/pipeline":
                self.outcomes.append(body)
                return 200, {"status": "opened", "resolved": 0}
            case "GET", "/api/report-runs":
                return 200, {"items": self.runs, "next_cursor": None}
            case "GET", "/api/reports":
                return 200, {"items": self.reports, "next_cursor": None}
            case "POST", "/api/report-runs":
                self.runs.append(body)
                return 201, {"id": str(uuid4())}
        return 404, {"title": "Not found", "detail": path, "code": "not_found"}


def report(code: str, mart: str, **changes: Any) -> dict[str, Any]:
    """A definition as GET /api/reports gives it."""
    return {
        "id": str(uuid4()),
        "code": code,
        "mart": mart,
        "columns": [],
        "filters": {},
        "format": "csv",
        "schedule": None,
        "location_id": None,
        "is_builtin": True,
        "is_enabled": True,
    } | changes


@pytest.fixture
def service(key_folder: Path) -> Iterator[Service]:
    """The stand-in, answering on loopback."""
    state = Service((key_folder / "service-public.pem").read_text())
    state.reports = [
        report("stock_on_hand", "fct_stock_on_hand_daily"),
        report("stock_movements", "fct_stock_movements"),
    ]

    class Handler(BaseHTTPRequestHandler):
        def _reply(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
            status, answer = state.answer(self.command, self.path, token, body)
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _reply  # noqa: N815 - the library's names

        def log_message(self, *_: Any) -> None:
            """Tests need no access log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    yield state
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass(frozen=True)
class Pipeline:
    """The nightly job over one kitchen."""

    kitchen: Kitchen
    service: Service
    home: Path
    analyst_url: str

    def run(self) -> dg.ExecuteInProcessResult:
        """Run the job once, as the scheduler does; a failed run is a result, not an exception."""
        from orchestration.definitions import defs

        with dg.DagsterInstance.ephemeral() as instance:
            return defs.resolve_job_def("nightly").execute_in_process(instance=instance, raise_on_error=False)

    def drop(self, *lines: str) -> None:
        """Put a till's file into the drop folder: bill, when, item, qty, price."""
        folder = self.home / "drop" / "pos"
        folder.mkdir(parents=True, exist_ok=True)
        columns = {
            "order_number": "bill",
            "ordered_at": "when",
            "item_code": "item",
            "quantity": "qty",
            "unit_price": "price",
            "stated_line_count": "lines",
        }
        (folder / "sales.csv").write_text("\n".join(("bill,when,item,qty,price,lines", *lines)))
        (folder / "sales.csv.mapping.json").write_text(json.dumps({"location": "RIV", "columns": columns}))


@pytest.fixture
def kitchen(fresh_database: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kitchen:
    """A kitchen in a database of its own."""
    return make_kitchen(fresh_database, tmp_path, monkeypatch)


@pytest.fixture
def pipeline(
    kitchen: Kitchen,
    service: Service,
    fresh_database: Any,
    key_folder: Path,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Pipeline:
    """The pipeline, its environment pointing at the kitchen's database and the stand-in service."""
    for name, value in environment_for(fresh_database, "redis://127.0.0.1:1/0", tmp_path, key_folder).items():
        monkeypatch.setenv(name, value)
    for name in ("S3_BUCKET", "S3_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("STOCKPOT_API_URL", service.url)
    return Pipeline(kitchen, service, tmp_path, fresh_database.analyst_url)


def execute(url: str, statement: str) -> None:
    """Run one statement as whoever the URL names."""
    with psycopg.connect(url) as session:
        session.execute(statement)  # type: ignore[call-overload]
