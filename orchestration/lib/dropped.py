"""What a drop folder's files came to, as an asset's metadata and check."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import dagster as dg
from dagster import AssetExecutionContext

USABLE = "every_dropped_file_is_usable"


class Dropped(Protocol):
    """A file of the folder: its figures, or why it could not be imported."""

    @property
    def name(self) -> str:
        """The file's name in the folder."""

    @property
    def figures(self) -> dict[str, Any] | None:
        """Counts by name."""

    @property
    def error(self) -> str | None:
        """One sentence."""

    @property
    def is_known(self) -> bool:
        """Its content was loaded before."""


def check_spec(key: Sequence[str]) -> dg.AssetCheckSpec:
    """The check that names unusable files; it warns, since one file must not keep the others from their readers."""
    description = "A file that cannot be read, or whose supplier is not known, is named here; it waits in quarantine."
    return dg.AssetCheckSpec(USABLE, asset=list(key), description=description)


def report(
    context: AssetExecutionContext, files: Sequence[Dropped], folder: object
) -> tuple[dict[str, Any], dg.AssetCheckResult]:
    """Metadata (every count summed over the files) and the check's result; says in the log what was not imported."""
    unusable = {file.name: file.error for file in files if file.error}
    for name, error in unusable.items():
        context.log.warning("%s was not imported: %s", name, error)
    if not files:
        context.log.info("nothing was dropped in %s: there is nothing to import", folder)
    figures = [file.figures for file in files if file.figures]
    counts = sorted({name for each in figures for name, value in each.items() if isinstance(value, int)})
    metadata = {
        "files": len(files),
        "files_loaded_before": sum(file.is_known for file in files),
        **{name: sum(each[name] for each in figures) for name in counts},
        "figures": dg.MetadataValue.json(figures),
    }
    result = dg.AssetCheckResult(
        check_name=USABLE,
        passed=not unusable,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"unusable": dg.MetadataValue.json(unusable)},
    )
    return metadata, result
