"""`/api/suppliers` and `/api/supplier-products`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.core.access import Principal, Requires
from api.core.creation import create_once
from api.core.database import DbSession
from api.core.pagination import Cursor, Limit, Page, cut, name_cursor
from api.core.preconditions import ExpectedVersion
from api.suppliers import repository, service
from api.suppliers.models import Supplier, SupplierProduct
from api.suppliers.schemas import (
    ContactAnswer,
    NewContact,
    NewSupplier,
    NewSupplierProduct,
    PriceAnswer,
    SupplierAnswer,
    SupplierChange,
    SupplierProductAnswer,
    SupplierProductChange,
)

router = APIRouter(prefix="/api", tags=["suppliers"])

Reader = Annotated[Principal, Requires("suppliers.read")]
Editor = Annotated[Principal, Requires("suppliers.edit")]
Search = Annotated[str | None, Query(max_length=200, description="Part of a name or code.")]


@router.get("/suppliers")
def list_suppliers(
    session: DbSession,
    _: Reader,
    q: Search = None,
    is_active: bool | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[SupplierAnswer]:
    """Suppliers by name, with their terms and contacts."""
    rows = repository.list_suppliers(session, q=q, is_active=is_active, after=name_cursor(cursor), limit=limit)
    page, following = cut(rows, limit, _supplier_key)
    return Page(items=[SupplierAnswer.model_validate(row) for row in page], next_cursor=following)


def _supplier_key(supplier: Supplier) -> tuple[str, UUID]:
    return supplier.name, supplier.id


@router.post("/suppliers", status_code=201)
def create_supplier(session: DbSession, principal: Editor, body: NewSupplier) -> SupplierAnswer:
    """Add a supplier with its contacts."""
    return create_once(
        session,
        actor_id=principal.id,
        route="POST /api/suppliers",
        row_id=body.id,
        body=body,
        answer=SupplierAnswer,
        create=lambda: service.create_supplier(session, actor_id=principal.id, body=body),
    )


@router.get("/suppliers/{supplier_id}")
def get_supplier(session: DbSession, _: Reader, supplier_id: UUID) -> SupplierAnswer:
    """One supplier."""
    return SupplierAnswer.model_validate(service.get_supplier(session, supplier_id))


@router.patch("/suppliers/{supplier_id}")
def change_supplier(
    session: DbSession, principal: Editor, supplier_id: UUID, version: ExpectedVersion, body: SupplierChange
) -> SupplierAnswer:
    """Edit a supplier's terms."""
    supplier = service.change_supplier(
        session, actor_id=principal.id, supplier_id=supplier_id, version=version, body=body
    )
    return SupplierAnswer.model_validate(supplier)


@router.get("/suppliers/{supplier_id}/contacts")
def list_contacts(session: DbSession, _: Reader, supplier_id: UUID) -> Page[ContactAnswer]:
    """A supplier's contacts by name."""
    contacts = service.get_supplier(session, supplier_id).contacts
    return Page(items=[ContactAnswer.model_validate(contact) for contact in contacts])


@router.post("/suppliers/{supplier_id}/contacts", status_code=201)
def create_contact(session: DbSession, principal: Editor, supplier_id: UUID, body: NewContact) -> ContactAnswer:
    """Add a contact; the one that receives orders gets purchase orders."""
    return create_once(
        session,
        actor_id=principal.id,
        route=f"POST /api/suppliers/{supplier_id}/contacts",
        row_id=body.id,
        body=body,
        answer=ContactAnswer,
        create=lambda: service.create_contact(session, actor_id=principal.id, supplier_id=supplier_id, body=body),
    )


@router.delete("/suppliers/{supplier_id}/contacts/{contact_id}", status_code=204)
def delete_contact(session: DbSession, principal: Editor, supplier_id: UUID, contact_id: UUID) -> None:
    """Forget a contact."""
    service.delete_contact(session, actor_id=principal.id, supplier_id=supplier_id, contact_id=contact_id)


# ------------------------------------------------------------------ supplier products


@router.get("/supplier-products")
def list_supplier_products(
    session: DbSession,
    _: Reader,
    supplier_id: UUID | None = None,
    product_id: UUID | None = None,
    is_active: bool | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[SupplierProductAnswer]:
    """Who sells what in which pack at which price, by article number."""
    rows = repository.list_supplier_products(
        session,
        supplier_id=supplier_id,
        product_id=product_id,
        is_active=is_active,
        after=name_cursor(cursor),
        limit=limit,
    )
    page, following = cut(rows, limit, _article_key)
    return Page(items=service.answers(session, page), next_cursor=following)


def _article_key(row: SupplierProduct) -> tuple[str, UUID]:
    return row.supplier_sku, row.id


@router.post("/supplier-products", status_code=201)
def create_supplier_product(session: DbSession, principal: Editor, body: NewSupplierProduct) -> SupplierProductAnswer:
    """Add what a supplier sells, with its first price."""
    return create_once(
        session,
        actor_id=principal.id,
        route="POST /api/supplier-products",
        row_id=body.id,
        body=body,
        answer=SupplierProductAnswer,
        create=lambda: service.create_supplier_product(session, actor_id=principal.id, body=body),
    )


@router.get("/supplier-products/{supplier_product_id}")
def get_supplier_product(session: DbSession, _: Reader, supplier_product_id: UUID) -> SupplierProductAnswer:
    """One supplier product."""
    return service.get_supplier_product(session, supplier_product_id)


@router.patch("/supplier-products/{supplier_product_id}")
def change_supplier_product(
    session: DbSession,
    principal: Editor,
    supplier_product_id: UUID,
    version: ExpectedVersion,
    body: SupplierProductChange,
) -> SupplierProductAnswer:
    """Edit a supplier product; a price is appended to its history."""
    return service.change_supplier_product(
        session, actor_id=principal.id, row_id=supplier_product_id, version=version, body=body
    )


@router.get("/supplier-products/{supplier_product_id}/prices")
def list_prices(session: DbSession, _: Reader, supplier_product_id: UUID) -> Page[PriceAnswer]:
    """The price history, latest first."""
    prices = service.list_prices(session, supplier_product_id)
    return Page(items=[PriceAnswer.model_validate(price) for price in prices])
