"""Products: what may be kept, in which units, under which codes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from sqlalchemy.orm import Session

from api.audit.record import record
from api.catalog import repository
from api.catalog.codes import ReadCode, read_code
from api.catalog.errors import BarcodeTaken, ProductNotFound, SkuTaken, UnknownCode
from api.catalog.label_templates.reading import Label, may_be_label, read_label, readings_of
from api.catalog.label_templates.repository import active_templates
from api.catalog.models import Barcode, Product, ProductUnit
from api.catalog.schemas import BIGGEST_TERM, NewBarcode, NewProduct, NewUnitFactor, ProductChange
from api.core.errors import FieldProblem, Invalid
from api.core.preconditions import bump
from api.domain.units import CircularUnits, Link, ProductUnits, UnconvertibleUnit, gross
from api.outbox.publish import publish

BARCODE_LINKED = "barcode.linked.v1"
"""A code came to stand for a pack: `code`, `product_id`, `actor_id`. What was scanned under it waits for this."""


def product_units(product: Product) -> ProductUnits:
    """The exact conversions of a product."""
    return ProductUnits.of(product.stock_unit, [(u.unit, u.numerator, u.denominator) for u in product.units])


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
    kept = _check_units(body.stock_unit, body.units)
    product = Product(**body.model_dump(exclude={"units", "barcodes", "id"}))
    if body.id is not None:
        product.id = body.id
    product.units = _unit_rows(kept)
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


def _replace_units(session: Session, product: Product, units: Sequence[NewUnitFactor]) -> None:
    kept = _check_units(product.stock_unit, units)
    product.units.clear()
    session.flush()
    product.units.extend(_unit_rows(kept))
    for barcode in product.barcodes:
        check_convertible(kept, barcode.pack_quantity, barcode.pack_unit, field="units")


def _unit_rows(units: ProductUnits) -> list[ProductUnit]:
    rows = [(unit, factor.numerator, factor.denominator) for unit, factor in units.factors]
    return [ProductUnit(unit=unit, numerator=top, denominator=bottom) for unit, top, bottom in rows]


def _check_units(stock_unit: str, units: Sequence[NewUnitFactor]) -> ProductUnits:
    """The product's conversions: a unit is told once, and never one that follows from the stock unit by itself.

    Raises:
        Invalid: `units.N.unit` is told twice, `units.N.of` leads nowhere, or packs are told in terms of each other.
    """
    plain = ProductUnits(stock_unit)
    seen: set[str] = set()
    for place, factor in enumerate(units):
        if factor.unit in seen or _converts(plain, factor.unit):
            raise _wrong_unit(f"units.{place}.unit", "duplicate_unit", f"{factor.unit} has a factor already.")
        seen.add(factor.unit)
    links = [_link_of(stock_unit, factor) for factor in units]
    try:
        kept = ProductUnits.chained(stock_unit, links)
    except UnconvertibleUnit as error:
        place = next(place for place, link in enumerate(links) if link.of == error.unit)
        detail = f"{error.unit} leads nowhere: {error.missing}."
        raise _wrong_unit(f"units.{place}.of", "unconvertible_unit", detail) from error
    except CircularUnits as error:
        place = next(place for place, link in enumerate(links) if link.unit in error.path)
        raise _wrong_unit(f"units.{place}.of", "circular_units", f"They lead in a ring: {error}.") from error
    for place, factor in enumerate(units):
        exact = kept.factor(factor.unit)
        if max(exact.numerator, exact.denominator) > BIGGEST_TERM:
            detail = f"{exact} {stock_unit} needs more than twelve digits above or below the line."
            raise _wrong_unit(f"units.{place}.unit", "out_of_range", detail)
    return kept


def _link_of(stock_unit: str, told: NewUnitFactor) -> Link:
    factor = Fraction(told.numerator, told.denominator)
    if told.yield_percent is not None:
        factor = gross(factor, Fraction(told.yield_percent) / 100)
    return Link(told.unit, factor, told.of or stock_unit)


def _wrong_unit(field: str, code: str, detail: str) -> Invalid:
    return Invalid("A unit is told wrongly.", errors=(FieldProblem(field, code, detail),))


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
        detail = f"{unit} cannot be converted to {units.stock_unit} for this product: {error.missing}."
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
        payload = {"code": barcode.code, "product_id": str(product.id), "actor_id": str(actor_id)}
        publish(session, BARCODE_LINKED, subject_id=product.id, payload=payload)
    return barcode


def unlink_barcode(session: Session, *, actor_id: UUID, product_id: UUID, code: str) -> None:
    """Take a code off a product.

    Raises:
        UnknownCode: the product does not carry it.
    """
    barcode = repository.find_barcode(session, _keys(session, code))
    if barcode is None or barcode.product_id != product_id:
        raise UnknownCode("The product does not carry this code.")
    _audit_code(session, actor_id, "barcode.unlinked", barcode)
    session.delete(barcode)
    session.flush()


@dataclass(frozen=True, slots=True)
class Found:
    """A code that was looked up: its row, its product, and what it says besides."""

    barcode: Barcode
    product: Product
    read: ReadCode
    label: Label | None = None


def look_up(session: Session, code: str) -> Found:
    """What a code stands for: the code itself before a label of its pattern.

    Raises:
        UnknownCode: no product carries it.
        Invalid: its check digit is wrong.
    """
    barcode = repository.find_barcode(session, [code.strip()])  # a code of the house may look like a GTIN
    read = ReadCode(barcode.code, barcode.symbology) if barcode else read_code(code)
    barcode = barcode or repository.find_barcode(session, [read.key])
    label = None
    if barcode is None:
        labels = {label.key: label for label in _labels(session, read.key)}
        barcode = repository.find_barcode(session, labels) if labels else None
        label = None if barcode is None else labels[barcode.code]
    if barcode is None:
        raise UnknownCode("No product carries this code.", scanned=code)
    return Found(barcode, get_product(session, barcode.product_id), read, label)


def _labels(session: Session, key: str) -> list[Label]:
    """What the templates in use make of a code; none for codes that are no label."""
    return readings_of(key, active_templates(session)) if may_be_label(key) else []


def _keys(session: Session, code: str) -> list[str]:
    try:
        key = read_code(code).key
    except Invalid:
        return [code.strip()]
    return [code.strip(), key, *(label.key for label in _labels(session, key))]


def _key_to_keep(session: Session, key: str, location_id: UUID | None, field: str) -> str:
    """A label's code is kept without its value, so that every label of the item finds it.

    Raises:
        Invalid: templates of several locations disagree about where the value stands, and none was named.
    """
    if not may_be_label(key):
        return key
    templates = active_templates(session)
    places: set[UUID | None] = {location_id} if location_id else {None, *(t.location_id for t in templates)}
    labels = [read_label(key, templates, place) for place in places]
    bases = {label.key for label in labels if label is not None}
    if len(bases) > 1:
        ways = " or ".join(sorted(bases))
        detail = f"Templates read it differently, as {ways}: say whose label it is in label_location_id."
        problem = FieldProblem(f"{field}code", "ambiguous_label", detail)
        raise Invalid("The label can be read in several ways.", code="ambiguous_label", errors=(problem,))
    return bases.pop() if bases else key


def _link(session: Session, product: Product, body: NewBarcode, *, field: str = "") -> tuple[Barcode, bool]:
    """The code's row, and whether it was made just now."""
    read = read_code(body.code, body.symbology, field=f"{field}code")
    key = _key_to_keep(session, read.key, body.label_location_id, field)
    pack_unit = body.pack_unit or product.stock_unit
    check_convertible(product_units(product), body.pack_quantity, pack_unit, field=f"{field}pack_unit")
    pack = (body.pack_quantity, pack_unit, body.pack_price, body.pack_currency)
    known = repository.find_barcode(session, [key])
    if known is not None:
        same = (known.pack_quantity, known.pack_unit, known.pack_price, known.pack_currency) == pack
        if same and known.product_id == product.id:
            return known, False
        raise BarcodeTaken("The code stands for another product or pack.", product_id=str(known.product_id))
    barcode = Barcode(
        code=key,
        symbology=read.symbology,
        product_id=product.id,
        pack_quantity=body.pack_quantity,
        pack_unit=pack_unit,
        pack_price=body.pack_price,
        pack_currency=body.pack_currency,
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
