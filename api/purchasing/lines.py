"""From what was asked for to lines of an order: whose pack, how big in stock units, at which price."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Session

from api.catalog.models import Product
from api.catalog.service import product_units
from api.core.errors import FieldProblem, Invalid
from api.domain.ids import uuid7
from api.domain.units import UnconvertibleUnit
from api.purchasing import repository
from api.purchasing.models import PurchaseOrder, PurchaseOrderLine
from api.purchasing.schemas import LineIn
from api.suppliers.models import SupplierProduct

STEP = Decimal("0.000001")


def build_lines(session: Session, order: PurchaseOrder, asked: Sequence[LineIn]) -> list[PurchaseOrderLine]:
    """Lines for `asked`, in its order.

    Raises:
        Invalid: a line names nothing that the order's supplier sells in the order's currency; `errors` names it.
    """
    found = _find_packs(session, order.supplier_id, asked)
    products = repository.by_id(session, Product, {pack.product_id for pack in found if pack is not None})
    problems: list[FieldProblem] = []
    lines: list[PurchaseOrderLine] = []
    for place, (line, pack) in enumerate(zip(asked, found, strict=True)):
        problem = _problem(order, line, pack, place)
        if problem is not None or pack is None:
            problems += [problem] if problem else []
            continue
        price = pack.price if line.price is None else line.price
        lines.append(make_line(products[pack.product_id], pack, line.packs_ordered, price, place, line.id))
    if problems:
        raise Invalid("A line cannot be ordered.", code="unknown_supplier_product", errors=tuple(problems))
    return lines


def make_line(
    product: Product, pack: SupplierProduct, packs: Decimal, price: Decimal, position: int, line_id: UUID | None = None
) -> PurchaseOrderLine:
    """One line that remembers the pack as it is now.

    Raises:
        Invalid: the pack's unit cannot be converted to the product's stock unit.
    """
    return PurchaseOrderLine(
        id=line_id or uuid7(),
        position=position,
        product_id=product.id,
        supplier_product_id=pack.id,
        pack_quantity=pack.pack_quantity,
        pack_unit=pack.pack_unit,
        pack_stock_quantity=stock_quantity(product, pack.pack_quantity, pack.pack_unit),
        packs_ordered=packs,
        packs_received=Decimal(0),
        price=price,
    )


def stock_quantity(product: Product, quantity: Decimal, unit: str) -> Decimal:
    """The quantity in the product's stock unit.

    Raises:
        Invalid: there is no conversion from this unit for this product.
    """
    try:
        return product_units(product).to_stock(quantity, unit)
    except UnconvertibleUnit as error:
        message = f"{product.name} cannot be counted in {unit}: {error.missing}."
        raise Invalid(message, code="unconvertible_unit") from error


def worth(packs: Decimal | int, price: Decimal) -> Decimal:
    """Packs × price of one, to the six decimals that money is kept with."""
    return (packs * price).quantize(STEP)


def line_total(line: PurchaseOrderLine) -> Decimal:
    """What was ordered, at its price."""
    return worth(line.packs_ordered, line.price)


def _find_packs(session: Session, supplier_id: UUID, asked: Sequence[LineIn]) -> list[SupplierProduct | None]:
    named = {line.supplier_product_id for line in asked if line.supplier_product_id}
    by_name = repository.by_id(session, SupplierProduct, named)
    wanted = {line.product_id for line in asked if line.product_id and not line.supplier_product_id}
    by_product = repository.suppliers_packs(session, supplier_id, wanted) if wanted else {}
    return [
        by_name.get(line.supplier_product_id)
        if line.supplier_product_id
        else by_product.get(line.product_id)
        if line.product_id
        else None
        for line in asked
    ]


def _problem(order: PurchaseOrder, line: LineIn, pack: SupplierProduct | None, place: int) -> FieldProblem | None:
    field = f"lines.{place}.{'supplier_product_id' if line.supplier_product_id else 'product_id'}"
    if pack is None or pack.supplier_id != order.supplier_id:
        return FieldProblem(field, "unknown_supplier_product", "The supplier sells no such product.")
    if line.product_id and line.product_id != pack.product_id:
        return FieldProblem(f"lines.{place}.product_id", "other_product", "The supplier's product is another one.")
    if pack.currency != order.currency:
        detail = f"It is priced in {pack.currency}, the order is in {order.currency}."
        return FieldProblem(field, "currency_mismatch", detail)
    return None
