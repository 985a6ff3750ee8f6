"""A report for a business day: file, manifest, and what the gates say of it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from orchestration.lib import manifests
from orchestration.lib.documents.writing import WRITERS as DOCUMENTS
from orchestration.lib.documents.writing import largest_of, write_document
from orchestration.lib.errors import ExportFailed
from orchestration.lib.files import CONTENT_TYPES, Batches, Heading, write_csv, write_parquet
from orchestration.lib.object_store import ObjectStore
from orchestration.lib.tables import Rows, Selection, selected_rows
from orchestration.lib.totals import Totals
from orchestration.lib.workbooks import write_xlsx

ABANDONED = timedelta(hours=12)
MOST_TOLD = 50
TABLES: dict[str, Callable[[Batches, pa.Schema, Path, Heading], None]] = {
    "csv": write_csv,
    "parquet": write_parquet,
    "xlsx": write_xlsx,
}


@dataclass(frozen=True)
class Exported:
    """What lies in the store: `object_key` is None where the export is held; `is_new` is false where it lay there."""

    object_key: str | None
    manifest_key: str
    manifest: dict[str, Any]
    is_new: bool

    @property
    def status(self) -> str:
        """`good`, `stamped` or `held`."""
        return str(self.manifest["status"])

    @property
    def reasons(self) -> list[str]:
        """Why it is stamped or held, a sentence each."""
        return list(self.manifest["gates"]["reasons"])


def object_keys(code: str, day: date, run_id: str, extension: str) -> tuple[str, str]:
    """Keys of the file and of its manifest: `exports/<report>/day=<day>/run=<run>/…`."""
    stem = f"exports/{code}/day={day.isoformat()}/run={run_id}/{code}-{day.isoformat()}"
    return f"{stem}.{extension}", f"{stem}.manifest.json"


def export_report(
    report: dict[str, Any], day: date, *, run_id: str, warehouse_url: str, store: ObjectStore
) -> Exported:
    """Write the report's rows of the day and then its manifest: a manifest promises a whole file.

    `report` is a definition as `GET /api/reports` gives it. Where a gate stopped a newer load, `on_failed_gate` says
    whether the file is stamped with the reasons (the default) or held: then there is a manifest alone.
    Raises ExportFailed for an unknown mart or column, and for rows that the format cannot hold.
    """
    store.sweep(f"exports/{report['code']}/", ABANDONED)
    object_key, manifest_key = object_keys(report["code"], day, run_id, report["format"])
    with tempfile.TemporaryDirectory(prefix="stockpot-export-") as folder:
        file = Path(folder) / Path(object_key).name
        selection = _selection(report, day)
        with selected_rows(
            warehouse_url, selection, largest_of(report) if report["format"] in DOCUMENTS else None
        ) as rows:
            status = _status(report, rows)
            manifest = manifests.describe(report, day, run_id, rows, status)
            if status != manifests.HELD:
                manifests.add_file(manifest, file, file.name, report["format"], _write(report, selection, rows, file))
        is_new = _store(store, object_key, manifest_key, manifest, file)
    return Exported(None if status == manifests.HELD else object_key, manifest_key, manifest, is_new)


def write_selection(warehouse_url: str, selection: Selection, file_format: str, path: Path) -> Totals:
    """Write a selection's rows to `path` as csv, parquet or xlsx and give rows and totals: streamed, whatever its size.

    This is the work of an export without manifest, gates or store; benchmarks call it.
    """
    with selected_rows(warehouse_url, selection) as rows:
        return _write_table(file_format, rows, path, Heading(selection.mart))


def outcome(done: Exported) -> dict[str, Any]:
    """What the operational service is told of an export."""
    gates = done.manifest["gates"]
    told = {
        "load_id": done.manifest["load_id"],
        "as_of": done.manifest["as_of"],
        "manifest_key": done.manifest_key,
        "gates": {
            "status": done.status,
            "passed": gates["passed"],
            "reasons": done.reasons[:MOST_TOLD],
            "warnings": [check["sentence"] for check in gates["warnings"][:MOST_TOLD]],
        },
    }
    if done.object_key is None:
        return {**told, "status": "held", "error": " ".join(done.reasons)[:2000]}
    return {
        **told,
        "status": "succeeded",
        "row_count": done.manifest["rows"],
        "object_key": done.object_key,
        "sha256": done.manifest["files"][0]["sha256"],
    }


def _selection(report: dict[str, Any], day: date) -> Selection:
    return Selection(
        mart=report["mart"],
        columns=tuple(report.get("columns") or ()),
        filters=report.get("filters") or {},
        location_id=report.get("location_id"),
        day=day,
    )


def _status(report: dict[str, Any], rows: Rows) -> str:
    if not rows.verdict.failed:
        return manifests.GOOD
    return manifests.HELD if report.get("on_failed_gate") == "hold" else manifests.STAMPED


def _write(report: dict[str, Any], selection: Selection, rows: Rows, file: Path) -> Totals:
    title = report.get("name") or report["code"]
    heading = Heading(title, _facts(selection.day, rows), rows.verdict.reasons())
    if report["format"] in DOCUMENTS:
        return write_document(report, selection, rows, file, heading)
    return _write_table(report["format"], rows, file, heading)


def _write_table(file_format: str, rows: Rows, path: Path, heading: Heading) -> Totals:
    totals = Totals(rows.schema)
    try:
        TABLES[file_format](totals.passing(rows.batches), rows.schema, path, heading)
    except pa.ArrowException as error:
        raise ExportFailed(f"a value does not fit its column: {error}") from error
    return totals


def _facts(day: date, rows: Rows) -> dict[str, str]:
    """What every file says of its figures; nothing of this moment, so that the same rows give the same file."""
    warnings = len(rows.verdict.warnings)
    return {
        "Business day": day.isoformat(),
        "As of": f"{rows.as_of:%Y-%m-%d %H:%M} UTC",
        "Load": rows.load_id,
        "Gates": f"{rows.verdict.passed} checks passed, {warnings} warned",
    }


def _store(store: ObjectStore, object_key: str, manifest_key: str, manifest: dict[str, Any], file: Path) -> bool:
    """Put the file, then the manifest; while a file is replaced there is none, so never one that promises another."""
    before = manifests.read_manifest(store.get(manifest_key))
    lying = set(store.keys(object_key.rpartition("/")[0] + "/"))
    promised = {object_key} if manifest["files"] else set()
    same = [each["sha256"] for each in before.get("files") or []] == [each["sha256"] for each in manifest["files"]]
    is_new = not same or lying - {manifest_key} != promised
    if is_new:
        for key in sorted(lying, key=lambda key: key != manifest_key):  # the manifest first
            store.delete(key)
        if manifest["files"]:
            store.put(object_key, file, CONTENT_TYPES[manifest["files"][0]["format"]])
    text = file.with_name("manifest.json")
    text.write_bytes(manifests.as_bytes(manifest))
    store.put(manifest_key, text, "application/json")
    return is_new
