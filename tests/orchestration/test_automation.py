"""Sensors: each asks once for what is due, and keeps its place while somebody it needs is away."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import psycopg
import pytest

from ingestion.drops.places import DroppedFile, Folder
from orchestration.defs.automation.drops import supplier_drops, till_drops
from orchestration.defs.automation.due_reports import due_report_sensor
from orchestration.defs.automation.nights import nights
from orchestration.defs.automation.outcomes import run_outcomes
from orchestration.lib.due import due_reports
from orchestration.lib.errors import ApiRefused, ApiUnreachable
from orchestration.lib.retries import only_passing_trouble_is_retried
from orchestration.lib.run_outcomes import HIDDEN, clean
from tests.ingestion.conftest import Kitchen
from tests.orchestration.conftest import Service, execute, report


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture
def told(service: Service, key_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Service:
    """The stand-in service, where the sensors find it."""
    monkeypatch.setenv("SERVICE_PRIVATE_KEY_FILE", str(key_folder / "service-private.pem"))
    monkeypatch.setenv("STOCKPOT_API_URL", service.url)
    monkeypatch.setenv("STOCKPOT_DAGSTER_URL", "http://127.0.0.1:3000/")
    return service


def requests(result: Any) -> list[dg.RunRequest]:
    return list(result.run_requests or []) if isinstance(result, dg.SensorResult) else []


class TestOutcomes:
    @pytest.fixture
    def runs(self, instance: dg.DagsterInstance) -> None:
        """A night that fails, one that succeeds, and somebody's own attempt that nobody else asked for."""

        @dg.op
        def load_ledger() -> None:
            try:
                raise ConnectionError(  # noqa: TRY301 - a cause is what this is about
                    "\ncannot reach postgresql://pipeline:hunter22@db/stockpot\nas its log says at length"
                )
            except ConnectionError as error:
                raise RuntimeError("the load stopped") from error

        @dg.op
        def rest() -> None: ...

        for name, op in (("nightly", load_ledger), ("refresh", rest), ("attempt", load_ledger)):
            job = dg.GraphDefinition(name=name, node_defs=[op]).to_job(name=name)
            job.execute_in_process(instance=instance, raise_on_error=False)

    def ask(self, instance: dg.DagsterInstance, cursor: str | None) -> str | None:
        context = dg.build_sensor_context(instance=instance, cursor=cursor)
        run_outcomes(context)
        return context.cursor

    def test_each_is_told_once_with_step_reason_and_link(
        self, instance: dg.DagsterInstance, told: Service, runs: None
    ) -> None:
        start = datetime(2026, 1, 1, tzinfo=UTC).isoformat()
        cursor = self.ask(instance, start)
        assert self.ask(instance, cursor) == cursor
        failed, succeeded = told.outcomes
        assert (failed["job"], failed["status"], failed["step"]) == ("nightly", "failed", "load_ledger")
        assert failed["error"] == f"ConnectionError: cannot reach postgresql://pipeline:{HIDDEN}@db/stockpot"
        assert failed["url"] == f"http://127.0.0.1:3000/runs/{failed['run_id']}"
        assert (succeeded["job"], succeeded["status"]) == ("refresh", "succeeded")

    def test_a_service_that_is_away_is_told_later(
        self, instance: dg.DagsterInstance, told: Service, runs: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        start = datetime(2026, 1, 1, tzinfo=UTC).isoformat()
        monkeypatch.setattr("orchestration.lib.stockpot_api.ATTEMPTS", 1)
        told.outages = 1
        assert self.ask(instance, start) == start
        assert told.outcomes == []
        self.ask(instance, start)
        assert len(told.outcomes) == 2

    def test_it_begins_with_now(self, instance: dg.DagsterInstance, told: Service, runs: None) -> None:
        assert self.ask(instance, None) is not None
        assert told.outcomes == []


class TestClean:
    @pytest.mark.parametrize(
        ("text", "cleaned"),
        [
            ("redis://:topsecret@cache/0 is away", f"redis://:{HIDDEN}@cache/0 is away"),
            ("Authorization: Bearer abc.def-ghi", f"Authorization: Bearer {HIDDEN}"),
            ("token eyJhbGciOi.eyJzdWIi.c2ln refused", f"token {HIDDEN} refused"),
            ("password=hunter22 host=db", f"password={HIDDEN} host=db"),
            ("GET /x?X-Amz-Signature=0a1b2c&y=1", f"GET /x?X-Amz-Signature={HIDDEN}&y=1"),
            ("key AKIAIOSFODNN7EXAMPLE", f"key {HIDDEN}"),
            ("said 'very-own-secret' aloud", f"said '{HIDDEN}' aloud"),
            ("\n  \nfirst\nsecond", "first"),
            ("a\x1b[31mb\tc", "a [31mb c"),
            ("", "the run ended without saying why"),
        ],
        ids=["address", "bearer", "jwt", "password", "signature", "aws", "by value", "line", "control", "nothing"],
    )
    def test_a_line_without_secrets(self, text: str, cleaned: str) -> None:
        assert clean(text, {"CSRF_SECRET": "very-own-secret", "PATH": "host=db"}) == cleaned

    def test_it_is_short(self) -> None:
        assert len(clean("x" * 10_000)) == 500


@pytest.mark.pipeline
class TestDrops:
    @pytest.fixture
    def folder(self, kitchen: Kitchen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """An empty drop folder over a warehouse that has seen no file."""
        assert kitchen.read("select to_regclass('raw_pos.dropped_files')") == [(None,)]
        monkeypatch.setenv("POS_DROP_PATH", str(tmp_path / "drop"))
        (tmp_path / "drop").mkdir()
        return tmp_path / "drop"

    def drop(self, folder: Path, name: str, text: str = "bill,when", *, age: float = 120) -> None:
        for path, content in ((folder / name, text), (folder / f"{name}.mapping.json", '{"location": "RIV"}')):
            path.write_text(content)
            os.utime(path, (time.time() - age,) * 2)

    def ask(self, instance: dg.DagsterInstance) -> Any:
        return till_drops(dg.build_sensor_context(instance=instance))

    def test_a_new_file_is_asked_for_under_one_key_and_under_another_when_it_changes(
        self, instance: dg.DagsterInstance, folder: Path
    ) -> None:
        assert isinstance(self.ask(instance), dg.SkipReason)
        self.drop(folder, "new.csv")
        first, again = self.ask(instance), self.ask(instance)
        self.drop(folder, "new.csv", "bill,when,what")
        second = self.ask(instance)
        assert first.run_key == again.run_key
        assert first.run_key != second.run_key

    def test_half_a_file_waits(self, instance: dg.DagsterInstance, folder: Path) -> None:
        self.drop(folder, "half.csv", age=5)
        assert isinstance(self.ask(instance), dg.SkipReason)

    def test_a_night_under_way_takes_it_along(self, instance: dg.DagsterInstance, folder: Path) -> None:
        self.drop(folder, "new.csv")

        @dg.job
        def nightly() -> None: ...

        run = instance.create_run_for_job(nightly, status=dg.DagsterRunStatus.STARTED)
        assert isinstance(self.ask(instance), dg.SkipReason)
        instance.report_run_failed(run)
        assert isinstance(self.ask(instance), dg.RunRequest)


@pytest.mark.pipeline
class TestSupplierDrops:
    @pytest.fixture
    def folder(self, kitchen: Kitchen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """Empty drop folders for price lists and invoices."""
        monkeypatch.setenv("SUPPLIER_CATALOG_DROP_PATH", str(tmp_path / "lists"))
        monkeypatch.setenv("INVOICE_DROP_PATH", str(tmp_path / "bills"))
        return tmp_path

    def drop(self, folder: Path, name: str, text: str) -> None:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        os.utime(path, (time.time() - 120,) * 2)

    def ask(self, instance: dg.DagsterInstance) -> Any:
        return supplier_drops(dg.build_sensor_context(instance=instance))

    def test_each_place_is_watched_and_a_bad_file_is_asked_for_once(
        self, instance: dg.DagsterInstance, folder: Path, kitchen: Kitchen
    ) -> None:
        """A list of nobody and an empty invoice: two files to look at; refused and put aside, none is left."""
        from ingestion.invoices.cli import DROPPED_INVOICES
        from ingestion.quarantine.store import list_rows
        from ingestion.supplier_catalogs.cli import DROPPED_PRICE_LISTS

        assert isinstance(self.ask(instance), dg.SkipReason)
        self.drop(folder, "lists/NOBODY/a.csv", "sku,price\nA,1\n")
        self.drop(folder, "bills/a.edi", "")
        asked = self.ask(instance)
        assert asked.tags["stockpot/files"] == "2"
        assert asked.run_key == self.ask(instance).run_key
        for feed, place in ((DROPPED_PRICE_LISTS, "lists"), (DROPPED_INVOICES, "bills")):
            (found,) = feed.import_dropped(folder / place, kitchen.pipeline_url)
            assert found.error
        assert isinstance(self.ask(instance), dg.SkipReason)
        waiting = {(row.source, row.file, row.code) for row in list_rows(kitchen.pipeline_url)}
        assert waiting == {
            ("supplier_catalogs", "NOBODY/a.csv", "unknown_supplier"),
            ("invoices", "a.edi", "unreadable_file"),
        }

    def test_a_place_that_cannot_be_read_does_not_hold_the_other_up(
        self, instance: dg.DagsterInstance, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        files = Folder.files

        def away(place: Folder) -> list[DroppedFile]:
            if place._path.name == "bills":
                raise OSError("no such share")
            return files(place)

        monkeypatch.setattr(Folder, "files", away)
        assert "invoices cannot be read: no such share" in str(self.ask(instance).skip_message)
        self.drop(folder, "lists/MILL/a.csv", "sku,price\nA,1\n")
        assert isinstance(self.ask(instance), dg.RunRequest)


NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)  # a Monday


class TestDue:
    def test_the_last_firing_since_then(self) -> None:
        weekly = report("weekly", "m", schedule="0 6 * * 1", is_builtin=False)
        hourly = report("hourly", "m", schedule="0 * * * *")
        rest = [report("off", "m", schedule="0 6 * * *", is_enabled=False), report("asked", "m")]
        found = due_reports([weekly, hourly, *rest], NOON - timedelta(hours=8), NOON)
        assert [(each.code, each.asset, each.at.hour, each.day.isoformat()) for each in found] == [
            ("weekly", "own_reports", 6, "2026-11-22"),
            ("hourly", "hourly", 12, "2026-11-22"),
        ]
        assert due_reports([weekly], NOON - timedelta(hours=6), NOON) == []

    @pytest.mark.pipeline
    def test_a_run_for_what_no_night_has_made_and_never_twice(
        self, instance: dg.DagsterInstance, told: Service, kitchen: Kitchen
    ) -> None:
        now = datetime.now(UTC)
        daily = f"{now.minute} {now.hour} * * *"
        told.reports = [report("mine", "m", schedule=daily, is_builtin=False), report("made", "m", schedule=daily)]
        day = (now.date() - timedelta(days=1)).isoformat()
        told.runs = [{"report_id": told.reports[1]["id"], "business_day": day, "status": "succeeded"}]
        start = (now - timedelta(hours=1)).isoformat()

        def ask(cursor: str) -> Any:
            return due_report_sensor(dg.build_sensor_context(instance=instance, cursor=cursor))

        assert isinstance(ask(start), dg.SkipReason)  # nothing is published that could be exported
        execute(kitchen.pipeline_url, "create schema marts")
        execute(kitchen.pipeline_url, "create table marts.loads as select 'load' as load_id")
        result = ask(start)
        (request,) = requests(result)
        assert [key.path for key in request.asset_selection or []] == [["exports", "own_reports"]]
        assert (request.partition_key, request.tags["stockpot/report"]) == (day, "mine")
        assert requests(ask(start))[0].run_key == request.run_key
        assert requests(ask(str(result.cursor))) == []


@pytest.mark.pipeline
class TestNights:
    def test_a_night_is_asked_for_once_its_day_is_over(self, instance: dg.DagsterInstance, kitchen: Kitchen) -> None:
        watched = nights(dg.build_sensor_context(instance=instance))
        assert isinstance(watched, dg.SensorResult)
        assert watched.run_requests == []
        over = {zone: datetime.fromisoformat(day).date() for zone, day in json.loads(str(watched.cursor)).items()}
        before = json.dumps({zone: (day - timedelta(days=1)).isoformat() for zone, day in over.items()})
        result = nights(dg.build_sensor_context(instance=instance, cursor=before))
        (request,) = requests(result)
        day = over["Europe/London"].isoformat()
        assert (request.job_name, request.run_key, request.partition_key) == ("nightly", f"nightly {day}", day)
        assert isinstance(nights(dg.build_sensor_context(instance=instance, cursor=result.cursor)), dg.SkipReason)

    def test_a_database_that_is_away_loses_no_night(
        self, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("WAREHOUSE_URL", "postgresql://nobody:nothing@127.0.0.1:1/nowhere")
        context = dg.build_sensor_context(instance=instance, cursor='{"Europe/London": "2026-01-01"}')
        assert isinstance(nights(context), dg.SkipReason)
        assert context.cursor == '{"Europe/London": "2026-01-01"}'


class TestRetries:
    @pytest.mark.parametrize(
        "error",
        [
            psycopg.OperationalError("the server is starting up"),
            ApiUnreachable("away"),
            ApiRefused("away", 503, ""),
            RuntimeError("dbt: could not connect to server: Connection refused"),
        ],
        ids=["database", "service", "503", "dbt"],
    )
    def test_trouble_that_passes_reaches_the_policy(self, error: Exception) -> None:
        with pytest.raises(type(error)), only_passing_trouble_is_retried():
            raise error

    @pytest.mark.parametrize("error", [ValueError("no such column"), ApiRefused("no", 422, "")], ids=["own", "422"])
    def test_what_would_only_happen_again_ends_the_step(self, error: Exception) -> None:
        with pytest.raises(dg.Failure, match=str(error)) as failure, only_passing_trouble_is_retried():
            raise error
        assert failure.value.allow_retries is False
