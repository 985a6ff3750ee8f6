"""The suppliers' queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import BigInteger, Text, Uuid, case, column, select, table, tuple_, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, joinedload, selectinload

from api.domain.units import ProductUnits
from api.suppliers.models import Supplier, SupplierContact, SupplierProduct, SupplierProductPrice

# The catalog is this room's neighbour and not imported: the two tables are named with the columns read here.
PRODUCTS = table(
    "products", column("id", Uuid()), column("sku", Text()), column("name", Text()), column("stock_unit", Text())
)
PRODUCT_UNITS = table(
    "product_units",
    column("product_id", Uuid()),
    column("unit", Text()),
    column("numerator", BigInteger()),
    column("denominator", BigInteger()),
)


@dataclass(frozen=True, slots=True)
class SoldProduct:
    """What this room needs to know of a product."""

    id: UUID
    sku: str
    name: str
    units: ProductUnits


@dataclass(frozen=True, slots=True)
class PackPrice:
    """What a pack cost on a day; `is_first_known` says that the day lies before the first price."""

    supplier_product_id: UUID
    product_id: UUID
    pack_quantity: Decimal
    pack_unit: str
    price: Decimal
    currency: str
    is_first_known: bool


def like(text: str) -> str:
    """A pattern that finds `text` anywhere, its own wildcards taken literally."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


# ------------------------------------------------------------------ suppliers


def list_suppliers(
    session: Session, *, q: str | None, is_active: bool | None, after: tuple[str, UUID] | None, limit: int
) -> Sequence[Supplier]:
    """Suppliers by name, one more than `limit`."""
    query = select(Supplier).options(selectinload(Supplier.contacts))
    query = query.order_by(Supplier.name, Supplier.id).limit(limit + 1)
    if q:
        query = query.where(Supplier.name.ilike(like(q)) | Supplier.code.ilike(like(q)))
    if is_active is not None:
        query = query.where(Supplier.is_active == is_active)
    if after is not None:
        query = query.where(tuple_(Supplier.name, Supplier.id) > after)
    return session.scalars(query).all()


def get_supplier(session: Session, supplier_id: UUID, *, lock: bool = False) -> Supplier | None:
    """One supplier with its contacts."""
    query = select(Supplier).where(Supplier.id == supplier_id).options(selectinload(Supplier.contacts))
    return session.scalar(query.with_for_update(of=Supplier) if lock else query)


def find_supplier_by_code(session: Session, code: str) -> Supplier | None:
    """The supplier of this code."""
    return session.scalar(select(Supplier).where(Supplier.code == code))


def get_contact(session: Session, supplier_id: UUID, contact_id: UUID) -> SupplierContact | None:
    """One contact of a supplier."""
    query = select(SupplierContact).where(SupplierContact.id == contact_id, SupplierContact.supplier_id == supplier_id)
    return session.scalar(query)


# ------------------------------------------------------------------ supplier products


def list_supplier_products(
    session: Session,
    *,
    supplier_id: UUID | None,
    product_id: UUID | None,
    is_active: bool | None,
    after: tuple[str, UUID] | None,
    limit: int,
) -> Sequence[SupplierProduct]:
    """Supplier products by article number, one more than `limit`."""
    query = select(SupplierProduct).options(joinedload(SupplierProduct.supplier))
    query = query.order_by(SupplierProduct.supplier_sku, SupplierProduct.id).limit(limit + 1)
    if supplier_id is not None:
        query = query.where(SupplierProduct.supplier_id == supplier_id)
    if product_id is not None:
        query = query.where(SupplierProduct.product_id == product_id)
    if is_active is not None:
        query = query.where(SupplierProduct.is_active == is_active)
    if after is not None:
        query = query.where(tuple_(SupplierProduct.supplier_sku, SupplierProduct.id) > after)
    return session.scalars(query).all()


def get_supplier_product(session: Session, row_id: UUID, *, lock: bool = False) -> SupplierProduct | None:
    """One supplier product with its supplier."""
    query = select(SupplierProduct).where(SupplierProduct.id == row_id)
    query = query.options(selectinload(SupplierProduct.supplier))
    return session.scalar(query.with_for_update(of=SupplierProduct) if lock else query)


def find_supplier_sku(session: Session, supplier_id: UUID, supplier_sku: str) -> SupplierProduct | None:
    """What the supplier sells under this article number."""
    query = select(SupplierProduct).where(
        SupplierProduct.supplier_id == supplier_id, SupplierProduct.supplier_sku == supplier_sku
    )
    return session.scalar(query)


def has_preferred(session: Session, product_id: UUID) -> bool:
    """Whether an active supplier product is preferred for this product."""
    query = select(SupplierProduct.id).where(
        SupplierProduct.product_id == product_id, SupplierProduct.is_preferred, SupplierProduct.is_active
    )
    return session.scalar(query.limit(1)) is not None


def prefer_only(session: Session, row: SupplierProduct) -> None:
    """Make the other supplier products of this product second choice."""
    session.execute(
        update(SupplierProduct)
        .where(
            SupplierProduct.product_id == row.product_id,
            SupplierProduct.id != row.id,
            SupplierProduct.is_preferred,
        )
        .values(is_preferred=False, version=SupplierProduct.version + 1)
    )


def list_prices(session: Session, supplier_product_id: UUID) -> Sequence[SupplierProductPrice]:
    """The price history, latest first."""
    prices = SupplierProductPrice
    query = select(prices).where(prices.supplier_product_id == supplier_product_id)
    return session.scalars(query.order_by(prices.valid_from.desc(), prices.recorded_at.desc())).all()


def prices_at(session: Session, product_ids: Collection[UUID], before: datetime) -> list[PackPrice]:
    """Per product, the preferred supplier's price right before a moment; where none was known yet, the first one."""
    prices, sold = SupplierProductPrice, SupplierProduct
    is_later = prices.valid_from >= before
    # In force first and latest first among those; among later ones, the earliest is the first known.
    distance = case((is_later, prices.valid_from - before), else_=before - prices.valid_from)
    query = (
        select(sold, prices.price, prices.currency, is_later.label("is_later"))
        .join(prices, prices.supplier_product_id == sold.id)
        .where(sold.product_id.in_(product_ids))
        .ext(distinct_on(sold.product_id))
        .order_by(sold.product_id, is_later, sold.is_preferred.desc(), sold.is_active.desc(), distance, sold.id)
    )
    return [
        PackPrice(row.id, row.product_id, row.pack_quantity, row.pack_unit, price, currency, later)
        for row, price, currency, later in session.execute(query)
    ]


def get_products(session: Session, product_ids: Collection[UUID]) -> dict[UUID, SoldProduct]:
    """Products with their conversions, by id; unknown ids are missing."""
    factors: defaultdict[UUID, list[tuple[str, int, int]]] = defaultdict(list)
    units = select(PRODUCT_UNITS).where(PRODUCT_UNITS.c.product_id.in_(product_ids))
    for row in session.execute(units):
        factors[row.product_id].append((row.unit, row.numerator, row.denominator))
    products = session.execute(select(PRODUCTS).where(PRODUCTS.c.id.in_(product_ids)))
    return {
        row.id: SoldProduct(row.id, row.sku, row.name, ProductUnits.of(row.stock_unit, factors[row.id]))
        for row in products
    }
