"""Exports that somebody asked for: made in the order of asking, each told by its id, one that fails stops no other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import dagster as dg
import httpx
import psycopg
import pytest

from orchestration.defs.exports import requests
from orchestration.lib.errors import ApiUnreachable
from orchestration.lib.publishing import publish
from orchestration.lib.requests import export_pending
from orchestration.lib.stockpot_api import StockpotApi
from orchestration.lib.verifying import verify_path
from tests.orchestration.conftest import report

MART = """
create schema marts_build;
create table marts_build.fct_notes as select 1 as id, 'plain'::text as note, date '2026-11-21' as business_day
"""


class Desk:
    """The service's side: two reports, three runs that wait, and what it is told."""

    def __init__(self) -> None:
        self.reports = [report("notes", "fct_notes", name="Notes"), report("ghosts", "fct_ghosts", name="Ghosts")]
        self.pending = [
            {"id": f"0190b7c2-0000-7000-8000-00000000000{number}", "report_id": self.reports[which]["id"],
             "format": kind, "business_day": "2026-11-21"}
            for number, which, kind in ((3, 0, "parquet"), (2, 1, "csv"), (1, 0, "csv"))
        ]  # fmt: skip
        self.told: list[dict[str, Any]] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            self.told.append(json.loads(request.content))
            return httpx.Response(201, json={})
        if request.url.path == "/api/reports":
            return httpx.Response(200, json={"items": self.reports, "next_cursor": None})
        assert request.url.params["status"] == "pending"
        is_first = "cursor" not in request.url.params
        items = self.pending[:2] if is_first else self.pending[2:]
        return httpx.Response(200, json={"items": items, "next_cursor": "more" if is_first else None})


@pytest.mark.pipeline
class TestPending:
    @pytest.fixture
    def objects(
        self, clone_database: Any, key_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> Iterator[Path]:
        url = clone_database("requests").pipeline_url
        with psycopg.connect(url) as session:
            session.execute(MART)
        publish(url, "load")
        monkeypatch.setenv("WAREHOUSE_URL", url)
        monkeypatch.setenv("OBJECT_STORE_PATH", str(tmp_path))
        monkeypatch.setenv("SERVICE_PRIVATE_KEY_FILE", str(key_folder / "service-private.pem"))
        monkeypatch.delenv("S3_BUCKET", raising=False)
        return tmp_path

    def test_every_one_is_made_or_told_why_not(self, objects: Path) -> None:
        desk = Desk()
        with StockpotApi("http://service", transport=httpx.MockTransport(desk.answer)) as api:
            made = export_pending(api)
        ids = [run["id"] for run in desk.pending]
        assert list(made) == ids[::-1]
        assert [made[run_id].partition(":")[0] for run_id in ids] == ["good", "failed", "good"]
        assert [(told["run_id"], told["status"], told["format"]) for told in desk.told] == [
            (ids[2], "succeeded", "csv"), (ids[1], "failed", "csv"), (ids[0], "succeeded", "parquet"),
        ]  # fmt: skip
        assert "no published mart 'fct_ghosts'" in desk.told[1]["error"]
        assert f"/run={ids[0]}/" in desk.told[2]["object_key"]
        assert [each.ok for each in verify_path(objects)] == [True, True]


class TestSensor:
    def ask(self, monkeypatch: pytest.MonkeyPatch, waiting: list[dict[str, Any]] | Exception) -> Any:
        class Api:
            def __enter__(self) -> Self:
                return self

            def __exit__(self, *_: object) -> None:
                """Nothing to close."""

            def pending_runs(self) -> list[dict[str, Any]]:
                if isinstance(waiting, Exception):
                    raise waiting
                return waiting

        monkeypatch.setattr(requests, "StockpotApi", Api)
        with dg.DagsterInstance.ephemeral() as instance:
            return requests.requested_exports_sensor(dg.build_sensor_context(instance=instance))

    def test_a_run_is_asked_for_while_somebody_waits(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert isinstance(self.ask(monkeypatch, [{"id": "1"}]), dg.RunRequest)
        assert isinstance(self.ask(monkeypatch, []), dg.SkipReason)

    def test_a_service_that_is_away_is_asked_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        answer = self.ask(monkeypatch, ApiUnreachable("away"))
        assert isinstance(answer, dg.SkipReason)
        assert "away" in str(answer.skip_message)
