"""Exports: files that a spreadsheet may open, whole or not at all, with a manifest that matches."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest

from orchestration.lib.errors import ExportFailed
from orchestration.lib.exporting import export_report
from orchestration.lib.object_store import BucketStore, FolderStore, ObjectStore
from orchestration.lib.publishing import publish
from orchestration.lib.reports import is_due
from tests.orchestration.conftest import execute, report

DAY = date(2026, 11, 21)
DANGEROUS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1")
MART = """
create table marts_build.fct_notes as
select row_number() over () as id, note, cast(-12.5 as numeric(18, 6)) as amount, date '2026-11-21' as business_day,
       timestamptz '2026-11-21 12:00:00Z' as noted_at, 'load'::text as load_id
from unnest(array[%s, 'plain', 'say "hi", friend', null]) as note
"""


@pytest.fixture
def warehouse(fresh_database: Any) -> str:
    """A published mart with texts that a spreadsheet would run."""
    url: str = fresh_database.pipeline_url
    execute(url, "create schema marts_build")
    execute(url, MART % ", ".join("e'" + text.replace("\t", "\\t").replace("\r", "\\r") + "'" for text in DANGEROUS))
    execute(url, "insert into marts_build.fct_notes values (99, 'another day', 1, '2026-11-20', now(), 'load')")
    execute(url, "create schema raw_operational")
    execute(url, "create table raw_operational.stock_movements (id text, recorded_at timestamptz)")
    execute(url, "insert into raw_operational.stock_movements values ('head', '2026-11-21 23:00:00Z')")
    publish(url, "load")
    return url


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "objects")


def export(warehouse: str, store: ObjectStore, **changes: Any) -> tuple[bytes, dict[str, Any]]:
    done = export_report(report("notes", "fct_notes", **changes), DAY, warehouse_url=warehouse, store=store)
    content, manifest = store.get(done.object_key), store.get(done.manifest_key)
    assert content is not None
    assert manifest is not None
    return content, json.loads(manifest)


@pytest.mark.pipeline
class TestFiles:
    def test_csv_texts_open_as_text_and_negative_numbers_stay_numbers(self, warehouse: str, store: FolderStore) -> None:
        content, _ = export(warehouse, store)
        rows = list(csv.DictReader(content.decode().splitlines(keepends=True)))
        notes = [row["note"] for row in rows]
        assert notes[: len(DANGEROUS)] == ["'" + text for text in DANGEROUS]
        assert notes[-3:] == ["plain", 'say "hi", friend', ""]
        assert {row["amount"] for row in rows} == {"-12.500000"}
        assert rows[0]["noted_at"].startswith("2026-11-21T12:00:00")
        assert "load_id" not in rows[0]

    def test_xlsx_has_no_formula(self, warehouse: str, store: FolderStore, tmp_path: Path) -> None:
        content, manifest = export(warehouse, store, format="xlsx")
        (tmp_path / "report.xlsx").write_bytes(content)
        import zipfile

        with zipfile.ZipFile(tmp_path / "report.xlsx") as book:
            sheet = book.read("xl/worksheets/sheet1.xml").decode()
        assert "<f>" not in sheet
        assert "=1+1" in sheet
        assert "<v>-12.5" in sheet
        assert manifest["rows"] == len(DANGEROUS) + 3

    def test_parquet_keeps_the_declared_types(self, warehouse: str, store: FolderStore, tmp_path: Path) -> None:
        content, manifest = export(warehouse, store, format="parquet", columns=["id", "amount"])
        (tmp_path / "report.parquet").write_bytes(content)
        assert [str(field.type) for field in pq.read_schema(tmp_path / "report.parquet")] == [
            "int64",
            "decimal128(18, 6)",
        ]
        assert pl.read_parquet(tmp_path / "report.parquet").height == manifest["rows"]

    def test_the_manifest_matches_the_file_and_names_its_load(self, warehouse: str, store: FolderStore) -> None:
        content, manifest = export(warehouse, store)
        assert manifest["sha256"] == hashlib.sha256(content).hexdigest()
        assert (manifest["bytes"], manifest["rows"]) == (len(content), len(DANGEROUS) + 3)
        assert (manifest["report"], manifest["business_day"], manifest["load_id"]) == ("notes", "2026-11-21", "load")
        assert manifest["ledger_head"] == {"movement_id": "head", "recorded_at": "2026-11-21T23:00:00+00:00"}
        assert {"name": "amount", "type": "decimal128(18, 6)"} in manifest["schema"]

    def test_filters_choose_rows_and_the_same_rows_give_the_same_file(self, warehouse: str, store: FolderStore) -> None:
        for kind in ("csv", "xlsx", "parquet"):
            first, manifest = export(warehouse, store, format=kind, filters={"note": ["plain", "=1+1"]})
            second, _ = export(warehouse, store, format=kind, filters={"note": ["plain", "=1+1"]})
            assert manifest["rows"] == 2
            assert first == second

    def test_an_unknown_mart_or_column_is_named(self, warehouse: str, store: FolderStore) -> None:
        with pytest.raises(ExportFailed, match="no column nothing"):
            export(warehouse, store, columns=["nothing"])
        with pytest.raises(ExportFailed, match="no published mart"):
            export_report(report("x", 'x"; drop'), DAY, warehouse_url=warehouse, store=store)


class TestFolderStore:
    def test_an_interrupted_write_leaves_nothing_under_the_key(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = tmp_path / "file"
        file.write_bytes(b"whole")
        store = FolderStore(tmp_path / "objects")

        def full(*_: Any) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("orchestration.lib.object_store.os.fsync", full)
        with pytest.raises(OSError, match="No space"):
            store.put("exports/a/b.csv", file, "text/csv")
        assert store.get("exports/a/b.csv") is None
        assert [path for path in (tmp_path / "objects").rglob("*") if path.is_file()] == []


class TestBucketStore:
    @pytest.fixture
    def endpoint(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
        from moto.server import ThreadedMotoServer

        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "test")
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
        server.stop()

    def test_an_object_comes_back_and_a_missing_one_is_none(self, endpoint: str, tmp_path: Path) -> None:
        import boto3

        boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1").create_bucket(Bucket="reports")
        store = BucketStore("reports", endpoint, "us-east-1")
        (tmp_path / "file").write_bytes(b"whole")
        store.put("exports/a/b.csv", tmp_path / "file", "text/csv")
        assert store.get("exports/a/b.csv") == b"whole"
        assert store.get("exports/a/c.csv") is None


class TestDue:
    def test_a_monday_report_is_due_for_sunday_alone(self) -> None:
        weekly = report("weekly", "m", schedule="0 6 * * 1")
        assert is_due(weekly, date(2026, 11, 22))
        assert not is_due(weekly, date(2026, 11, 21))

    def test_a_report_without_schedule_or_switched_off_is_never_due(self) -> None:
        assert not is_due(report("x", "m"), DAY)
        assert not is_due(report("x", "m", schedule="0 6 * * *", is_enabled=False), DAY)
