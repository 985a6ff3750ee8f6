"""A report for a business day: file, manifest, and word to the operational service."""

from __future__ import annotations

import hashlib
import json
import tempfile
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from orchestration.lib.files import CONTENT_TYPES, WRITERS, sha256_of
from orchestration.lib.object_store import ObjectStore
from orchestration.lib.tables import Rows, Selection, selected_rows


@dataclass(frozen=True)
class Exported:
    """What lies in the store; `is_new` is false where the same content lay there before."""

    object_key: str
    manifest_key: str
    manifest: dict[str, Any]
    is_new: bool


def object_keys(code: str, day: date, extension: str) -> tuple[str, str]:
    """Keys of the file and of its manifest."""
    stem = f"exports/{code}/day={day.isoformat()}/{code}-{day.isoformat()}"
    return f"{stem}.{extension}", f"{stem}.manifest.json"


def export_report(report: dict[str, Any], day: date, *, warehouse_url: str, store: ObjectStore) -> Exported:
    """Write the report's rows of the day and then its manifest: a manifest promises a whole file.

    `report` is a definition as `GET /api/reports` gives it. Raises ExportFailed for an unknown mart or column.
    """
    selection = Selection(
        mart=report["mart"],
        columns=tuple(report.get("columns") or ()),
        filters=report.get("filters") or {},
        location_id=report.get("location_id"),
        day=day,
    )
    extension = report["format"]
    object_key, manifest_key = object_keys(report["code"], day, extension)
    with tempfile.TemporaryDirectory(prefix="stockpot-export-") as folder:
        file = Path(folder) / f"report.{extension}"
        with selected_rows(warehouse_url, selection) as rows:
            manifest = _write(report, day, rows, file)
        before = _known(store.get(manifest_key))
        is_new = before.get("sha256") != manifest["sha256"] or store.get(object_key) is None
        if is_new:
            store.put(object_key, file, CONTENT_TYPES[extension])
        text = Path(folder) / "manifest.json"
        text.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
        store.put(manifest_key, text, "application/json")
    return Exported(object_key, manifest_key, manifest, is_new)


def _write(report: dict[str, Any], day: date, rows: Rows, file: Path) -> dict[str, Any]:
    schema = pa.schema([(column.name, column.arrow) for column in rows.columns])
    count = WRITERS[report["format"]](rows.batches, schema, file)
    described = [{"name": column.name, "type": str(column.arrow)} for column in rows.columns]
    return {
        "report": report["code"],
        "business_day": day.isoformat(),
        "rows": count,
        "sha256": sha256_of(file),
        "bytes": file.stat().st_size,
        "format": report["format"],
        "schema": described,
        "schema_version": hashlib.sha256(json.dumps(described).encode()).hexdigest()[:12],
        "load_id": rows.load_id,
        "ledger_head": rows.ledger_head,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _known(manifest: bytes | None) -> dict[str, Any]:
    try:
        known = json.loads(manifest or b"{}")
    except ValueError:
        return {}
    return known if isinstance(known, dict) else {}
