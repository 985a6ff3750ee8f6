"""Exports: files that a spreadsheet may open, whole or not at all, with a manifest that matches."""

from __future__ import annotations

import csv
import hashlib
import json
import os
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest

from api.imports.mapping import FileFormat
from api.imports.reading.xlsx import open_xlsx
from orchestration.lib.errors import ExportFailed
from orchestration.lib.exporting import Exported, export_report, outcome
from orchestration.lib.object_store import BucketStore, FolderStore, ObjectStore
from orchestration.lib.publishing import publish
from orchestration.lib.reports import is_due
from orchestration.lib.verifying import verify_path
from tests.orchestration.conftest import RESULTS, execute, report

DAY = date(2026, 11, 21)
RUN = "run-1"
DANGEROUS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1")
ROWS = len(DANGEROUS) + 3
MART = """
create table marts_build.fct_notes as
select row_number() over () as id, note, cast(-12.5 as numeric(18, 6)) as amount, date '2026-11-21' as business_day,
       timestamptz '2026-11-21 12:00:00Z' as noted_at, 'load'::text as load_id
from unnest(array[%s, 'plain', 'say "hi", friend', null]) as note
"""


@pytest.fixture(scope="module")
def notes(clone_database: Any) -> str:
    """A published mart with texts that a spreadsheet would run; its tests read it, or put back what they change."""
    url: str = clone_database("exports").pipeline_url
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


def export(warehouse: str, store: ObjectStore, **changes: Any) -> Exported:
    definition = report("notes", "fct_notes", name="Notes", **changes)
    return export_report(definition, DAY, run_id=RUN, warehouse_url=warehouse, store=store)


def content(store: ObjectStore, key: str | None) -> bytes:
    assert key is not None
    found = store.get(key)
    assert found is not None
    return found


def differences(folder: Path) -> list[str]:
    """What the offline verification finds below a folder."""
    return [each.sentence() for found in verify_path(folder) for each in found.differences]


@pytest.mark.pipeline
class TestFiles:
    def test_csv_texts_open_as_text_and_negative_numbers_stay_numbers(self, notes: str, store: FolderStore) -> None:
        done = export(notes, store)
        rows = list(csv.DictReader(content(store, done.object_key).decode().splitlines(keepends=True)))
        texts = [row["note"] for row in rows]
        assert texts[: len(DANGEROUS)] == ["'" + text for text in DANGEROUS]
        assert texts[-3:] == ["plain", 'say "hi", friend', ""]
        assert {row["amount"] for row in rows} == {"-12.500000"}
        assert rows[0]["noted_at"].startswith("2026-11-21T12:00:00")
        assert "load_id" not in rows[0]

    def test_xlsx_holds_texts_and_numbers_and_no_formula(self, notes: str, store: FolderStore, tmp_path: Path) -> None:
        done = export(notes, store, format="xlsx")
        book = content(store, done.object_key)
        table = open_xlsx(BytesIO(book), FileFormat())
        rows = [cells for _, cells in table.rows]
        assert list(table.header) == ["id", "note", "amount", "business_day", "noted_at"]
        texts = [row[1].replace("_x000D_", "\r") for row in rows]  # as XLSX writes a carriage return
        assert texts[: len(DANGEROUS)] == list(DANGEROUS)
        assert {row[2] for row in rows} == {"-12.5"}
        sheet = sheet_of(book)
        assert "<f>" not in sheet
        assert 'state="frozen"' in sheet
        assert done.manifest["rows"] == ROWS

    def test_parquet_keeps_the_declared_types(self, notes: str, store: FolderStore) -> None:
        done = export(notes, store, format="parquet", columns=["id", "amount", "noted_at"])
        file = BytesIO(content(store, done.object_key))
        assert [str(field.type) for field in pq.read_schema(file)] == [
            "int64", "decimal128(18, 6)", "timestamp[us, tz=UTC]",
        ]  # fmt: skip
        file.seek(0)
        assert pl.read_parquet(file).height == done.manifest["rows"] == ROWS

    def test_a_text_longer_than_a_cell_is_refused_by_name(self, notes: str, store: FolderStore) -> None:
        execute(notes, "insert into marts.fct_notes select 100, repeat('x', 32768), 1, '2026-11-19', now(), 'load'")
        definition = report("notes", "fct_notes", format="xlsx")
        with pytest.raises(ExportFailed, match=r"row 1, note: .* 32,768; export this report as csv"):
            export_report(definition, date(2026, 11, 19), run_id=RUN, warehouse_url=notes, store=store)
        assert list(store.keys("exports/")) == []

    def test_an_unknown_mart_or_column_is_named(self, notes: str, store: FolderStore) -> None:
        with pytest.raises(ExportFailed, match="no column nothing"):
            export(notes, store, columns=["nothing"])
        with pytest.raises(ExportFailed, match="no published mart"):
            export_report(report("x", 'x"; drop'), DAY, run_id=RUN, warehouse_url=notes, store=store)


@pytest.mark.pipeline
class TestManifest:
    def test_it_matches_the_file_and_names_its_load(self, notes: str, store: FolderStore) -> None:
        done = export(notes, store)
        manifest = json.loads(content(store, done.manifest_key))
        file = content(store, done.object_key)
        assert manifest["files"] == [
            {"name": "notes-2026-11-21.csv", "format": "csv", "rows": ROWS, "bytes": len(file),
             "sha256": hashlib.sha256(file).hexdigest(), "heading_lines": 0}
        ]  # fmt: skip
        assert (manifest["report"], manifest["business_day"], manifest["load_id"]) == ("notes", "2026-11-21", "load")
        assert manifest["ledger_head"] == {"movement_id": "head", "recorded_at": "2026-11-21T23:00:00+00:00"}
        assert {"name": "amount", "type": "decimal128(18, 6)"} in manifest["schema"]
        assert manifest["totals"] == {"id": "45", "amount": "-112.500000"}  # 1 + … + 9, and 9 × −12.5
        assert (manifest["status"], done.object_key) == (
            "good", "exports/notes/day=2026-11-21/run=run-1/notes-2026-11-21.csv",
        )  # fmt: skip

    @pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet"])
    def test_the_same_rows_give_the_same_file_which_verifies(
        self, notes: str, store: FolderStore, tmp_path: Path, kind: str
    ) -> None:
        wanted = {"format": kind, "filters": {"note": ["plain", "=1+1"]}}
        first, again = export(notes, store, **wanted), export(notes, store, **wanted)
        assert (first.is_new, again.is_new) == (True, False)
        assert first.manifest["files"] == again.manifest["files"]
        assert first.manifest["rows"] == 2
        assert differences(tmp_path / "objects") == []


@pytest.mark.pipeline
class TestVerify:
    """Every difference is named, from the files alone."""

    @pytest.fixture
    def folder(self, notes: str, tmp_path: Path) -> Path:
        for kind in ("csv", "xlsx", "parquet"):
            export_report(
                report(kind, "fct_notes", format=kind), DAY, run_id=RUN, warehouse_url=notes,
                store=FolderStore(tmp_path),
            )  # fmt: skip
        return tmp_path

    def of(self, folder: Path, kind: str) -> Path:
        return folder / f"exports/{kind}/day={DAY}/run={RUN}/{kind}-{DAY}.{kind}"

    def forge(self, folder: Path, kind: str) -> None:
        """Make size and checksum of the manifest those of the file, as a forger would who forgot the rest."""
        file = self.of(folder, kind)
        path = file.with_suffix(".manifest.json")
        manifest = json.loads(path.read_text())
        manifest["files"][0] |= {
            "bytes": file.stat().st_size, "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        }  # fmt: skip
        path.write_text(json.dumps(manifest))

    def test_a_changed_number_shows_in_checksum_and_total(self, folder: Path) -> None:
        file = self.of(folder, "csv")
        file.write_bytes(file.read_bytes().replace(b"-12.500000", b"-12.400000", 1))
        found = differences(folder)
        assert [sentence.split(": ")[1] for sentence in found] == ["SHA-256", "total of amount"]
        assert found[1].endswith("promised -112.500000, found -112.400000")

    def test_a_lost_row_shows_though_the_checksum_was_forged(self, folder: Path) -> None:
        file = self.of(folder, "csv")
        file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:-1]))
        self.forge(folder, "csv")
        assert differences(file)[0] == f"csv-{DAY}.csv: rows read: promised {ROWS}, found {ROWS - 1}"

    def test_a_column_of_another_type_shows(self, folder: Path) -> None:
        file = self.of(folder, "parquet")
        pl.read_parquet(file).with_columns(pl.col("amount").cast(pl.Float64)).write_parquet(file)
        self.forge(folder, "parquet")
        (difference,) = differences(file)
        assert "columns" in difference
        assert "amount double" in difference

    def test_a_number_that_became_text_and_a_formula_show(self, folder: Path) -> None:
        import zipfile

        file = self.of(folder, "xlsx")
        for old, new, said in (
            ("<v>-12.500000</v>", "<f>1+1</f><v>-12.5</v>", "cell C2 is a formula"),
            ('<c r="C2" s="3"><v>-12.500000</v>', '<c r="C2" t="inlineStr"><is><t>-12.5</t></is>', "row 2, amount"),
        ):
            whole = file.read_bytes()
            with zipfile.ZipFile(BytesIO(whole)) as book, zipfile.ZipFile(file, "w") as forged:
                for entry in book.infolist():
                    text = book.read(entry)
                    forged.writestr(entry, text.replace(old.encode(), new.encode(), 1))
            assert any(said in sentence for sentence in differences(file)), differences(file)
            file.write_bytes(whole)

    def test_a_missing_file_and_one_that_nothing_names_show(self, folder: Path) -> None:
        self.of(folder, "csv").rename(self.of(folder, "csv").with_name("other.csv"))
        assert {sentence.split(", found")[0] for sentence in differences(folder)} == {
            f"csv-{DAY}.csv: file: promised a file",
            "other.csv: manifest: promised one that names this file",
        }

    def test_a_manifest_of_garbage_is_a_difference_and_no_error(self, folder: Path) -> None:
        path = self.of(folder, "csv").with_suffix(".manifest.json")
        for garbage in ("{", "[]", '{"manifest_version": 2}', '{"manifest_version": 2, "schema": 1}'):
            path.write_text(garbage)
            assert differences(path), garbage


@pytest.mark.pipeline
class TestFailedGate:
    """A blocking check of a newer run failed: what is published is older than it should be."""

    @pytest.fixture
    def stopped(self, notes: str) -> Iterator[str]:
        execute(notes, RESULTS)
        execute(notes, "create table if not exists marts.dim_location (location_id uuid, name text)")
        execute(notes, f"insert into marts.dim_location values ('{RIVERSIDE}', 'Riverside')")
        sample = json.dumps([{"location_id": RIVERSIDE, "quantity": "-1"}])
        execute(
            notes,
            "insert into raw_quality.results values ('newer', 'sales_gate', 'raw_pos.order_lines', 'quantity above 0',"
            f" 'block', false, null, 1, '{sample}', 'A till sent a return as a sale.')",
        )
        yield notes
        execute(notes, "drop schema raw_quality cascade; drop table marts.dim_location")

    def test_stamped_it_says_which_store_which_check_and_where(
        self, stopped: str, store: FolderStore, tmp_path: Path
    ) -> None:
        done = export(stopped, store)
        lines = content(store, done.object_key).decode().splitlines()
        assert done.status == "stamped"
        assert "A newer load was stopped by a gate" in lines[0]
        assert lines[1] == (
            '"# raw_pos.order_lines: quantity above 0 found 1 at Riverside. A till sent a return as a sale."'
        )
        assert lines[2].startswith('"id"') or lines[2].startswith("id")
        assert done.manifest["gates"]["failed"][0]["locations"] == ("Riverside",)
        assert done.manifest["files"][0]["heading_lines"] == 2
        for kind in ("xlsx", "parquet"):
            export(stopped, store, format=kind)
            assert differences(tmp_path / "objects") == [], kind

    def test_held_there_is_a_manifest_with_the_reasons_and_no_file(
        self, stopped: str, store: FolderStore, tmp_path: Path
    ) -> None:
        done = export(stopped, store, on_failed_gate="hold")
        assert list(store.keys("exports/")) == [done.manifest_key]
        assert (done.status, done.manifest["files"]) == ("held", [])
        assert "quantity above 0 found 1 at Riverside" in outcome(done)["error"]
        assert differences(tmp_path / "objects") == []

    def test_a_report_about_another_location_is_good(self, stopped: str, store: FolderStore) -> None:
        assert export(stopped, store, location_id=RIVERSIDE).status == "stamped"
        assert export(stopped, store, location_id="0190b7c2-0000-7000-8000-000000000002").status == "good"


RIVERSIDE = "0190b7c2-0000-7000-8000-000000000001"


def sheet_of(book: bytes) -> str:
    """The first sheet's XML."""
    import zipfile

    with zipfile.ZipFile(BytesIO(book)) as archive:
        return archive.read("xl/worksheets/sheet1.xml").decode()


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

    def test_what_a_killed_writer_left_is_no_key_and_is_swept_in_time(self, tmp_path: Path) -> None:
        store = FolderStore(tmp_path)
        (tmp_path / "file").write_bytes(b"whole")
        store.put("exports/a/b.csv", tmp_path / "file", "text/csv")
        left = tmp_path / "exports/a/.b.csv.0123.partial"
        left.write_bytes(b"wh")
        assert list(store.keys("exports/")) == ["exports/a/b.csv"]
        assert store.sweep("exports/", timedelta(hours=1)) == 0
        os.utime(left, (0, 0))
        assert store.sweep("exports/", timedelta(hours=1)) == 1
        store.delete("exports/a/b.csv")
        assert not (tmp_path / "exports").exists()


class TestBucketStore:
    @pytest.fixture(scope="class")
    def bucket(self) -> Iterator[BucketStore]:
        import boto3
        from moto.server import ThreadedMotoServer

        with pytest.MonkeyPatch.context() as patch:
            for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
                patch.setenv(name, "test")
            server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
            server.start()
            host, port = server.get_host_and_port()
            endpoint = f"http://{host}:{port}"
            boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1").create_bucket(Bucket="reports")
            yield BucketStore("reports", endpoint, "us-east-1")
            server.stop()

    def test_an_object_comes_back_and_a_missing_one_is_none(self, bucket: BucketStore, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"whole")
        bucket.put("exports/a/b.csv", tmp_path / "file", "text/csv")
        assert bucket.get("exports/a/b.csv") == b"whole"
        assert bucket.get("exports/a/c.csv") is None
        assert (bucket.fetch("exports/a/b.csv", tmp_path / "back"), bucket.fetch("exports/a/c.csv", tmp_path / "no")) == (
            True, False,
        )  # fmt: skip
        assert (tmp_path / "back").read_bytes() == b"whole"
        bucket.delete("exports/a/b.csv")
        assert list(bucket.keys("exports/a/")) == []

    def test_an_upload_that_was_killed_is_no_object_and_is_aborted(self, bucket: BucketStore) -> None:
        client = bucket._client
        upload = client.create_multipart_upload(Bucket="reports", Key="exports/big/x.csv")
        client.upload_part(
            Bucket="reports", Key="exports/big/x.csv", UploadId=upload["UploadId"], PartNumber=1, Body=b"part"
        )
        assert list(bucket.keys("exports/big/")) == []
        assert bucket.sweep("exports/", timedelta(days=36_500)) == 0
        assert bucket.sweep("exports/", timedelta(hours=1)) == 1  # the stand-in dates every upload 2010
        assert client.list_multipart_uploads(Bucket="reports").get("Uploads", []) == []

    @pytest.mark.pipeline
    def test_an_export_lies_in_a_bucket_as_in_a_folder(self, notes: str, bucket: BucketStore, tmp_path: Path) -> None:
        done = export(notes, bucket)
        assert list(bucket.keys("exports/notes/")) == sorted([done.object_key or "", done.manifest_key])
        for key in (done.object_key or "", done.manifest_key):
            assert bucket.fetch(key, tmp_path / key.rpartition("/")[2])
        assert differences(tmp_path) == []
        assert done.manifest["totals"]["amount"] == str(Decimal("-112.500000"))


class TestDue:
    def test_a_monday_report_is_due_for_sunday_alone(self) -> None:
        weekly = report("weekly", "m", schedule="0 6 * * 1")
        assert is_due(weekly, date(2026, 11, 22))
        assert not is_due(weekly, date(2026, 11, 21))

    def test_a_report_without_schedule_or_switched_off_is_never_due(self) -> None:
        assert not is_due(report("x", "m"), DAY)
        assert not is_due(report("x", "m", schedule="0 6 * * *", is_enabled=False), DAY)
