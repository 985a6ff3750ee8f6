"""Labels of the house: which code is printed for a product, and how."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from api.audit.record import record
from api.catalog import repository, service
from api.catalog.codes import read_code
from api.catalog.gs1.checks import read_date
from api.catalog.models import Barcode, Product
from api.catalog.printing.schemas import LabelLine, LabelOrder
from api.catalog.printing.sheets import SHEETS, DoesNotFit, Printed
from api.catalog.schemas import NewBarcode
from api.core.access import Principal
from api.core.errors import FieldProblem, Forbidden, Invalid
from api.core.types import plain
from api.domain.gtin import check_digit, looks_like_gtin

HOUSE_PREFIX = "04"
"""GS1's prefix for numbers that are used within a company alone, and no label template's weight stands in them."""
EDIT = "catalog.edit"


def print_labels(session: Session, principal: Principal, order: LabelOrder) -> bytes:
    """The PDF of the labels asked for, in their order.

    Raises:
        Invalid: a product or code is not there, or a code does not fit its carrier or label; `errors` names the line.
        Forbidden: codes are to be made, and the person may not edit products.
    """
    from api.catalog.printing import drawing  # who prints no labels needs no PDF

    if order.make_codes and not principal.holds(EDIT):
        raise Forbidden(f"Making codes needs the scope {EDIT}.", code="missing_scope", scope=EDIT)
    products = repository.get_whole_products(session, {line.product_id for line in order.lines})
    sheet = SHEETS[order.sheet]
    labels: list[Printed] = []
    for place, line in enumerate(order.lines):
        product = products.get(line.product_id)
        if product is None:
            raise _invalid(place, "product_id", "unknown_product", "There is no such product.")
        barcode = _barcode(session, principal, product, line, place, make=order.make_codes)
        label = _label(product, barcode, line, place)
        try:
            drawing.draw(sheet, [label])
        except (DoesNotFit, ValueError) as error:
            detail = f"{barcode.code} does not fit a {label.carrier} on {sheet.name}: choose another carrier or sheet."
            raise _invalid(place, "carrier", "does_not_fit", detail) from error
        labels += [label] * line.copies
    return drawing.draw(sheet, labels, skip=order.skip % sheet.labels)


def _barcode(
    session: Session, principal: Principal, product: Product, line: LabelLine, place: int, *, make: bool
) -> Barcode:
    """The code to print: the one named, else the first GTIN, else the first there is, else a new one of the house."""
    if line.code is not None:
        keys = {line.code.strip(), _key(line.code)}
        named = next((barcode for barcode in product.barcodes if barcode.code in keys), None)
        if named is None:
            raise _invalid(place, "code", "unknown_code", f"{product.name} does not carry this code.")
        return named
    if product.barcodes:
        return min(product.barcodes, key=lambda barcode: (not _is_ean13(barcode.code), barcode.created_at))
    if make:
        return _make(session, principal, product)
    detail = f"{product.name} has no code: link one, or ask for one with make_codes."
    raise _invalid(place, "product_id", "no_code", detail)


def _make(session: Session, principal: Principal, product: Product) -> Barcode:
    """A code of the house for one stock unit of the product."""
    body = f"{HOUSE_PREFIX}{repository.next_house_number(session):010}"
    code = body + str(check_digit(body))
    barcode = service.link_barcode(
        session, actor_id=principal.id, product_id=product.id, body=NewBarcode(code=code, symbology="ean13")
    )
    session.refresh(product)
    record(
        session,
        actor_id=principal.id,
        action="barcode.made",
        subject_type="product",
        subject_id=product.id,
        details={"code": barcode.code},
    )
    return barcode


def _label(product: Product, barcode: Barcode, line: LabelLine, place: int) -> Printed:
    code, pack = barcode.code, f"{plain(barcode.pack_quantity)} {barcode.pack_unit}"
    if line.lot is not None or line.expires_on is not None:
        if not _is_gtin(code):
            detail = "A lot or an expiry is carried beside a GTIN alone."
            raise _invalid(place, "lot", "needs_a_gtin", detail)
        if line.expires_on is not None and not _is_near(line.expires_on):
            raise _invalid(place, "expires_on", "out_of_range", "A label says two digits of the year alone.")
        message = f"(01){code}" + _expiry(line.expires_on) + (f"(10){line.lot}" if line.lot else "")
        carrier = line.carrier or "datamatrix"
        if carrier == "ean13":
            raise _invalid(place, "carrier", "does_not_fit", "An EAN-13 holds a GTIN alone: choose another carrier.")
        told = [f"Lot {line.lot}"] if line.lot else []
        told += [f"Use by {line.expires_on.isoformat()}"] if line.expires_on else []
        return Printed(carrier, message, is_gs1=True, lines=(product.name, code, *told, pack))
    carrier = line.carrier or ("ean13" if _is_ean13(code) else "code128")
    if carrier == "ean13" and not _is_ean13(code):
        raise _invalid(place, "carrier", "does_not_fit", f"{code} is no EAN-13: choose another carrier.")
    content = code[1:] if carrier == "ean13" else code
    return Printed(carrier, content, is_gs1=False, lines=(product.name, content, pack))


def _expiry(day: date | None) -> str:
    return "" if day is None else f"(17){day.year % 100:02}{day:%m%d}"


def _is_near(day: date) -> bool:
    """Whether the year's two digits read back as this year."""
    return read_date(f"{day.year % 100:02}{day:%m%d}", may_lack_day=False) == day


def _is_gtin(code: str) -> bool:
    return len(code) == 14 and looks_like_gtin(code)


def _is_ean13(code: str) -> bool:
    return _is_gtin(code) and code.startswith("0")


def _key(code: str) -> str:
    try:
        return read_code(code).key
    except Invalid:
        return code


def _invalid(place: int, field: str, code: str, detail: str) -> Invalid:
    return Invalid(detail, code=code, errors=(FieldProblem(f"lines.{place}.{field}", code, detail),))
