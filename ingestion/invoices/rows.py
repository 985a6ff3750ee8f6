"""Invoices and credit notes as rows of `raw_invoices`: amounts as stated, and signed by what the document is."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

from ingestion.documents.model import Adjustment, Document, Line, Party
from ingestion.documents.totals import plain
from ingestion.documents.values import digest

DATASET = "raw_invoices"

NEVER = datetime(2000, 1, 1, tzinfo=UTC)
CONTENT = (
    "kind", "number", "issued_on", "due_on", "currency", "order_number", "invoice_number", "lines_total", "allowances",
    "charges", "tax_exclusive", "tax", "tax_inclusive", "prepaid", "rounding", "payable",
)  # fmt: skip
LINE_CONTENT = (
    "line_number", "item_name", "gtin", "supplier_sku", "buyer_sku", "quantity", "unit_code", "price", "price_quantity",
    "net_amount", "allowances", "charges", "tax_category", "tax_rate", "order_number", "order_line",
)  # fmt: skip
SUMS = ("lines_total", "allowances", "charges", "tax_exclusive", "tax", "tax_inclusive", "prepaid", "rounding")
MONEY = pa.decimal128(18, 6)
PRICE = pa.decimal128(28, 12)
INVOICES = pa.schema(
    [
        pa.field("document_id", pa.string(), nullable=False),
        pa.field("content_id", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("sign", pa.int32(), nullable=False),
        pa.field("standard", pa.string(), nullable=False),
        pa.field("number", pa.string(), nullable=False),
        pa.field("supplier_key", pa.string(), nullable=False),
        pa.field("supplier_code", pa.string()),
        pa.field("supplier_name", pa.string(), nullable=False),
        pa.field("supplier_gln", pa.string()),
        pa.field("supplier_vat", pa.string()),
        pa.field("buyer_name", pa.string(), nullable=False),
        pa.field("buyer_gln", pa.string()),
        pa.field("buyer_vat", pa.string()),
        pa.field("issued_on", pa.date32(), nullable=False),
        pa.field("due_on", pa.date32()),
        pa.field("currency", pa.string()),
        pa.field("order_number", pa.string()),
        pa.field("invoice_number", pa.string()),
        *(pa.field(name, MONEY) for name in SUMS),
        pa.field("payable", MONEY, nullable=False),
        pa.field("line_count", pa.int32(), nullable=False),
        pa.field("notes", pa.string(), nullable=False),
        pa.field("source_file", pa.string(), nullable=False),
        pa.field("source_line", pa.int32(), nullable=False),
        pa.field("file_sha256", pa.string(), nullable=False),
        pa.field("loaded_at", pa.timestamp("us", tz="UTC"), nullable=False),
    ]
)  # fmt: skip
LINES = pa.schema(
    [
        pa.field("line_id", pa.string(), nullable=False),
        pa.field("document_id", pa.string(), nullable=False),
        pa.field("position", pa.int32(), nullable=False),
        pa.field("line_number", pa.string(), nullable=False),
        pa.field("sign", pa.int32(), nullable=False),
        pa.field("item_name", pa.string(), nullable=False),
        pa.field("gtin", pa.string()),
        pa.field("supplier_sku", pa.string()),
        pa.field("buyer_sku", pa.string()),
        pa.field("quantity", PRICE),
        pa.field("unit_code", pa.string()),
        pa.field("unit", pa.string()),
        pa.field("price", PRICE),
        pa.field("price_quantity", PRICE),
        pa.field("net_amount", MONEY),
        pa.field("allowances", MONEY, nullable=False),
        pa.field("charges", MONEY, nullable=False),
        pa.field("tax_category", pa.string(), nullable=False),
        pa.field("tax_rate", MONEY),
        pa.field("order_number", pa.string()),
        pa.field("order_line", pa.string()),
        pa.field("source_line", pa.int32(), nullable=False),
        pa.field("loaded_at", pa.timestamp("us", tz="UTC"), nullable=False),
    ]
)


def supplier_key(party: Party) -> str | None:
    """What a supplier's numbers are unique under: its GLN, VAT registration, another id, else its name."""
    for scheme in ("gln", "vat", "duns"):
        if value := party.id_of(scheme):
            return f"{scheme}:{value.upper()}"
    if party.ids:
        return f"{party.ids[0].scheme}:{party.ids[0].value}"
    return f"name:{party.name.casefold()}" if party.name else None


def document_id(document: Document, supplier: str) -> str:
    """The same number of the same supplier for the same kind is the same document."""
    return digest(supplier, document.kind.value, document.number)


def content_id(document: Document) -> str:
    """SHA-256 of all that is kept of the document; where it stands in its file is no part of it."""
    header = invoice_row(document, ("", "", ""), NEVER)
    lines = [[_said(row[name]) for name in LINE_CONTENT] for row in line_rows(document, "", NEVER)]
    return digest([_said(header[name]) for name in CONTENT], lines)


def _said(value: object) -> str | None:
    """One spelling per value: 1.50 and 1.5 are the same price."""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return None if value is None else str(value)


def invoice_row(document: Document, keys: tuple[str, str, str], now: datetime) -> dict[str, Any]:
    """The header's row; `keys` are document, content and supplier."""
    totals, supplier, buyer = document.totals, document.supplier, document.buyer
    return {
        "document_id": keys[0], "content_id": keys[1], "supplier_key": keys[2],
        "kind": document.kind.value, "sign": document.kind.sign, "standard": document.standard,
        "number": document.number,
        "supplier_name": supplier.name, "supplier_gln": supplier.gln, "supplier_vat": supplier.vat,
        "buyer_name": buyer.name, "buyer_gln": buyer.gln, "buyer_vat": buyer.vat,
        "issued_on": document.issued_on, "due_on": document.due_on, "currency": document.currency,
        "order_number": document.order_number, "invoice_number": document.invoice_number,
        "lines_total": totals.lines, "allowances": totals.allowances, "charges": totals.charges,
        "tax_exclusive": totals.tax_exclusive, "tax": totals.tax, "tax_inclusive": totals.tax_inclusive,
        "prepaid": totals.prepaid, "rounding": totals.rounding, "payable": totals.payable,
        "line_count": len(document.lines), "notes": "; ".join(dict.fromkeys(map(str, document.findings))),
        "source_line": document.place.line, "loaded_at": now,
    }  # fmt: skip


def line_rows(document: Document, key: str, now: datetime) -> list[dict[str, Any]]:
    """The lines' rows."""
    return [_line_row(document, line, position, key, now) for position, line in enumerate(document.lines, 1)]


def _line_row(document: Document, line: Line, position: int, key: str, now: datetime) -> dict[str, Any]:
    quantity, price, item = line.quantity, line.price, line.item
    return {
        "line_id": digest(key, position), "document_id": key, "position": position, "line_number": line.number,
        "sign": document.kind.sign,
        "item_name": item.name, "gtin": item.gtin, "supplier_sku": item.supplier_sku, "buyer_sku": item.buyer_sku,
        "quantity": quantity.value if quantity else None,
        "unit_code": quantity.code if quantity else None, "unit": quantity.unit if quantity else None,
        "price": price.amount if price else None, "price_quantity": price.base_quantity if price else None,
        "net_amount": line.net,
        "allowances": _sum(line.adjustments, is_charge=False), "charges": _sum(line.adjustments, is_charge=True),
        "tax_category": line.tax_category, "tax_rate": line.tax_rate,
        "order_number": line.order_number or document.order_number, "order_line": line.order_line,
        "source_line": line.place.line, "loaded_at": now,
    }  # fmt: skip


def _sum(adjustments: tuple[Adjustment, ...], *, is_charge: bool) -> Decimal:
    return sum((each.amount for each in adjustments if each.is_charge is is_charge), Decimal(0))


def figures_of(document: Document) -> dict[str, str]:
    """The money of a document that is put aside, so that it stays accounted for."""
    payable = document.totals.payable
    return {} if payable is None else {"payable": plain(payable), "currency": document.currency or ""}
