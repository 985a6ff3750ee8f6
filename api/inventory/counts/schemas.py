"""Counts as clients see them; quantities in the product's stock unit, values in the location's currency."""

from __future__ import annotations

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from api.core.types import (
    Id7,
    Money,
    NonNegativeQuantity,
    Quantity,
    RequestBody,
    ResponseBody,
    Text,
    UtcDateTime,
)

Status = Literal["counting", "submitted", "posted", "cancelled"]
AbcClass = Literal["A", "B", "C"]
Reason = Literal["negative", "overdue", "abc"]
MAX_LINES = 500
MAX_ITEMS = 10_000


class NewCount(RequestBody):
    """A sheet for a location: of these areas (null is what is kept in none), of these items, or of everything there."""

    id: Id7
    location_id: UUID
    area_ids: Annotated[list[UUID | None], Field(min_length=1, max_length=200)] | None = None
    item_ids: Annotated[list[UUID], Field(min_length=1, max_length=MAX_ITEMS)] | None = None
    is_blind: bool = True
    note: Text | None = None


class Entry(RequestBody):
    """So much of a unit, as it stood on the shelf; `unit` is the stock unit unless given."""

    quantity: NonNegativeQuantity
    unit: Text | None = None


Entries = Annotated[list[Entry], Field(min_length=1, max_length=10)]


class NewLine(RequestBody):
    """What one person counted of one item at one moment; the entries add up, and so do the lines of an item.

    The item is named by `item_id`, or by `product_id` with its `area_id`; one that is not on the sheet is added to it.
    `round` is the one the sheet showed, so that a line written before a recount was asked for stays in its round.
    """

    id: Id7
    item_id: UUID | None = None
    product_id: UUID | None = None
    area_id: UUID | None = None
    entries: Entries
    counted_at: UtcDateTime
    round: Annotated[int, Field(ge=1, le=1000)] | None = None
    device_id: Text | None = None
    note: Text | None = None

    @model_validator(mode="after")
    def names_one_item(self) -> Self:
        """An item, or a product with its area."""
        if (self.item_id is None) == (self.product_id is None):
            raise PydanticCustomError("item_or_product", "Name the item, or the product with its area.")
        return self


class NewLines(RequestBody):
    """1..500 lines, stored together or not at all."""

    lines: Annotated[list[NewLine], Field(min_length=1, max_length=MAX_LINES)]


class LineChange(RequestBody):
    """A line replaced by whoever counted it; what is left out stays, and a withdrawn line counts nothing."""

    entries: Entries | None = None
    counted_at: UtcDateTime | None = None
    note: Text | None = None
    is_withdrawn: bool | None = None


class NewRecount(RequestBody):
    """A second look at some of a sheet's items (`count_item_ids` are ids of the sheet's own items)."""

    id: Id7
    count_item_ids: Annotated[list[UUID], Field(min_length=1, max_length=MAX_LINES)]
    reason: Text | None = None


class ShelfOrder(RequestBody):
    """The items of one storage area (null: those kept in none) in the order in which one passes them."""

    location_id: UUID
    area_id: UUID | None = None
    item_ids: Annotated[list[UUID], Field(min_length=1, max_length=MAX_ITEMS)]


# ------------------------------------------------------------------ answers


class CountSummary(ResponseBody):
    """A sheet in a list: how far it is."""

    id: UUID
    number: str
    location_id: UUID
    status: Status
    is_blind: bool
    note: str | None
    item_count: int
    counted_count: int
    created_by: UUID
    created_at: UtcDateTime
    submitted_by: UUID | None
    submitted_at: UtcDateTime | None
    posted_by: UUID | None
    posted_at: UtcDateTime | None
    cancelled_by: UUID | None
    cancelled_at: UtcDateTime | None
    version: int


class EntryAnswer(ResponseBody):
    """What was typed."""

    quantity: Quantity
    unit: str


class LineAnswer(ResponseBody):
    """A line of the sheet; `quantity` is the sum of its entries in the stock unit."""

    id: UUID
    count_item_id: UUID
    round: int
    entries: list[EntryAnswer]
    quantity: Quantity
    counted_at: UtcDateTime
    counted_by: UUID
    device_id: str | None
    note: str | None
    is_withdrawn: bool
    version: int


class StoredLine(LineAnswer):
    """A line of a batch: stored just now, or known already."""

    status: Literal["stored", "duplicate"]


class StoredLines(ResponseBody):
    """One answer per line sent, in order."""

    lines: list[StoredLine]


class Flag(ResponseBody):
    """Why a line looks wrong: a stable noun, and the reason in words."""

    code: Literal["zero", "half", "double", "unit_confusion", "unexpected_usage", "moved_meanwhile"]
    detail: str


class LastCount(ResponseBody):
    """What the count before found."""

    quantity: Quantity
    counted_at: UtcDateTime


class CountedProduct(ResponseBody):
    """Which product."""

    id: UUID
    sku: str
    name: str


class AreaReference(ResponseBody):
    """A storage area; null id stands for what is kept in none."""

    id: UUID | None
    name: str | None


class CountItemAnswer(ResponseBody):
    """An item of the sheet in shelf order.

    `counted` is the sum of the latest round's lines, null where there is none. `expected` is the balance as of
    `measured_at`, the moment of the first of them (now, where nothing was counted). `moved_meanwhile` came less went
    from then until the last of them. On a blind sheet, until it is reviewed, everything that tells what the books say
    is null, and so are the flags.
    """

    id: UUID
    item_id: UUID
    product: CountedProduct
    area: AreaReference
    unit: str
    units: list[str]
    position: int
    is_found: bool
    round: int
    is_recount_due: bool
    lines: list[LineAnswer]
    counted: Quantity | None
    measured_at: UtcDateTime | None
    last_counted_at: UtcDateTime | None
    expected: Quantity | None
    moved_meanwhile: Quantity | None
    variance: Quantity | None
    unit_cost: Money | None
    variance_value: Money | None
    last_count: LastCount | None
    flags: list[Flag] | None
    movement_id: UUID | None


class Totals(ResponseBody):
    """What the sheet comes to; values are at average cost, over the items that were counted."""

    items: int
    counted_items: int
    varying_items: int | None
    flagged_items: int | None
    expected_value: Money | None
    counted_value: Money | None
    gain_value: Money | None
    loss_value: Money | None
    variance_value: Money | None
    currency: str


class RecountAnswer(ResponseBody):
    """Who asked for a second look, when and why."""

    count_item_id: UUID
    round: int
    reason: str | None
    asked_by: UUID
    asked_at: UtcDateTime


class CountAnswer(CountSummary):
    """A whole sheet; a blind one shows what is expected only to whoever reviews it."""

    areas: list[AreaReference]
    shows_expected: bool
    items: list[CountItemAnswer]
    recounts: list[RecountAnswer]
    totals: Totals


class CandidateReason(ResponseBody):
    """Why an item should be counted."""

    code: Reason
    detail: str


class Candidate(ResponseBody):
    """An item that should be counted, and why; `usage_value` is that of the window, in `currency`."""

    item_id: UUID
    product: CountedProduct
    area: AreaReference
    on_hand: Quantity
    unit: str
    abc_class: AbcClass
    usage_value: Money
    currency: str
    last_counted_at: UtcDateTime | None
    days_since_count: int | None
    reasons: list[CandidateReason]


class ShelfItem(ResponseBody):
    """An item at its place on the shelf."""

    item_id: UUID
    product: CountedProduct
    position: int | None


class ShelfOrderAnswer(ResponseBody):
    """The items of one storage area as one passes them; those without a position come last, by name."""

    location_id: UUID
    area_id: UUID | None
    items: list[ShelfItem]
