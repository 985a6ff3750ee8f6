"""Orders in the shape that clients read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Session

from api.catalog.models import Product
from api.purchasing import repository
from api.purchasing.billed import Billed, billed
from api.purchasing.lines import line_total
from api.purchasing.models import PurchaseOrder, PurchaseOrderLine, PurchaseOrderReceipt
from api.purchasing.repository import References
from api.purchasing.schemas import LineOut, OrderOut, Pack, ProductRef, ReceiptOut, SupplierRef
from api.suppliers.models import Supplier

MOMENTS = ("ordered_at", "submitted_at", "approved_at", "sent_at", "received_at", "closed_at", "cancelled_at")
PLAIN = ("id", "number", "location_id", "status", "currency", "expected_on", "source", "note", "created_by")


def present(session: Session, orders: Sequence[PurchaseOrder]) -> list[OrderOut]:
    """The orders with the names of what they point to, in six queries whatever their number."""
    found = repository.references(session, orders)
    invoices = billed(session, [receipt for came in found.receipts.values() for receipt in came])
    return [_order(order, found, invoices) for order in orders]


def present_one(session: Session, order: PurchaseOrder) -> OrderOut:
    """One order."""
    return present(session, [order])[0]


def supplier_ref(supplier: Supplier) -> SupplierRef:
    """The supplier as lists name it."""
    return SupplierRef(id=supplier.id, code=supplier.code, name=supplier.name)


def product_ref(product: Product) -> ProductRef:
    """The product as lists name it."""
    return ProductRef(id=product.id, sku=product.sku, name=product.name)


def _order(order: PurchaseOrder, found: References, invoices: Mapping[UUID, Billed]) -> OrderOut:
    return OrderOut(
        **{name: getattr(order, name) for name in (*PLAIN, *MOMENTS)},
        supplier=supplier_ref(found.suppliers[order.supplier_id]),
        lines=[_line(line, found, invoices) for line in sorted(order.lines, key=lambda line: line.position)],
        total=sum((line_total(line) for line in order.lines), Decimal(0)),
        approved_by=order.approved_by,
        suggestion=order.suggestion,
        version=order.version,
    )


def _line(line: PurchaseOrderLine, found: References, invoices: Mapping[UUID, Billed]) -> LineOut:
    product = found.products[line.product_id]
    sold_as = found.packs.get(line.supplier_product_id) if line.supplier_product_id else None
    return LineOut(
        id=line.id,
        product=product_ref(product),
        supplier_product_id=line.supplier_product_id,
        packs_ordered=line.packs_ordered,
        packs_received=line.packs_received,
        pack=Pack(
            name=sold_as.pack_name if sold_as else None,
            quantity=line.pack_quantity,
            unit=line.pack_unit,
            stock_quantity=line.pack_stock_quantity,
            stock_unit=product.stock_unit,
        ),
        price=line.price,
        line_total=line_total(line),
        completed_at=line.completed_at,
        receipts=[_receipt(receipt, invoices.get(receipt.id)) for receipt in found.receipts.get(line.id, ())],
        suggestion=line.suggestion,
    )


def _receipt(receipt: PurchaseOrderReceipt, invoice: Billed | None) -> ReceiptOut:
    return ReceiptOut(
        id=receipt.id,
        packs=receipt.packs,
        price=receipt.price,
        invoiced_price=None if invoice is None else invoice.price,
        reference=None if invoice is None else invoice.reference,
        occurred_at=receipt.occurred_at,
    )
