"""Products: what may be kept, in which units, under which codes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Session

from api.audit.record import record
from api.catalog import repository
from api.catalog.codes import ReadCode, read_code
from api.catalog.errors import BarcodeTaken, ProductNotFound, SkuTaken, UnknownCode
from api.catalog.models import Barcode, Product, ProductUnit
from api.catalog.schemas import NewBarcode, NewProduct, ProductChange, UnitFactor
from api.core.errors import FieldProblem, Invalid
from api.core.preconditions import bump
from api.domain.units import ProductUnits, UnconvertibleUnit


def product_units(product: Product) -> ProductUnits:
    """The exact conversions of a product."""
    return _conversions(product.stock_unit, product.units)


def _conversions(stock_unit: str, units: Sequence[ProductUnit | UnitFactor]) -> ProductUnits:
    return ProductUnits.of(stock_unit, [(u.unit, u.numerator, u.denominator) for u in units])


def get_product(session: Session, product_id: UUID) -> Product:
    """One product.

    Raises:
        ProductNotFound: there is none.
    """
    product = repository.get_product(session, product_id)
    if product is None:
        raise ProductNotFound
    return product


def create_product(session: Session, *, actor_id: UUID, body: NewProduct) -> Product:
    """Add a product with its units and codes.

    Raises:
        SkuTaken, BarcodeTaken: somebody was first.
        Invalid: a unit or a code is wrong; `errors` names the field.
    """
    if repository.find_product_by_sku(session, body.sku):
        raise SkuTaken(f"There is a product with the SKU {body.sku} already.", sku=body.sku)
    _check_units(body.stock_unit, body.units)
    product = Product(**body.model_dump(exclude={"units", "barcodes", "id"}))
    if body.id is not None:
        product.id = body.id
    product.units = _unit_rows(body.units)
    product.barcodes = []
    session.add(product)
    session.flush()
    for place, barcode in enumerate(body.barcodes):
        _link(session, product, barcode, field=f"barcodes.{place}.")
    session.flush()
    session.refresh(product)
    record(session, actor_id=actor_id, action="product.created", subject_type="product", subject_id=product.id)
    return product


def change_product(session: Session, *, actor_id: UUID, product_id: UUID, version: int, body: ProductChange) -> Product:
    """Edit a product that nobody else edited since `version`.

    Raises:
        ProductNotFound, VersionConflict, SkuTaken, Invalid: see their names.
    """
    product = repository.get_product(session, product_id, lock=True)
    if product is None:
        raise ProductNotFound
    bump(product, version)
    changes = body.model_dump(exclude_unset=True, exclude={"units"})
    refuse_nulls(changes, nullable={"shelf_life_days"})
    holder = repository.find_product_by_sku(session, changes["sku"]) if "sku" in changes else None
    if holder is not None and holder.id != product.id:
        raise SkuTaken(f"There is a product with the SKU {holder.sku} already.", sku=holder.sku)
    for name, value in changes.items():
        setattr(product, name, value)
    if body.units is not None:
        _replace_units(session, product, body.units)
    session.flush()
    session.refresh(product)
    record(
        session,
        actor_id=actor_id,
        action="product.edited",
        subject_type="product",
        subject_id=product.id,
        details={"fields": sorted(body.model_fields_set)},
    )
    return product


def refuse_nulls(changes: Mapping[str, object], *, nullable: Collection[str] = ()) -> None:
    """An edit may leave a field out, but not empty one that every row has.

    Raises:
        Invalid: names the fields that are null.
    """
    empty = [name for name, value in changes.items() if value is None and name not in nullable]
    if empty:
        problems = tuple(FieldProblem(name, "null", "May be left out, but not null.") for name in empty)
        raise Invalid("A field that every row has cannot be emptied.", errors=problems)


def _replace_units(session: Session, product: Product, units: Sequence[UnitFactor]) -> None:
    _check_units(product.stock_unit, units)
    product.units.clear()
    session.flush()
    product.units.extend(_unit_rows(units))
    kept = _conversions(product.stock_unit, units)
    for barcode in product.barcodes:
        check_convertible(kept, barcode.pack_quantity, barcode.pack_unit, field="units")


def _unit_rows(units: Sequence[UnitFactor]) -> list[ProductUnit]:
    return [ProductUnit(unit=u.unit, numerator=u.numerator, denominator=u.denominator) for u in units]


def _check_units(stock_unit: str, units: Sequence[UnitFactor]) -> None:
    """A unit is told once, and never one that follows from the stock unit by itself."""
    plain = ProductUnits(stock_unit)
    seen: set[str] = set()
    for place, factor in enumerate(units):
        if factor.unit in seen or _converts(plain, factor.unit):
            detail = f"{factor.unit} has a factor already."
            problem = FieldProblem(f"units.{place}.unit", "duplicate_unit", detail)
            raise Invalid("A unit has two factors.", errors=(problem,))
        seen.add(factor.unit)


def _converts(units: ProductUnits, unit: str) -> bool:
    try:
        units.factor(unit)
    except UnconvertibleUnit:
        return False
    return True


def check_convertible(units: ProductUnits, quantity: Decimal, unit: str, *, field: str) -> Decimal:
    """The quantity in stock units.

    Raises:
        Invalid: the unit cannot be converted; the problem names `field`.
    """
    try:
        return units.to_stock(quantity, unit)
    except UnconvertibleUnit as error:
        detail = f"{unit} cannot be converted to {units.stock_unit} for this product."
        problem = FieldProblem(field, "unconvertible_unit", detail)
        raise Invalid("A unit cannot be converted.", code="unconvertible_unit", errors=(problem,)) from error


# ------------------------------------------------------------------ codes


def link_barcode(session: Session, *, actor_id: UUID, product_id: UUID, body: NewBarcode) -> Barcode:
    """Let a code stand for a pack of a product; linking the same again changes nothing.

    Raises:
        ProductNotFound, BarcodeTaken, Invalid: see their names.
    """
    product = repository.get_product(session, product_id, lock=True)
    if product is None:
        raise ProductNotFound
    barcode, is_new = _link(session, product, body)
    if is_new:
        session.flush()
        _audit_code(session, actor_id, "barcode.linked", barcode)
    return barcode


def unlink_barcode(session: Session, *, actor_id: UUID, product_id: UUID, code: str) -> None:
    """Take a code off a product.

    Raises:
        UnknownCode: the product does not carry it.
    """
    barcode = repository.find_barcode(session, _keys(code))
    if barcode is None or barcode.product_id != product_id:
        raise UnknownCode("The product does not carry this code.")
    _audit_code(session, actor_id, "barcode.unlinked", barcode)
    session.delete(barcode)
    session.flush()


def look_up(session: Session, code: str) -> tuple[Barcode, Product, ReadCode]:
    """What a code stands for.

    Raises:
        UnknownCode: no product carries it.
        Invalid: its check digit is wrong.
    """
    barcode = repository.find_barcode(session, [code.strip()])  # a code of the house may look like a GTIN
    read = ReadCode(barcode.code, barcode.symbology) if barcode else read_code(code)
    barcode = barcode or repository.find_barcode(session, [read.key])
    if barcode is None:
        raise UnknownCode("No product carries this code.", scanned=code)
    return barcode, get_product(session, barcode.product_id), read


def _keys(code: str) -> list[str]:
    try:
        return [code.strip(), read_code(code).key]
    except Invalid:
        return [code.strip()]


def _link(session: Session, product: Product, body: NewBarcode, *, field: str = "") -> tuple[Barcode, bool]:
    """The code's row, and whether it was made just now."""
    read = read_code(body.code, body.symbology, field=f"{field}code")
    pack_unit = body.pack_unit or product.stock_unit
    check_convertible(product_units(product), body.pack_quantity, pack_unit, field=f"{field}pack_unit")
    known = repository.find_barcode(session, [read.key])
    if known is not None:
        same = (known.product_id, known.pack_quantity, known.pack_unit) == (product.id, body.pack_quantity, pack_unit)
        if same:
            return known, False
        raise BarcodeTaken("The code stands for another product or pack.", product_id=str(known.product_id))
    barcode = Barcode(
        code=read.key,
        symbology=read.symbology,
        product_id=product.id,
        pack_quantity=body.pack_quantity,
        pack_unit=pack_unit,
    )
    session.add(barcode)
    return barcode, True


def _audit_code(session: Session, actor_id: UUID, action: str, barcode: Barcode) -> None:
    record(
        session,
        actor_id=actor_id,
        action=action,
        subject_type="product",
        subject_id=barcode.product_id,
        details={"code": barcode.code},
    )
