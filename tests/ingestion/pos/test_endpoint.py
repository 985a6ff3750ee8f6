"""Fetching sales from a till's HTTP endpoint: pages, cursor, retries, and where nothing is fetched from."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from ingestion.errors import InvalidMapping, UnreachableEndpoint
from ingestion.pos.drops import import_dropped
from ingestion.pos.endpoint import fetch, load_endpoint
from tests.ingestion.conftest import Kitchen

COLUMNS = {"order_number": "id", "ordered_at": "at", "item_name": "item", "unit_price": "price"}


class Till(ThreadingHTTPServer):
    """A till with its sales, two to a page; it remembers what it was asked, and fails as often as it is told to."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.sales: list[dict[str, Any]] = []
        self.asked: list[dict[str, str]] = []
        self.tokens: list[str | None] = []
        self.failures = 0
        self.next_url: str | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/sales"


class Handler(BaseHTTPRequestHandler):
    server: Till

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        if self.server.failures:
            self.server.failures -= 1
            self.answer(503, {})
        elif address.path == "/moved":
            self.answer(302, {}, Location="http://127.0.0.2/elsewhere")
        else:
            self.server.asked.append(query)
            self.server.tokens.append(self.headers["Authorization"])
            page = int(query.get("page", 1))
            since = query.get("since", "")
            sales = [sale for sale in self.server.sales if sale["at"] >= since]
            self.answer(200, {"data": {"sales": sales[2 * page - 2 : 2 * page]}, "next": self.server.next_url})

    def answer(self, status: int, body: Any, **headers: str) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Type": "application/json", "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""


@pytest.fixture
def till(monkeypatch: pytest.MonkeyPatch) -> Iterator[Till]:
    monkeypatch.setenv("POS_HTTP_PRIVATE_HOSTS", "127.0.0.1")
    monkeypatch.setenv("POS_TOKEN_TEST", "secret-token")
    monkeypatch.setattr("ingestion.pos.endpoint.BACKOFF_SECONDS", 0)
    server = Till()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def declare(folder: Path, url: str, **changes: Any) -> Path:
    declared = {
        "url": url,
        "token_variable": "POS_TOKEN_TEST",
        "pages": {"kind": "page", "parameter": "page"},
        "cursor": {"column": "at", "parameter": "since", "start": "2026-01-01T00:00:00Z", "overlap_minutes": 60},
        "mapping": {
            "location": "RIV",
            "columns": COLUMNS,
            "file": {"records": "data.sales"},
            "formats": {"ordered_at": "iso"},
        },
        **changes,
    }
    path = folder / "till.endpoint.json"
    path.write_text(json.dumps(declared))
    return path


def sale(number: int, hour: int, price: float = 1.1) -> dict[str, Any]:
    return {"id": f"e{number}", "at": f"2026-11-01T{hour:02}:00:00Z", "item": "Pie", "price": price}


@pytest.mark.pipeline
class TestImport:
    def test_pages_are_followed_and_the_next_run_goes_on_with_an_overlap(
        self, shop: Kitchen, tmp_path: Path, till: Till
    ) -> None:
        """Three sales on two pages; a fourth arrives late within the hour of overlap, a fifth is new."""
        till.sales = [sale(1, 9), sale(2, 10, 9999999.123456), sale(3, 11)]
        till.failures = 2
        declare(tmp_path, till.url)
        (first,) = import_dropped(tmp_path, shop.pipeline_url)
        assert first.error is None
        assert first.figures is not None
        assert (first.figures["lines_loaded"], first.figures["cursor"]) == (3, "2026-11-01T11:00:00Z")
        assert [asked["page"] for asked in till.asked] == ["1", "2", "3"]
        assert (till.asked[0]["since"], set(till.tokens)) == ("2026-01-01T00:00:00Z", {"Bearer secret-token"})

        till.sales += [{**sale(4, 10), "at": "2026-11-01T10:30:00Z"}, sale(5, 12)]
        (second,) = import_dropped(tmp_path, shop.pipeline_url)
        assert second.figures is not None
        assert (second.figures["lines_loaded"], second.figures["lines_already_known"]) == (2, 2)
        assert till.asked[-1]["since"] == "2026-11-01T10:00:00Z"
        found = shop.read("select order_number, unit_price from raw_pos.order_lines order by 1")
        assert [number for number, _ in found] == ["e1", "e2", "e3", "e4", "e5"]
        assert found[1][1] == Decimal("9999999.123456")

        (third,) = import_dropped(tmp_path, shop.pipeline_url)
        assert third.figures is not None
        assert third.figures["lines_loaded"] == 0


class TestRefusal:
    def refused(self, folder: Path, url: str, reason: str, **changes: Any) -> None:
        with pytest.raises(UnreachableEndpoint, match=reason) as refusal:
            fetch(load_endpoint(declare(folder, url, **changes)), None, folder / "records.jsonl")
        assert "secret-token" not in str(refusal.value)

    def test_a_private_address_is_never_fetched_unless_it_is_named(
        self, tmp_path: Path, till: Till, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("POS_HTTP_PRIVATE_HOSTS", "other.internal")
        for url in (till.url, till.url.replace("127.0.0.1", "localhost"), f"http://[::1]:{till.server_port}/"):
            self.refused(tmp_path, url, "has the private address", token_variable=None)
        self.refused(tmp_path, "http://[::ffff:169.254.169.254]/", "private address", token_variable=None)
        assert till.asked == []

    def test_redirects_and_links_to_other_hosts_are_not_followed(self, tmp_path: Path, till: Till) -> None:
        self.refused(tmp_path, till.url.replace("/sales", "/moved"), "answers 302")
        till.next_url = "http://127.0.0.2/more"
        self.refused(tmp_path, till.url, "sends on to 127.0.0.2: not followed", pages={"kind": "next", "path": "next"})

    def test_what_is_no_list_of_records_is_named(self, tmp_path: Path, till: Till) -> None:
        self.refused(tmp_path, till.url, "without a list of records", mapping={"location": "RIV", "columns": COLUMNS})
        till.failures = 50
        self.refused(tmp_path, till.url, "answers 503")

    def test_a_missing_token_is_named_by_its_variable(self, tmp_path: Path, till: Till) -> None:
        self.refused(tmp_path, till.url, "POS_TOKEN_OTHER holds no token", token_variable="POS_TOKEN_OTHER")

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"url": "http://till.example/sales"}, "a token is sent over https alone"),
            ({"url": "https://me:secret@till.example/"}, "carries no user name"),
            ({"token_variable": "DATABASE_URL"}, "token_variable: String should match"),
            ({"url": "file:///etc/passwd"}, "url: String should match"),
        ],
    )
    def test_a_declaration_that_is_not_safe_is_refused(
        self, tmp_path: Path, changes: dict[str, Any], reason: str
    ) -> None:
        url = changes.pop("url", "https://till.example/sales")
        with pytest.raises(InvalidMapping, match=reason):
            load_endpoint(declare(tmp_path, url, **changes))
