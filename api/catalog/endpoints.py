"""`/api/products`, `/api/barcodes` and `/api/locations`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query

from api.catalog import locations, repository, service
from api.catalog.models import Location, Product
from api.catalog.schemas import (
    AreaAnswer,
    BarcodeAnswer,
    CodeAnswer,
    Gs1Answer,
    LabelAnswer,
    LocationAnswer,
    LocationChange,
    NewArea,
    NewBarcode,
    NewLocation,
    NewProduct,
    ProductAnswer,
    ProductChange,
)
from api.core.access import Principal, Requires
from api.core.creation import create_once
from api.core.database import DbSession
from api.core.pagination import Cursor, Limit, Page, cut, name_cursor
from api.core.preconditions import ExpectedVersion

router = APIRouter(prefix="/api", tags=["catalog"])

Reader = Annotated[Principal, Requires("catalog.read")]
Editor = Annotated[Principal, Requires("catalog.edit")]
Search = Annotated[str | None, Query(max_length=200, description="Part of a name or SKU, or the end of a code.")]
Code = Annotated[str, Path(min_length=1, max_length=200)]


@router.get("/products")
def list_products(
    session: DbSession,
    _: Reader,
    q: Search = None,
    category: Annotated[str | None, Query(max_length=100)] = None,
    is_active: bool | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ProductAnswer]:
    """Products by name."""
    after = name_cursor(cursor)
    rows = repository.list_products(session, q=q, category=category, is_active=is_active, after=after, limit=limit)
    page, following = cut(rows, limit, _product_key)
    return Page(items=[ProductAnswer.model_validate(row) for row in page], next_cursor=following)


def _product_key(product: Product) -> tuple[str, UUID]:
    return product.name, product.id


@router.post("/products", status_code=201)
def create_product(session: DbSession, principal: Editor, body: NewProduct) -> ProductAnswer:
    """Add a product with its units and codes."""
    return create_once(
        session,
        actor_id=principal.id,
        route="POST /api/products",
        row_id=body.id,
        body=body,
        answer=ProductAnswer,
        create=lambda: service.create_product(session, actor_id=principal.id, body=body),
    )


@router.get("/products/{product_id}")
def get_product(session: DbSession, _: Reader, product_id: UUID) -> ProductAnswer:
    """One product."""
    return ProductAnswer.model_validate(service.get_product(session, product_id))


@router.patch("/products/{product_id}")
def change_product(
    session: DbSession, principal: Editor, product_id: UUID, version: ExpectedVersion, body: ProductChange
) -> ProductAnswer:
    """Edit a product; `units` replaces all factors."""
    product = service.change_product(session, actor_id=principal.id, product_id=product_id, version=version, body=body)
    return ProductAnswer.model_validate(product)


@router.post("/products/{product_id}/barcodes", status_code=201)
def link_barcode(session: DbSession, principal: Editor, product_id: UUID, body: NewBarcode) -> BarcodeAnswer:
    """Let a code stand for a pack of this product; linking the same again changes nothing."""
    barcode = service.link_barcode(session, actor_id=principal.id, product_id=product_id, body=body)
    return BarcodeAnswer.model_validate(barcode)


@router.delete("/products/{product_id}/barcodes", status_code=204)
def unlink_barcode(
    session: DbSession, principal: Editor, product_id: UUID, code: Annotated[str, Query(max_length=200)]
) -> None:
    """Take a code off this product."""
    service.unlink_barcode(session, actor_id=principal.id, product_id=product_id, code=code)


@router.get("/barcodes/{code:path}")
def look_up_code(session: DbSession, _: Reader, code: Code) -> CodeAnswer:
    """The product and pack that a code stands for, and what else a GS1 element string says."""
    return _code_answer(service.look_up(session, code))


def _code_answer(found: service.Found) -> CodeAnswer:
    barcode, fields = found.barcode, found.read.gs1
    gs1 = fields and Gs1Answer(
        gtin=fields.gtin,
        lot=fields.lot,
        expires_on=fields.expires_on.isoformat() if fields.expires_on else None,
        weight_kg=fields.weight_kg,
        serial=fields.serial,
    )
    return CodeAnswer(
        code=barcode.code,
        symbology=barcode.symbology,
        pack_quantity=barcode.pack_quantity,
        pack_unit=barcode.pack_unit,
        product=ProductAnswer.model_validate(found.product),
        gs1=gs1,
        label=None if found.label is None else LabelAnswer.model_validate(found.label),
    )


# ------------------------------------------------------------------ locations


@router.get("/locations")
def list_locations(
    session: DbSession, principal: Reader, limit: Limit = 50, cursor: Cursor = None
) -> Page[LocationAnswer]:
    """The locations that the person may see, by code."""
    visible = principal.locations("catalog.read")
    rows = repository.list_locations(session, visible=visible, after=name_cursor(cursor), limit=limit)
    page, following = cut(rows, limit, _location_key)
    return Page(items=[LocationAnswer.model_validate(row) for row in page], next_cursor=following)


def _location_key(location: Location) -> tuple[str, UUID]:
    return location.code, location.id


@router.post("/locations", status_code=201)
def create_location(session: DbSession, principal: Editor, body: NewLocation) -> LocationAnswer:
    """Open a restaurant."""
    return create_once(
        session,
        actor_id=principal.id,
        route="POST /api/locations",
        row_id=body.id,
        body=body,
        answer=LocationAnswer,
        create=lambda: locations.create_location(session, principal=principal, body=body),
    )


@router.get("/locations/{location_id}")
def get_location(session: DbSession, principal: Reader, location_id: UUID) -> LocationAnswer:
    """One location."""
    location = locations.get_location(session, principal, "catalog.read", location_id)
    return LocationAnswer.model_validate(location)


@router.patch("/locations/{location_id}")
def change_location(
    session: DbSession, principal: Editor, location_id: UUID, version: ExpectedVersion, body: LocationChange
) -> LocationAnswer:
    """Edit a location."""
    location = locations.change_location(
        session, principal=principal, location_id=location_id, version=version, body=body
    )
    return LocationAnswer.model_validate(location)


@router.get("/locations/{location_id}/areas")
def list_areas(session: DbSession, principal: Reader, location_id: UUID) -> Page[AreaAnswer]:
    """A location's storage areas in shelf order."""
    areas = locations.list_areas(session, principal, location_id)
    return Page(items=[AreaAnswer.model_validate(area) for area in areas])


@router.post("/locations/{location_id}/areas", status_code=201)
def create_area(session: DbSession, principal: Editor, location_id: UUID, body: NewArea) -> AreaAnswer:
    """Add a storage area."""
    return create_once(
        session,
        actor_id=principal.id,
        route=f"POST /api/locations/{location_id}/areas",
        row_id=body.id,
        body=body,
        answer=AreaAnswer,
        create=lambda: locations.create_area(session, principal=principal, location_id=location_id, body=body),
    )
