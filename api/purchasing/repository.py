"""Everything that purchasing asks the database."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ARRAY, Select, Uuid, bindparam, column, func, select, table, tuple_
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import Session, joinedload, selectinload

from api.catalog.models import Location, Product
from api.purchasing.models import (
    PurchaseOrder,
    PurchaseOrderInvoicedPrice,
    PurchaseOrderLine,
    PurchaseOrderReceipt,
)
from api.suppliers.models import Supplier, SupplierContact, SupplierProduct

Locations = Collection[UUID] | None
"""The locations that somebody may see; None means every one."""

OPEN_QUANTITIES = table("open_order_quantities", column("product_id"), column("location_id"), column("quantity"))
"""A view: what open orders still lack, in stock units."""


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """What a list of orders is narrowed to."""

    locations: Locations
    location_id: UUID | None = None
    supplier_id: UUID | None = None
    statuses: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class References:
    """The rows that orders point to, by id, and what came of them."""

    suppliers: dict[UUID, Supplier]
    products: dict[UUID, Product]
    packs: dict[UUID, SupplierProduct]
    receipts: dict[UUID, list[PurchaseOrderReceipt]]
    """By order line."""


def find_order(session: Session, order_id: UUID, locations: Locations, *, lock: bool = False) -> PurchaseOrder | None:
    """An order with its lines; `lock` holds its row until the transaction ends and reads it afresh."""
    query = select(PurchaseOrder).where(PurchaseOrder.id == order_id).options(selectinload(PurchaseOrder.lines))
    query = _within(query, locations)
    if lock:
        query = query.with_for_update(of=PurchaseOrder).execution_options(populate_existing=True)
    return session.scalars(query).one_or_none()


def find_orders(
    session: Session, wanted: OrderFilter, limit: int, after: tuple[datetime, UUID] | None
) -> Sequence[PurchaseOrder]:
    """Up to `limit + 1` orders, newest first, that come after the cursor's key."""
    query = _within(select(PurchaseOrder), wanted.locations).options(selectinload(PurchaseOrder.lines))
    if wanted.location_id is not None:
        query = query.where(PurchaseOrder.location_id == wanted.location_id)
    if wanted.supplier_id is not None:
        query = query.where(PurchaseOrder.supplier_id == wanted.supplier_id)
    if wanted.statuses:
        query = query.where(PurchaseOrder.status.in_(wanted.statuses))
    if after is not None:
        query = query.where(tuple_(PurchaseOrder.ordered_at, PurchaseOrder.id) < after)
    query = query.order_by(PurchaseOrder.ordered_at.desc(), PurchaseOrder.id.desc()).limit(limit + 1)
    return session.scalars(query).all()


def _within(query: Select[PurchaseOrder], locations: Locations) -> Select[PurchaseOrder]:
    return query if locations is None else query.where(PurchaseOrder.location_id.in_(locations))


def standing_draft(session: Session, values: dict[str, object]) -> PurchaseOrder:
    """The one draft that suggestions are added to for a supplier and a location, made if missing, its row locked."""
    statement = insert(PurchaseOrder).values({**values, "status": "draft", "source": "suggestion"})
    statement = statement.on_conflict_do_nothing(
        index_elements=[PurchaseOrder.supplier_id, PurchaseOrder.location_id],
        index_where=(PurchaseOrder.status == "draft") & (PurchaseOrder.source == "suggestion"),
    )
    query = (
        select(PurchaseOrder)
        .where(
            PurchaseOrder.supplier_id == values["supplier_id"],
            PurchaseOrder.location_id == values["location_id"],
            PurchaseOrder.status == "draft",
            PurchaseOrder.source == "suggestion",
        )
        .options(selectinload(PurchaseOrder.lines))
        .with_for_update(of=PurchaseOrder)
        .execution_options(populate_existing=True)
    )
    while True:  # the draft found may be submitted by somebody while we wait for its row: then another one is made
        session.execute(statement)
        found = session.scalars(query).one_or_none()
        if found is not None:
            return found


def is_line_id_taken(session: Session, ids: Collection[UUID]) -> bool:
    """Whether one of the ids belongs to a line already."""
    return session.scalar(select(PurchaseOrderLine.id).where(PurchaseOrderLine.id.in_(ids)).limit(1)) is not None


# ------------------------------------------------------------------ receipts and open quantities


def receipts_of(session: Session, line_ids: Collection[UUID]) -> Sequence[PurchaseOrderReceipt]:
    """What came for these lines, the oldest first."""
    if not line_ids:
        return ()
    query = select(PurchaseOrderReceipt).where(PurchaseOrderReceipt.purchase_order_line_id.in_(line_ids))
    return session.scalars(query.order_by(PurchaseOrderReceipt.occurred_at, PurchaseOrderReceipt.id)).all()


def invoiced_prices(session: Session, receipt_ids: Collection[UUID]) -> Sequence[PurchaseOrderInvoicedPrice]:
    """What invoices asked for these receipts, in the order in which it was booked."""
    if not receipt_ids:
        return ()
    asked = PurchaseOrderInvoicedPrice
    query = select(asked).where(asked.purchase_order_receipt_id.in_(receipt_ids))
    return session.scalars(query.order_by(asked.recorded_at, asked.id)).all()


def on_order(session: Session, pairs: Iterable[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], Decimal]:
    """What open orders still lack, in stock units, by (product_id, location_id); pairs without any are left out."""
    wanted = list(pairs)
    view = OPEN_QUANTITIES.c
    products = bindparam("products", [product for product, _ in wanted], ARRAY(Uuid))
    locations = bindparam("locations", [location for _, location in wanted], ARRAY(Uuid))
    asked = func.unnest(products, locations).table_valued("product_id", "location_id", name="asked").render_derived()
    query = select(view.product_id, view.location_id, view.quantity).join(
        asked, (view.product_id == asked.c.product_id) & (view.location_id == asked.c.location_id)
    )
    return {(row.product_id, row.location_id): row.quantity for row in session.execute(query)}


# ------------------------------------------------------------------ other rooms' rows


def references(session: Session, orders: Collection[PurchaseOrder]) -> References:
    """What these orders point to and what came for them, in four queries whatever their number."""
    lines = [line for order in orders for line in order.lines]
    came = receipts_of(session, [line.id for line in lines if line.packs_received])
    receipts: dict[UUID, list[PurchaseOrderReceipt]] = {}
    for receipt in came:
        receipts.setdefault(receipt.purchase_order_line_id, []).append(receipt)
    return References(
        suppliers=by_id(session, Supplier, {order.supplier_id for order in orders}),
        products=by_id(session, Product, {line.product_id for line in lines}),
        packs=by_id(session, SupplierProduct, {line.supplier_product_id for line in lines if line.supplier_product_id}),
        receipts=receipts,
    )


M = TypeVar("M", Supplier, Product, SupplierProduct, Location, PurchaseOrderReceipt, PurchaseOrderInvoicedPrice)


def by_id(session: Session, model: type[M], ids: Collection[UUID]) -> dict[UUID, M]:
    """Rows of one model by their ids; unknown ids are missing."""
    if not ids:
        return {}
    return {row.id: row for row in session.scalars(select(model).where(model.id.in_(ids)))}


def preferred_packs(session: Session, product_ids: Collection[UUID]) -> dict[UUID, SupplierProduct]:
    """For each product the pack to order: active, of an active supplier, preferred before cheap."""
    query = (
        select(SupplierProduct)
        .join(Supplier, Supplier.id == SupplierProduct.supplier_id)
        .where(SupplierProduct.product_id.in_(product_ids), SupplierProduct.is_active, Supplier.is_active)
        .ext(distinct_on(SupplierProduct.product_id))
        .order_by(
            SupplierProduct.product_id, SupplierProduct.is_preferred.desc(), SupplierProduct.price, SupplierProduct.id
        )
        .options(joinedload(SupplierProduct.supplier))
    )
    return {row.product_id: row for row in session.scalars(query)}


def suppliers_packs(session: Session, supplier_id: UUID, product_ids: Collection[UUID]) -> dict[UUID, SupplierProduct]:
    """How one supplier sells these products: its preferred pack of each."""
    query = (
        select(SupplierProduct)
        .where(
            SupplierProduct.supplier_id == supplier_id,
            SupplierProduct.product_id.in_(product_ids),
            SupplierProduct.is_active,
        )
        .ext(distinct_on(SupplierProduct.product_id))
        .order_by(SupplierProduct.product_id, SupplierProduct.is_preferred.desc(), SupplierProduct.id)
    )
    return {row.product_id: row for row in session.scalars(query)}


def order_contact(session: Session, supplier_id: UUID) -> SupplierContact | None:
    """The contact that receives the supplier's orders and has an address."""
    query = select(SupplierContact).where(
        SupplierContact.supplier_id == supplier_id,
        SupplierContact.receives_orders,
        SupplierContact.email.is_not(None),
    )
    return session.scalars(query.order_by(SupplierContact.name, SupplierContact.id).limit(1)).first()


def contact_address(session: Session, contact_id: UUID) -> tuple[str, str] | None:
    """A contact's name and mail address, if it still has one."""
    contact = session.get(SupplierContact, contact_id)
    return (contact.name, contact.email) if contact is not None and contact.email else None
