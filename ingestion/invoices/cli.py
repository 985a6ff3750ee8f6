"""What `stockpot import invoices` and the pipeline's drop folder call."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ingestion.documents.suppliers import find_supplier
from ingestion.drops.supplier_files import SupplierFiles
from ingestion.invoices.load import Bills, Progress, load_bills
from ingestion.invoices.rows import DATASET
from ingestion.warehouse import warehouse_url as default_warehouse_url


def import_invoices(
    path: Path | str,
    supplier: str | None = None,
    warehouse_url: str | None = None,
    *,
    name: str | None = None,
    progress: Progress | None = None,
    folder: Path | None = None,
) -> dict[str, Any]:
    """Import a file of invoices and credit notes (X12 810, UBL) and give its figures.

    `supplier` is the code of whoever sent them, where it is known; the documents name their own by GLN or VAT number.
    `name` is what the file is called where it came from.
    A document that is there adds nothing; the same number with another content waits as a conflict. Raises an
    IngestionError, and loads nothing, when the file or the supplier cannot be used.
    """
    path, url = Path(path), warehouse_url or default_warehouse_url()
    seller = find_supplier(url, supplier) if supplier else None
    figures = load_bills(Bills.of(path, seller, name), url, progress=progress, folder=folder)
    return {"file": str(path), **figures.as_dict()}


def _load(
    path: Path, name: str, supplier: str | None, _mapping: Path | None, url: str, folder: Path | None
) -> dict[str, Any]:
    return import_invoices(path, supplier, url, name=name, folder=folder)


DROPPED_INVOICES = SupplierFiles("invoices", DATASET, "INVOICE_DROP_PATH", _load)
"""What is dropped at INVOICE_DROP_PATH."""
