"""Transfers in the shape that clients read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Session

from api.catalog import repository as catalog
from api.catalog.models import Product
from api.inventory.stock.schemas import Entered, ProductReference
from api.inventory.transfers import repository
from api.inventory.transfers.models import Transfer, TransferLine, TransferSettlement
from api.inventory.transfers.schemas import LineOut, LocationReference, SettlementOut, TransferOut

PLAIN = (
    "id",
    "number",
    "status",
    "currency",
    "note",
    "created_by",
    "created_at",
    "shipped_by",
    "shipped_at",
    "settled_at",
    "version",
)
PLAIN_OF_LINE = (
    "id",
    "quantity",
    "from_area_id",
    "lot_id",
    "shipped_quantity",
    "shipped_value",
    "over_quantity",
    "lost_quantity",
    "returned_quantity",
    "open_quantity",
)


def present(session: Session, transfers: Sequence[Transfer]) -> list[TransferOut]:
    """The transfers with what they point to, in three queries whatever their number."""
    lines = [line for transfer in transfers for line in transfer.lines]
    products = catalog.get_products(session, {line.product_id for line in lines})
    ends = {place for each in transfers for place in (each.from_location_id, each.to_location_id)}
    locations = {
        place: LocationReference.model_validate(row) for place, row in repository.locations_by_id(session, ends).items()
    }
    settled: defaultdict[UUID, list[TransferSettlement]] = defaultdict(list)
    for row in repository.settlements(session, [line.id for line in lines]):
        settled[row.transfer_line_id].append(row)
    return [_transfer(each, locations, products, settled) for each in transfers]


def present_one(session: Session, transfer: Transfer) -> TransferOut:
    """One transfer."""
    return present(session, [transfer])[0]


def is_short(transfer: Transfer) -> bool:
    """Whether something arrived and something of it did not, or never will."""
    is_opened = any(line.received_quantity > 0 for line in transfer.lines)
    return any(line.lost_quantity > 0 or (is_opened and line.open_quantity > 0) for line in transfer.lines)


def _transfer(
    transfer: Transfer,
    locations: dict[UUID, LocationReference],
    products: dict[UUID, Product],
    settled: dict[UUID, list[TransferSettlement]],
) -> TransferOut:
    lines = sorted(transfer.lines, key=lambda line: line.position)
    values = [line.shipped_value for line in lines if line.shipped_value is not None]
    return TransferOut(
        **{name: getattr(transfer, name) for name in PLAIN},
        from_location=locations[transfer.from_location_id],
        to_location=locations[transfer.to_location_id],
        lines=[_line(line, products[line.product_id], settled.get(line.id, [])) for line in lines],
        value=sum(values, Decimal(0)) if values else None,
        is_short=is_short(transfer),
    )


def _line(line: TransferLine, product: Product, settled: Sequence[TransferSettlement]) -> LineOut:
    return LineOut(
        **{name: getattr(line, name) for name in PLAIN_OF_LINE},
        product=ProductReference.model_validate(product),
        unit=product.stock_unit,
        entered=Entered(quantity=line.entered_quantity, unit=line.entered_unit),
        received_quantity=line.received_quantity + line.over_quantity,
        settlements=[SettlementOut.model_validate(row) for row in settled],
    )
