"""Offers as rows of `raw_supplier_catalogs.prices`: their columns, their keys, and which of them are there already."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import dlt
import psycopg
import pyarrow as pa

from ingestion.documents.suppliers import Supplier
from ingestion.documents.values import digest
from ingestion.supplier_catalogs.mapping import CatalogMapping
from ingestion.supplier_catalogs.offers import Offer
from ingestion.warehouse import connect

DATASET = "raw_supplier_catalogs"
TABLE = "prices"

DECIMAL = pa.decimal128(18, 6)
SCHEMA = pa.schema(
    [
        pa.field("row_id", pa.string(), nullable=False),
        pa.field("content_id", pa.string(), nullable=False),
        pa.field("supplier_id", pa.string(), nullable=False),
        pa.field("supplier_code", pa.string(), nullable=False),
        pa.field("supplier_sku", pa.string(), nullable=False),
        pa.field("name", pa.string(), nullable=False),
        pa.field("gtin", pa.string()),
        pa.field("price", DECIMAL),
        pa.field("price_quantity", DECIMAL, nullable=False),
        pa.field("currency", pa.string(), nullable=False),
        pa.field("valid_from", pa.date32(), nullable=False),
        pa.field("is_dated", pa.bool_(), nullable=False),
        pa.field("valid_until", pa.date32()),
        pa.field("pack_units", DECIMAL),
        pa.field("pack_quantity", DECIMAL),
        pa.field("pack_unit", pa.string()),
        pa.field("is_offered", pa.bool_(), nullable=False),
        pa.field("source_file", pa.string(), nullable=False),
        pa.field("source_line", pa.int32(), nullable=False),
        pa.field("file_sha256", pa.string(), nullable=False),
        pa.field("loaded_at", pa.timestamp("us", tz="UTC"), nullable=False),
    ]
)

KNOWN = "select row_id from raw_supplier_catalogs.prices where row_id = any(%s)"
LATEST = """
select distinct on (supplier_sku) supplier_sku, content_id from raw_supplier_catalogs.prices
where supplier_code = %s and supplier_sku = any(%s) order by supplier_sku, valid_from desc, loaded_at desc
"""


@dataclass(frozen=True)
class Origin:
    """Where offers come from."""

    file: str
    sha256: str
    supplier: Supplier
    mapping: CatalogMapping

    @property
    def context(self) -> dict[str, Any]:
        """What a replay needs beside the cells."""
        return {"supplier": self.supplier.code, "mapping": self.mapping.model_dump(mode="json")}


@dataclass(frozen=True)
class Placed:
    """An offer with its line and its keys."""

    offer: Offer
    line: int
    row_id: str
    content_id: str


def is_made(url: str) -> bool:
    """Whether a list was ever loaded."""
    with connect(url) as session:
        row = session.execute("select to_regclass('raw_supplier_catalogs.prices') is not null").fetchone()
    return bool(row and row[0])


def price_rows(chunks: Iterator[pa.Table]) -> Any:
    """The dlt resource: rows are keyed by `row_id` and never change, so known ones are left alone."""

    def rows() -> Iterator[pa.Table]:
        yield SCHEMA.empty_table()  # the table is made even when nothing is new
        yield from chunks

    return dlt.resource(
        rows,
        name=TABLE,
        primary_key="row_id",
        columns={"row_id": {"unique": True}},
        write_disposition={"disposition": "merge", "strategy": "insert-only"},
        max_table_nesting=0,
    )


def placed_at(offer: Offer, line: int, origin: Origin) -> Placed:
    """The keys: a dated offer is the same in every file, an undated one belongs to its file."""
    content = offer.content_id(origin.supplier.code)
    since = offer.valid_from.isoformat() if offer.valid_from else origin.sha256
    return Placed(offer, line, digest(content, since), content)


def known_rows(url: str, origin: Origin, offers: list[Placed]) -> set[str]:
    """Row ids that are there, and those of undated offers that say again what was said last."""
    if not offers:
        return set()
    with connect(url) as session:
        try:
            known = {row_id for (row_id,) in session.execute(KNOWN, [[each.row_id for each in offers]])}
            undated = [each for each in offers if each.offer.valid_from is None and each.row_id not in known]
            skus = [each.offer.supplier_sku for each in undated]
            latest = dict(session.execute(LATEST, [origin.supplier.code, skus]).fetchall()) if skus else {}
        except psycopg.errors.UndefinedTable:
            return set()
    return known | {each.row_id for each in undated if latest.get(each.offer.supplier_sku) == each.content_id}


def record(placed: Placed, origin: Origin, now: datetime) -> dict[str, Any]:
    """The row of the raw table; an undated price holds from the day on which it came."""
    offer = placed.offer
    return {
        **vars(offer),
        "row_id": placed.row_id,
        "content_id": placed.content_id,
        "supplier_id": origin.supplier.supplier_id,
        "supplier_code": origin.supplier.code,
        "valid_from": offer.valid_from or now.date(),
        "is_dated": offer.valid_from is not None,
        "source_file": origin.file,
        "source_line": placed.line,
        "file_sha256": origin.sha256,
        "loaded_at": now,
    }
