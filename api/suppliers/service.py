"""Suppliers, their terms and contacts, and what they sell at which price."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from api.audit.record import record
from api.core.errors import FieldProblem, Invalid
from api.core.preconditions import bump
from api.domain.units import ProductUnits, UnconvertibleUnit, as_written
from api.suppliers import repository
from api.suppliers.errors import (
    ContactNotFound,
    SupplierCodeTaken,
    SupplierNotFound,
    SupplierProductNotFound,
    SupplierSkuTaken,
)
from api.suppliers.models import Supplier, SupplierContact, SupplierProduct, SupplierProductPrice
from api.suppliers.repository import PackPrice, SoldProduct
from api.suppliers.schemas import (
    NewContact,
    NewSupplier,
    NewSupplierProduct,
    ProductBrief,
    SupplierBrief,
    SupplierChange,
    SupplierProductAnswer,
    SupplierProductChange,
)

LAST_DAY = date.max - timedelta(days=1)  # whose end can still be written


def get_supplier(session: Session, supplier_id: UUID) -> Supplier:
    """One supplier.

    Raises:
        SupplierNotFound: there is none.
    """
    supplier = repository.get_supplier(session, supplier_id)
    if supplier is None:
        raise SupplierNotFound
    return supplier


def create_supplier(session: Session, *, actor_id: UUID, body: NewSupplier) -> Supplier:
    """Add a supplier with its contacts.

    Raises:
        SupplierCodeTaken: somebody was first.
    """
    if repository.find_supplier_by_code(session, body.code):
        raise SupplierCodeTaken(f"There is a supplier {body.code} already.")
    supplier = Supplier(**_given(body, {"contacts"}))
    supplier.contacts = [SupplierContact(**_given(contact)) for contact in body.contacts]
    session.add(supplier)
    session.flush()
    session.refresh(supplier)
    _audit(session, actor_id, "supplier.created", supplier.id)
    return supplier


def change_supplier(
    session: Session, *, actor_id: UUID, supplier_id: UUID, version: int, body: SupplierChange
) -> Supplier:
    """Edit a supplier that nobody else edited since `version`.

    Raises:
        SupplierNotFound, VersionConflict, Invalid: see their names.
    """
    supplier = repository.get_supplier(session, supplier_id, lock=True)
    if supplier is None:
        raise SupplierNotFound
    bump(supplier, version)
    changes = _changes(body)
    _assign(supplier, changes)
    session.flush()
    _audit(session, actor_id, "supplier.edited", supplier.id, fields=sorted(changes))
    return supplier


def create_contact(session: Session, *, actor_id: UUID, supplier_id: UUID, body: NewContact) -> SupplierContact:
    """Add a contact to a supplier.

    Raises:
        SupplierNotFound: there is none.
    """
    supplier = get_supplier(session, supplier_id)
    contact = SupplierContact(supplier_id=supplier.id, **_given(body))
    session.add(contact)
    session.flush()
    _audit(session, actor_id, "supplier_contact.created", supplier.id, contact_id=str(contact.id))
    return contact


def delete_contact(session: Session, *, actor_id: UUID, supplier_id: UUID, contact_id: UUID) -> None:
    """Forget a contact.

    Raises:
        ContactNotFound: the supplier has no such contact.
    """
    contact = repository.get_contact(session, supplier_id, contact_id)
    if contact is None:
        raise ContactNotFound
    session.delete(contact)
    session.flush()
    _audit(session, actor_id, "supplier_contact.deleted", supplier_id, contact_id=str(contact_id))


# ------------------------------------------------------------------ supplier products


def get_supplier_product(session: Session, row_id: UUID) -> SupplierProductAnswer:
    """One supplier product.

    Raises:
        SupplierProductNotFound: there is none.
    """
    row = repository.get_supplier_product(session, row_id)
    if row is None:
        raise SupplierProductNotFound
    return answers(session, [row])[0]


def create_supplier_product(session: Session, *, actor_id: UUID, body: NewSupplierProduct) -> SupplierProductAnswer:
    """Add what a supplier sells, with its first price.

    Raises:
        Invalid: supplier, product, unit or date is wrong; `errors` names the field.
        SupplierSkuTaken: the supplier sells something else under this article number.
    """
    supplier = repository.get_supplier(session, body.supplier_id)
    if supplier is None:
        raise _invalid("supplier_id", "unknown_supplier", "There is no such supplier.")
    product = repository.get_products(session, [body.product_id]).get(body.product_id)
    if product is None:
        raise _invalid("product_id", "unknown_product", "There is no such product.")
    unit_cost(product.units, body.pack_quantity, body.pack_unit, body.price)
    if repository.find_supplier_sku(session, supplier.id, body.supplier_sku):
        raise SupplierSkuTaken(f"{supplier.name} sells something under {body.supplier_sku} already.")
    row = SupplierProduct(**_given(body, {"price_valid_from", "currency", "is_preferred"}))
    row.currency = body.currency or supplier.currency
    row.is_preferred = (
        not repository.has_preferred(session, product.id) if body.is_preferred is None else body.is_preferred
    )
    session.add(row)
    session.flush()
    session.refresh(row)
    if row.is_preferred:
        repository.prefer_only(session, row)
    _append_price(session, actor_id, row, body.price, body.price_valid_from)
    _audit(session, actor_id, "supplier_product.created", row.id, subject_type="supplier_product")
    return answers(session, [row])[0]


def change_supplier_product(
    session: Session, *, actor_id: UUID, row_id: UUID, version: int, body: SupplierProductChange
) -> SupplierProductAnswer:
    """Edit a supplier product; a new price is appended to its history and is the price from `price_valid_from` on.

    Raises:
        SupplierProductNotFound, VersionConflict, Invalid: see their names.
    """
    row = repository.get_supplier_product(session, row_id, lock=True)
    if row is None:
        raise SupplierProductNotFound
    bump(row, version)
    changes = _changes(body)
    valid_from = changes.pop("price_valid_from", None)
    price = changes.pop("price", None)
    if valid_from is not None and price is None:
        raise _invalid("price", "missing", "A date of validity needs its price.")
    _assign(row, changes)
    if body.is_preferred:
        repository.prefer_only(session, row)
    if price is not None:
        _append_price(session, actor_id, row, price, valid_from)
    session.flush()
    fields = sorted(body.model_fields_set)
    _audit(session, actor_id, "supplier_product.edited", row.id, subject_type="supplier_product", fields=fields)
    return answers(session, [row])[0]


def list_prices(session: Session, row_id: UUID) -> Collection[SupplierProductPrice]:
    """The price history, latest first.

    Raises:
        SupplierProductNotFound: there is no such supplier product.
    """
    if repository.get_supplier_product(session, row_id) is None:
        raise SupplierProductNotFound
    return repository.list_prices(session, row_id)


def _append_price(
    session: Session, actor_id: UUID, row: SupplierProduct, price: Decimal, valid_from: datetime | None
) -> None:
    """Write the price down; the row shows the latest one that is valid."""
    now = datetime.now(UTC)
    if valid_from is not None and valid_from > now:
        raise _invalid("price_valid_from", "in_the_future", "A price can be valid from now or earlier.")
    session.add(
        SupplierProductPrice(
            supplier_product_id=row.id,
            price=price,
            currency=row.currency,
            valid_from=valid_from or now,
            recorded_by=actor_id,
        )
    )
    session.flush()
    row.price = repository.list_prices(session, row.id)[0].price


def prices_on(session: Session, product_ids: Collection[UUID], day: date) -> dict[UUID, PackPrice]:
    """Per product, what a pack cost at the end of a day (UTC) with the preferred supplier.

    Before the first known price that one is given and marked; a product that nobody sells is missing.
    """
    end = datetime.combine(min(day, LAST_DAY) + timedelta(days=1), time(), UTC)
    return {price.product_id: price for price in repository.prices_at(session, product_ids, end)}


def answers(session: Session, rows: Collection[SupplierProduct]) -> list[SupplierProductAnswer]:
    """Supplier products as they are shown, with the products' names and the derived unit cost."""
    products = repository.get_products(session, {row.product_id for row in rows})
    return [_answer(row, products[row.product_id]) for row in rows]


def _answer(row: SupplierProduct, product: SoldProduct) -> SupplierProductAnswer:
    cost = unit_cost(product.units, row.pack_quantity, row.pack_unit, row.price)
    return SupplierProductAnswer(
        id=row.id,
        supplier=SupplierBrief.model_validate(row.supplier),
        product=ProductBrief(id=product.id, sku=product.sku, name=product.name),
        supplier_sku=row.supplier_sku,
        pack_name=row.pack_name,
        pack_quantity=row.pack_quantity,
        pack_unit=row.pack_unit,
        price=row.price,
        unit_cost=as_written(cost),
        unit_cost_exact=str(cost),
        stock_unit=product.units.stock_unit,
        currency=row.currency,
        minimum_packs=row.minimum_packs,
        pack_multiple=row.pack_multiple,
        is_preferred=row.is_preferred,
        is_active=row.is_active,
        version=row.version,
    )


def unit_cost(units: ProductUnits, pack_quantity: Decimal, pack_unit: str, price: Decimal) -> Fraction:
    """The price of one stock unit, exactly; packs keep their own price, so nothing is ever priced by a rounded one.

    Raises:
        Invalid: the pack's unit cannot be converted (`pack_unit`).
    """
    try:
        in_stock_units = Fraction(pack_quantity) * units.factor(pack_unit)
    except UnconvertibleUnit as error:
        detail = f"{pack_unit} cannot be converted to {units.stock_unit} for this product: {error.missing}."
        raise _invalid("pack_unit", "unconvertible_unit", detail) from error
    return Fraction(price) / in_stock_units


# ------------------------------------------------------------------ small things


def _given(body: NewContact | NewSupplier | NewSupplierProduct, besides: Collection[str] = ()) -> dict[str, Any]:
    """The body's columns; an id that was not given is left to the database."""
    values = body.model_dump(exclude=set(besides))
    return {name: value for name, value in values.items() if name != "id" or value is not None}


def _changes(body: SupplierChange | SupplierProductChange) -> dict[str, Any]:
    changes = body.model_dump(exclude_unset=True)
    empty = [name for name, value in changes.items() if value is None]
    if empty:
        problems = tuple(FieldProblem(name, "null", "May be left out, but not null.") for name in empty)
        raise Invalid("A field that every row has cannot be emptied.", errors=problems)
    return changes


def _assign(row: Supplier | SupplierProduct, changes: Mapping[str, Any]) -> None:
    for name, value in changes.items():
        setattr(row, name, list(value) if isinstance(value, tuple) else value)


def _invalid(field: str, code: str, detail: str) -> Invalid:
    return Invalid(detail, code=code, errors=(FieldProblem(field, code, detail),))


def _audit(
    session: Session,
    actor_id: UUID,
    action: str,
    subject_id: UUID,
    *,
    subject_type: str = "supplier",
    **details: object,
) -> None:
    record(
        session,
        actor_id=actor_id,
        action=action,
        subject_type=subject_type,
        subject_id=subject_id,
        details=details,
    )
