"""The catalog's queries."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import Select, select, tuple_
from sqlalchemy import Sequence as Sequence_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, selectinload

from api.catalog.models import Barcode, Location, Product, StorageArea

LAST = 9999
"""Behind every shelf that people count."""

HOUSE_NUMBERS = Sequence_("house_code_numbers")
WHOLE = (selectinload(Product.units), selectinload(Product.barcodes))


def like(text: str) -> str:
    """A pattern that finds `text` anywhere, its own wildcards taken literally."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def list_products(
    session: Session,
    *,
    q: str | None,
    category: str | None,
    is_active: bool | None,
    after: tuple[str, UUID] | None,
    limit: int,
) -> Sequence[Product]:
    """Products by name, one more than `limit`; `q` looks into name, SKU and codes."""
    query = select(Product).options(*WHOLE).order_by(Product.name, Product.id).limit(limit + 1)
    if q:
        coded = select(Barcode.product_id).where(Barcode.code.like(f"%{q}"))
        query = query.where(Product.name.ilike(like(q)) | Product.sku.ilike(like(q)) | Product.id.in_(coded))
    if category is not None:
        query = query.where(Product.category == category)
    if is_active is not None:
        query = query.where(Product.is_active == is_active)
    if after is not None:
        query = query.where(tuple_(Product.name, Product.id) > after)
    return session.scalars(query).all()


def get_product(session: Session, product_id: UUID, *, lock: bool = False) -> Product | None:
    """One product with its units and codes."""
    query = select(Product).where(Product.id == product_id).options(*WHOLE)
    return session.scalar(query.with_for_update(of=Product) if lock else query)


def get_products(session: Session, product_ids: Collection[UUID]) -> dict[UUID, Product]:
    """Several products with their units, by id; unknown ids are missing."""
    query = select(Product).where(Product.id.in_(product_ids)).options(selectinload(Product.units))
    return {product.id: product for product in session.scalars(query)}


def get_whole_products(session: Session, product_ids: Collection[UUID]) -> dict[UUID, Product]:
    """Several products with their units and codes, by id; unknown ids are missing."""
    query = select(Product).where(Product.id.in_(product_ids)).options(*WHOLE)
    return {product.id: product for product in session.scalars(query)}


def next_house_number(session: Session) -> int:
    """A number that no code of the house has had yet."""
    return session.execute(select(HOUSE_NUMBERS.next_value())).scalar_one()


def find_product_by_sku(session: Session, sku: str) -> Product | None:
    """The product of this SKU."""
    return session.scalar(select(Product).where(Product.sku == sku))


def find_barcode(session: Session, codes: Collection[str]) -> Barcode | None:
    """The first of these codes that is known."""
    return session.scalar(select(Barcode).where(Barcode.code.in_(codes)).limit(1))


def _visible(visible: Collection[UUID] | None) -> Select[Location]:
    query = select(Location)
    return query if visible is None else query.where(Location.id.in_(visible))


def list_locations(
    session: Session, *, visible: Collection[UUID] | None, after: tuple[str, UUID] | None, limit: int
) -> Sequence[Location]:
    """Locations by code, one more than `limit`; `visible=None` means all."""
    query = _visible(visible).order_by(Location.code, Location.id).limit(limit + 1)
    if after is not None:
        query = query.where(tuple_(Location.code, Location.id) > after)
    return session.scalars(query).all()


def get_location(session: Session, location_id: UUID, *, lock: bool = False) -> Location | None:
    """One location."""
    query = select(Location).where(Location.id == location_id)
    return session.scalar(query.with_for_update() if lock else query)


def find_location_by_code(session: Session, code: str) -> Location | None:
    """The location of this code."""
    return session.scalar(select(Location).where(Location.code == code))


def list_areas(session: Session, location_id: UUID) -> Sequence[StorageArea]:
    """A location's areas in shelf order."""
    query = select(StorageArea).where(StorageArea.location_id == location_id)
    return session.scalars(query.order_by(StorageArea.position, StorageArea.name)).all()


def find_area_by_name(session: Session, location_id: UUID, name: str) -> StorageArea | None:
    """The area of this name at a location."""
    query = select(StorageArea).where(StorageArea.location_id == location_id, StorageArea.name == name)
    return session.scalar(query)


def find_in_transit_area(session: Session, location_id: UUID) -> UUID | None:
    """The first area of a location for goods on the road."""
    query = select(StorageArea.id).where(StorageArea.location_id == location_id, StorageArea.is_in_transit)
    return session.scalar(query.order_by(StorageArea.position, StorageArea.id).limit(1))


def add_in_transit_area(session: Session, location_id: UUID) -> UUID:
    """Add that area, behind all others; whoever adds it at the same moment gets the same."""
    values = {"location_id": location_id, "position": LAST, "is_in_transit": True}
    for name in ("On the road", "On the road (transfers)"):  # a shelf may be called so already
        statement = insert(StorageArea).values(name=name, **values).on_conflict_do_nothing()
        session.execute(statement, execution_options={"synchronize_session": False})
        found = find_in_transit_area(session, location_id)
        if found is not None:
            return found
    message = f"location {location_id} has shelves with the names of its in-transit area"
    raise LookupError(message)
