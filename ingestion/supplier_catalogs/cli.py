"""What `stockpot import catalog` and the pipeline's drop folder call."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ingestion.documents.suppliers import find_supplier
from ingestion.drops.supplier_files import SupplierFiles
from ingestion.errors import InvalidMapping
from ingestion.pos.mapping import mapping_beside
from ingestion.supplier_catalogs.lists import PriceList
from ingestion.supplier_catalogs.load import Progress, load_list
from ingestion.supplier_catalogs.mapping import CatalogMapping, load_mapping
from ingestion.supplier_catalogs.rows import DATASET, Origin
from ingestion.warehouse import warehouse_url as default_warehouse_url


def import_catalog(
    path: Path | str,
    supplier: str | None = None,
    mapping: CatalogMapping | Path | str | None = None,
    warehouse_url: str | None = None,
    *,
    name: str | None = None,
    progress: Progress | None = None,
    folder: Path | None = None,
) -> dict[str, Any]:
    """Import a supplier's price list (CSV, XLSX, X12 832, UBL catalogue) and give its figures.

    `name` is what the file is called where it came from; `progress` is called with the number of rows read. The same
    rows again add nothing. Raises an IngestionError, and loads nothing, when the file, its mapping or its supplier
    cannot be used.
    """
    path, url = Path(path), warehouse_url or default_warehouse_url()
    declared = _mapping(path, mapping)
    code = supplier or declared.supplier
    if code is None:
        raise InvalidMapping("say whose prices these are: --supplier CODE, or `supplier` in the mapping")
    prices, seller = PriceList(path, declared), find_supplier(url, code)
    origin = Origin(name or path.name, prices.sha256, seller, prices.mapping)
    figures = load_list(prices, origin, url, progress=progress, folder=folder)
    return {"file": str(path), "supplier": code, "currency": seller.currency, **figures.as_dict()}


def _load(
    path: Path, name: str, supplier: str | None, mapping: Path | None, url: str, folder: Path | None
) -> dict[str, Any]:
    return import_catalog(path, supplier, mapping, url, name=name, folder=folder)


DROPPED_PRICE_LISTS = SupplierFiles("supplier_catalogs", DATASET, "SUPPLIER_CATALOG_DROP_PATH", _load, is_mapped=True)
"""What is dropped at SUPPLIER_CATALOG_DROP_PATH."""


def _mapping(path: Path, given: CatalogMapping | Path | str | None) -> CatalogMapping:
    if isinstance(given, CatalogMapping):
        return given
    found = Path(given) if given is not None else mapping_beside(path)
    return load_mapping(found) if found else CatalogMapping()
