"""Whether exported files are what their manifest promised, told from the files alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from orchestration.lib import manifests
from orchestration.lib.files import sha256_of
from orchestration.lib.readback import READERS, Unreadable, arrow_type
from orchestration.lib.totals import Totals

SUFFIX = ".manifest.json"
BINARY_FLOAT = Decimal("1e-15")
"""A spreadsheet keeps fifteen digits of a number: a total may differ by so much of the sum of its absolute values."""


@dataclass(frozen=True)
class Difference:
    """Something that is not as promised."""

    file: str
    check: str
    promised: str
    found: str

    def sentence(self) -> str:
        """For people."""
        return f"{self.file}: {self.check}: promised {self.promised}, found {self.found}"


@dataclass
class Verification:
    """One manifest against its files."""

    manifest: str
    report: str = ""
    business_day: str = ""
    status: str = ""
    rows: int = 0
    checks: int = 0
    differences: list[Difference] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether everything is as promised."""
        return not self.differences

    def compare(self, file: str, check: str, promised: object, found: object) -> bool:
        """Count a check and keep a difference."""
        self.checks += 1
        if promised == found:
            return True
        self.differences.append(Difference(file, check, str(promised), str(found)))
        return False


def verify_path(path: Path) -> list[Verification]:
    """Verify a folder with everything below it, one manifest, or the manifest beside one file."""
    if path.is_dir():
        found = [verify_manifest(each) for each in sorted(path.rglob(f"*{SUFFIX}"))]
        return [*found, *_without_manifest(path)]
    if path.name.endswith(SUFFIX):
        return [verify_manifest(path)]
    beside = path.with_name(path.name.partition(".")[0] + SUFFIX)
    if beside.is_file():
        return [verify_manifest(beside)]
    return [Verification(str(beside), differences=[Difference(beside.name, "manifest", "a file", "none")])]


def verify_manifest(path: Path) -> Verification:
    """Every file that the manifest names: there, size, checksum, columns, types, rows, totals."""
    manifest = manifests.read_manifest(path.read_bytes() if path.is_file() else None)
    result = Verification(str(path))
    if not result.compare(path.name, "manifest version", manifests.VERSION, manifest.get("manifest_version")):
        return result
    try:
        _verify(result, path, manifest)
    except (KeyError, TypeError, ValueError) as error:
        result.differences.append(Difference(path.name, "manifest", "every entry of this version", repr(error)))
    return result


def _verify(result: Verification, path: Path, manifest: dict[str, Any]) -> None:
    result.report, result.business_day = manifest["report"], manifest["business_day"]
    result.status, result.rows = manifest["status"], manifest["rows"]
    version = manifests.schema_version(manifest["schema"])
    result.compare(path.name, "schema version", manifest["schema_version"], version)
    is_held = manifest["status"] == manifests.HELD
    result.compare(path.name, "files of a held export" if is_held else "files", not is_held, bool(manifest["files"]))
    for promised in manifest["files"]:
        _verify_file(result, path.with_name(Path(promised["name"]).name), promised, manifest)


def _verify_file(result: Verification, file: Path, promised: dict[str, Any], manifest: dict[str, Any]) -> None:
    if not result.compare(file.name, "file", "a file", "a file" if file.is_file() else "none"):
        return
    result.compare(file.name, "bytes", promised["bytes"], file.stat().st_size)
    result.compare(file.name, "SHA-256", promised["sha256"], sha256_of(file))
    result.compare(file.name, "rows", manifest["rows"], promised["rows"])
    if promised["format"] in READERS:
        _verify_rows(result, file, promised, manifest)


def _verify_rows(result: Verification, file: Path, promised: dict[str, Any], manifest: dict[str, Any]) -> None:
    schema = pa.schema([(each["name"], arrow_type(each["type"])) for each in manifest["schema"]])
    totals = Totals(schema)
    try:
        found, batches = READERS[promised["format"]](file, schema, int(promised["heading_lines"]))
        promised_schema, found_schema = manifest["schema"], manifests.described_schema(found)
        if not result.compare(file.name, "columns", _shown(promised_schema), _shown(found_schema)):
            return
        for _ in totals.passing(batches):
            pass
    except Unreadable as trouble:
        result.differences.append(Difference(file.name, "content", "rows of the promised columns", str(trouble)))
        return
    result.compare(file.name, "rows read", promised["rows"], totals.rows)
    for name, total in manifest["totals"].items():
        error = totals.sizes[name] * BINARY_FLOAT if promised["format"] == "xlsx" else Decimal(0)
        near = abs(Decimal(total) - totals.sums[name]) <= error
        result.compare(file.name, f"total of {name}", total, total if near else format(totals.sums[name], "f"))


def _shown(schema: list[dict[str, str]]) -> str:
    return ", ".join(f"{each['name']} {each['type']}" for each in schema)


def _without_manifest(folder: Path) -> Iterator[Verification]:
    """Files that no manifest in their folder names: a writer was killed, or somebody put them there."""
    for file in sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.endswith(SUFFIX)):
        named = [
            promised.get("name")
            for manifest in file.parent.glob(f"*{SUFFIX}")
            for promised in manifests.read_manifest(manifest.read_bytes()).get("files", [])
        ]
        if file.name not in named and not file.name.startswith("."):
            missing = Difference(file.name, "manifest", "one that names this file", "none")
            yield Verification(str(file), differences=[missing])
