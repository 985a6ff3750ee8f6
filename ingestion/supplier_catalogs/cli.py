"""What `stockpot import catalog` and the pipeline's drop folder call."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingestion.documents.suppliers import find_supplier
from ingestion.errors import IngestionError, InvalidMapping
from ingestion.pos.mapping import SUFFIXES, mapping_beside
from ingestion.supplier_catalogs.lists import PriceList
from ingestion.supplier_catalogs.load import Progress, load_list
from ingestion.supplier_catalogs.mapping import CatalogMapping, load_mapping
from ingestion.supplier_catalogs.rows import Origin
from ingestion.warehouse import warehouse_url as default_warehouse_url


def import_catalog(
    path: Path | str,
    supplier: str | None = None,
    mapping: CatalogMapping | Path | str | None = None,
    warehouse_url: str | None = None,
    *,
    progress: Progress | None = None,
    folder: Path | None = None,
) -> dict[str, Any]:
    """Import a supplier's price list (CSV, XLSX, X12 832, UBL catalogue) and give its figures.

    `progress` is called with the number of rows read. The same rows again add nothing. Raises an IngestionError, and
    loads nothing, when the file, its mapping or its supplier cannot be used.
    """
    path, url = Path(path), warehouse_url or default_warehouse_url()
    declared = _mapping(path, mapping)
    code = supplier or declared.supplier
    if code is None:
        raise InvalidMapping("say whose prices these are: --supplier CODE, or `supplier` in the mapping")
    prices, seller = PriceList(path, declared), find_supplier(url, code)
    origin = Origin(path.name, prices.sha256, seller, prices.mapping)
    figures = load_list(prices, origin, url, progress=progress, folder=folder)
    return {"file": str(path), "supplier": code, "currency": seller.currency, **figures.as_dict()}


@dataclass(frozen=True)
class Dropped:
    """A file of the drop folder: its figures, or why it could not be imported."""

    name: str
    figures: dict[str, Any] | None
    error: str | None


def import_dropped(folder: Path, warehouse_url: str, *, dlt_folder: Path | None = None) -> list[Dropped]:
    """Import every list of the drop folder; those in a subfolder are of the supplier whose code it is called by.

    One unusable file never stops its neighbours.
    """
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.endswith(SUFFIXES)]
    return [_import_one(path, folder, warehouse_url, dlt_folder) for path in files if not path.name.startswith(".")]


def drop_folder() -> Path:
    """SUPPLIER_CATALOG_DROP_PATH of the environment, by default `drop/supplier_catalogs` in STOCKPOT_HOME."""
    home = Path(os.environ.get("STOCKPOT_HOME", "var"))
    return Path(os.environ.get("SUPPLIER_CATALOG_DROP_PATH") or home / "drop" / "supplier_catalogs")


def _import_one(path: Path, folder: Path, url: str, dlt_folder: Path | None) -> Dropped:
    name = path.relative_to(folder)
    supplier = name.parts[0] if len(name.parts) > 1 else None
    try:
        return Dropped(str(name), import_catalog(path, supplier, warehouse_url=url, folder=dlt_folder), None)
    except IngestionError as error:
        return Dropped(str(name), None, str(error))


def _mapping(path: Path, given: CatalogMapping | Path | str | None) -> CatalogMapping:
    if isinstance(given, CatalogMapping):
        return given
    found = Path(given) if given is not None else mapping_beside(path)
    return load_mapping(found) if found else CatalogMapping()
