"""What `stockpot import invoices` and the pipeline's drop folder call."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingestion.documents.suppliers import find_supplier
from ingestion.errors import IngestionError
from ingestion.invoices.load import Bills, Progress, load_bills
from ingestion.warehouse import warehouse_url as default_warehouse_url


def import_invoices(
    path: Path | str,
    supplier: str | None = None,
    warehouse_url: str | None = None,
    *,
    progress: Progress | None = None,
    folder: Path | None = None,
) -> dict[str, Any]:
    """Import a file of invoices and credit notes (X12 810, UBL) and give its figures.

    `supplier` is the code of whoever sent them, where it is known; the documents name their own by GLN or VAT number.
    A document that is there adds nothing; the same number with another content waits as a conflict. Raises an
    IngestionError, and loads nothing, when the file or the supplier cannot be used.
    """
    path, url = Path(path), warehouse_url or default_warehouse_url()
    code = find_supplier(url, supplier).code if supplier else None
    figures = load_bills(Bills.of(path, code), url, progress=progress, folder=folder)
    return {"file": str(path), **figures.as_dict()}


@dataclass(frozen=True)
class Dropped:
    """A file of the drop folder: its figures, or why it could not be imported."""

    name: str
    figures: dict[str, Any] | None
    error: str | None


def import_dropped(folder: Path, warehouse_url: str, *, dlt_folder: Path | None = None) -> list[Dropped]:
    """Import every file of the drop folder; those in a subfolder are of the supplier whose code it is called by."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith(".")]
    return [_import_one(path, folder, warehouse_url, dlt_folder) for path in files]


def drop_folder() -> Path:
    """INVOICE_DROP_PATH of the environment, by default `drop/invoices` in STOCKPOT_HOME."""
    home = Path(os.environ.get("STOCKPOT_HOME", "var"))
    return Path(os.environ.get("INVOICE_DROP_PATH") or home / "drop" / "invoices")


def _import_one(path: Path, folder: Path, url: str, dlt_folder: Path | None) -> Dropped:
    name = path.relative_to(folder)
    supplier = name.parts[0] if len(name.parts) > 1 else None
    try:
        return Dropped(str(name), import_invoices(path, supplier, url, folder=dlt_folder), None)
    except IngestionError as error:
        return Dropped(str(name), None, str(error))
