"""Transfers as clients send and read them; quantities in the product's stock unit unless a unit is beside them."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from api.core.types import (
    Id7,
    Money,
    NonNegativeQuantity,
    PositiveQuantity,
    Quantity,
    RequestBody,
    ResponseBody,
    Text,
    UtcDateTime,
)
from api.inventory.stock.schemas import Entered, ProductReference

Status = Literal["draft", "in_transit", "partially_received", "received", "closed", "cancelled"]
Lines = Field(min_length=1, max_length=200)
UnitText = Annotated[Text, Field(max_length=30)]


class LineIn(RequestBody):
    """What is asked for; `unit` is the stock unit unless given, the area is chosen where the product is used from."""

    id: Id7 | None = None
    product_id: UUID
    quantity: PositiveQuantity
    unit: UnitText | None = None
    from_area_id: UUID | None = None
    lot_id: UUID | None = None


class TransferIn(RequestBody):
    """A new draft; `id` is the client's and makes a second send harmless."""

    id: Id7
    from_location_id: UUID
    to_location_id: UUID
    lines: Annotated[list[LineIn], Lines]
    note: Text | None = None


class TransferEdit(RequestBody):
    """An edit of a draft: `lines` replaces them all."""

    lines: Annotated[list[LineIn], Lines] | None = None
    note: Text | None = None


class ShipmentLine(RequestBody):
    """What really leaves of a line, where that is not what was asked for; zero leaves it out."""

    line_id: UUID
    quantity: NonNegativeQuantity
    unit: UnitText | None = None


class Step(RequestBody):
    """What every step may say about itself."""

    occurred_at: UtcDateTime | None = Field(None, description="When it happened; now, if nothing is given.")
    device_id: Annotated[Text, Field(max_length=100)] | None = None


class Shipment(Step):
    """The goods leave; lines that are not named leave as asked for."""

    lines: Annotated[list[ShipmentLine], Lines] | None = None
    expected_version: int | None = Field(None, description="Refused with 409 when the transfer has moved on.")


class ReceiptLine(RequestBody):
    """What came of a line; `receipt_id` is the client's and becomes the movement's id."""

    line_id: UUID
    receipt_id: Id7
    quantity: PositiveQuantity
    unit: UnitText | None = None
    area_id: UUID | None = Field(None, description="Where it was put away.")


class Receipt(Step):
    """The goods arrive, all or part of them; without lines: all that is on the road."""

    lines: Annotated[list[ReceiptLine], Lines] | None = None
    allow_over: bool = Field(False, description="Take more than was shipped: the rest leaves the sender's stock too.")


class ResolutionLine(RequestBody):
    """What became of goods that did not arrive; without a quantity: all that is on the road."""

    line_id: UUID
    resolution_id: Id7
    outcome: Literal["lost", "returned"]
    quantity: PositiveQuantity | None = None
    unit: UnitText | None = None
    reason_code: Text | None = Field(None, description="Needed for a loss.")


class Resolution(Step):
    """Lost, with a reason, or back at the sender."""

    lines: Annotated[list[ResolutionLine], Lines]


class LocationReference(ResponseBody):
    """One end of a transfer."""

    id: UUID
    code: str
    name: str


class SettlementOut(ResponseBody):
    """What became of goods on the road; `id` is the movement's too."""

    id: UUID
    outcome: Literal["received", "lost", "returned"]
    quantity: Quantity
    over_quantity: Quantity
    value: Money
    reason_code: str | None
    occurred_at: UtcDateTime
    recorded_by: UUID


class LineOut(ResponseBody):
    """A line; `received_quantity` contains what came beyond the shipment (`over_quantity`)."""

    id: UUID
    product: ProductReference
    unit: str
    quantity: Quantity
    entered: Entered
    from_area_id: UUID | None
    lot_id: UUID | None
    shipped_quantity: Quantity | None
    shipped_value: Money | None
    received_quantity: Quantity
    over_quantity: Quantity
    lost_quantity: Quantity
    returned_quantity: Quantity
    open_quantity: Quantity
    settlements: list[SettlementOut]


class TransferOut(ResponseBody):
    """A transfer; `value` is what was shipped, in the currency of both ends, at the sender's average cost."""

    id: UUID
    number: str
    status: Status
    from_location: LocationReference
    to_location: LocationReference
    lines: list[LineOut]
    value: Money | None
    currency: str
    is_short: bool
    note: str | None
    created_by: UUID
    created_at: UtcDateTime
    shipped_by: UUID | None
    shipped_at: UtcDateTime | None
    settled_at: UtcDateTime | None
    version: int
