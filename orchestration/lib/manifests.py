"""The manifest beside an export: what the files are, byte for byte, and where their figures come from.

`stockpot export verify` needs nothing but the manifest and the files that it names.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from orchestration.lib.files import sha256_of
from orchestration.lib.tables import Rows
from orchestration.lib.totals import Totals

VERSION = 2
GOOD, STAMPED, HELD = "good", "stamped", "held"


def describe(report: dict[str, Any], day: date, run_id: str, rows: Rows, status: str) -> dict[str, Any]:
    """The manifest without its files: report, day, run, load, ledger head, schema, and the gates' verdict."""
    schema = described_schema(rows.schema)
    return {
        "manifest_version": VERSION,
        "report": report["code"],
        "title": report.get("name") or report["code"],
        "business_day": day.isoformat(),
        "run_id": run_id,
        "status": status,
        "selection": {
            "mart": report["mart"],
            "columns": list(report.get("columns") or ()),
            "filters": report.get("filters") or {},
            "location_id": report.get("location_id"),
        },
        "load_id": rows.load_id,
        "as_of": rows.as_of.isoformat(),
        "ledger_head": rows.ledger_head,
        "gates": rows.verdict.described(),
        "schema": schema,
        "schema_version": schema_version(schema),
        "rows": 0,
        "totals": {},
        "files": [],
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def add_file(manifest: dict[str, Any], file: Path, name: str, file_format: str, totals: Totals) -> None:
    """Enter a file that is finished: its size, checksum, rows, and the sums of its columns."""
    manifest["rows"] = totals.rows
    manifest["totals"] = totals.described()
    manifest["files"].append(
        {
            "name": name,
            "format": file_format,
            "rows": totals.rows,
            "bytes": file.stat().st_size,
            "sha256": sha256_of(file),
            "heading_lines": len(manifest["gates"]["reasons"]) if file_format in {"csv", "xlsx"} else 0,
        }
    )


def described_schema(schema: pa.Schema) -> list[dict[str, str]]:
    """Columns in order, with Arrow's names of their types."""
    return [{"name": field.name, "type": str(field.type)} for field in schema]


def schema_version(described: list[dict[str, str]]) -> str:
    """Twelve hexadecimal digits that change with any column's name, type or place."""
    return hashlib.sha256(json.dumps(described).encode()).hexdigest()[:12]


def read_manifest(content: bytes | None) -> dict[str, Any]:
    """A manifest as it was written; empty where there is none, or none that can be read."""
    try:
        known = json.loads(content or b"{}")
    except ValueError:
        return {}
    return known if isinstance(known, dict) else {}


def as_bytes(manifest: dict[str, Any]) -> bytes:
    """The manifest as it is stored."""
    return (json.dumps(manifest, indent=2, ensure_ascii=False) + "\n").encode()
