"""What a scanner sends and what it gets back, one result per scan in order."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    UUID7,
    AfterValidator,
    AwareDatetime,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    StringConstraints,
    ValidationError,
    WrapValidator,
)
from pydantic_core import PydanticCustomError

from api.catalog.schemas import BarcodeAnswer
from api.core.types import (
    CurrencyCode,
    Id7,
    NonNegativeQuantity,
    PositiveQuantity,
    Quantity,
    RequestBody,
    ResponseBody,
    Text,
    UtcDateTime,
)
from api.domain.movements import MAX_BATCH

Action = Literal["receive", "issue", "waste", "count", "transfer", "lookup"]
Status = Literal["posted", "duplicate", "unknown_code", "needs_input", "rejected"]
SEPARATOR = "\x1d"
NO_CODE = re.compile("[\x00-\x1c\x1e\x1f\x7f-\x9f\ud800-\udfff]")
NO_TEXT = re.compile("[\x00\ud800-\udfff]")


def _scannable(value: str) -> str:
    """A code carries no control character but the GS1 group separator, and no lone surrogate."""
    if NO_CODE.search(value):
        raise PydanticCustomError("unprintable_text", "A code carries no control characters.")
    return value


def _writable(value: str) -> str:
    if NO_TEXT.search(value):
        raise PydanticCustomError("unprintable_text", "NUL and lone surrogates are not text.")
    return value


ScannedCode = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_scannable)]
Short = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_writable)]


class Scan(RequestBody):
    """One code and what to do with it.

    `quantity` counts packs of the scanned code unless `unit` says otherwise; it is 1 unless given. A count says how
    much is there at `occurred_at`.
    """

    id: Id7
    code: ScannedCode
    symbology: Short | None = None
    location_id: UUID
    area_id: UUID | None = None
    action: Action
    quantity: NonNegativeQuantity | None = None
    unit: Short | None = None
    lot: Short | None = None
    expires_on: date | None = None
    reason_code: Short | None = None
    to_location_id: UUID | None = None
    purchase_order_id: UUID | None = None
    occurred_at: UtcDateTime | None = None
    device_id: Short | None = None
    sequence: int | None = Field(None, ge=0, lt=2**63)


PlainText = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00]*$")]
PlainCode = Annotated[
    str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1c\x1e\x1f\x7f-\x{9f}]*$")
]
PlainQuantity = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,12}(\.[0-9]{1,6})?$")]


class PlainScan(RequestBody):
    """A scan as scanners write it, checked without a line of Python: five times as fast as `Scan`.

    It takes a part of what `Scan` takes, and means the same by it; the tests hold the two together. JSON carries no
    lone surrogate that the parser would let through.
    """

    model_config = ConfigDict(extra="forbid", frozen=False, populate_by_name=False)

    id: UUID7
    code: PlainCode
    symbology: PlainText | None = None
    location_id: UUID
    area_id: UUID | None = None
    action: Action
    written: PlainQuantity | None = Field(None, alias="quantity")
    unit: PlainText | None = None
    lot: PlainText | None = None
    expires_on: date | None = None
    reason_code: PlainText | None = None
    to_location_id: UUID | None = None
    purchase_order_id: UUID | None = None
    occurred_at: AwareDatetime | None = None
    device_id: PlainText | None = None
    sequence: int | None = Field(None, ge=0, lt=2**63)

    @property
    def quantity(self) -> Decimal | None:
        """How many packs, or how much of the unit."""
        return None if self.written is None else _decimal(self.written)


@lru_cache(maxsize=1024)
def _decimal(text: str) -> Decimal:
    """Most scans are of one, or of a dozen."""
    return Decimal(text)


class PlainBatch(RequestBody):
    """1..500 scans, each of them plain."""

    scans: list[PlainScan] = Field(min_length=1, max_length=MAX_BATCH)


class UnreadableScan(RequestBody):
    """A scan of which only the id could be read; it is answered `rejected` and its neighbours go on."""

    id: Id7
    field: str
    code: str
    detail: str


def _alone(value: Any, handler: ModelWrapValidatorHandler[Scan]) -> Scan | UnreadableScan:
    """One bad scan never fails its neighbours; without a readable id there is nothing to answer to."""
    try:
        return handler(value)
    except ValidationError as error:
        problems = error.errors(include_url=False)
        if not isinstance(value, dict) or any(problem["loc"][:1] in {(), ("id",)} for problem in problems):
            raise
        first = problems[0]
        path = ".".join(str(part) for part in first["loc"])[:100]
        return UnreadableScan.model_construct(
            id=UUID(str(value["id"])), field=path, code=f"invalid_{path}"[:64], detail=first["msg"][:300]
        )


class ScanBatch(RequestBody):
    """1..500 scans of one or several devices."""

    scans: list[Annotated[Scan, WrapValidator(_alone)]] = Field(min_length=1, max_length=MAX_BATCH)


class ScanProblem(ResponseBody):
    """Why a scan was not posted; `field` names what is missing or wrong."""

    code: str
    detail: str
    field: str | None = None


class ScannedProduct(ResponseBody):
    """The product a code stands for."""

    id: UUID
    name: str


class ScanResult(ResponseBody):
    """What became of one scan.

    `quantity` is in `unit`, the product's stock unit: what moved, signed for a count (what was found less what was
    expected). `on_hand` is the item's new balance, `reorder` whether the product is below its reorder point there.
    """

    id: UUID
    status: Status
    movement_id: UUID | None = None
    product: ScannedProduct | None = None
    quantity: Quantity | None = None
    unit: str | None = None
    on_hand: Quantity | None = None
    reorder: bool | None = None
    error: ScanProblem | None = None


class ScanResults(ResponseBody):
    """One result per scan, in the order sent."""

    results: list[ScanResult]


class UnknownCode(ResponseBody):
    """A code that was scanned and stands for nothing yet, with its last scan."""

    code: str
    symbology: str | None
    location_id: UUID
    scans: int
    last_scan_id: UUID
    last_seen_at: UtcDateTime
    action: str


class ScanRecord(ResponseBody):
    """A scan as it is on record; `quantity` and `unit` are what was scanned or typed, not the stock unit."""

    id: UUID
    code: str
    symbology: str | None = None
    action: str
    status: Status
    error_code: str | None = None
    movement_id: UUID | None = None
    location_id: UUID
    product_id: UUID | None
    quantity: Quantity | None
    unit: str | None
    actor_id: UUID | None
    device_id: str | None
    occurred_at: UtcDateTime
    recorded_at: UtcDateTime


class NewLink(RequestBody):
    """Which product, and which pack of it, an unknown code stands for."""

    product_id: UUID
    symbology: Annotated[Text, Field(max_length=20)] | None = Field(
        None, description="That of the latest scan where it is not given."
    )
    pack_quantity: PositiveQuantity = Decimal(1)
    pack_unit: Annotated[Text, Field(max_length=30)] | None = Field(
        None, description="The product's stock unit where it is not given."
    )
    pack_price: PositiveQuantity | None = None
    pack_currency: CurrencyCode | None = None


class ReplayedScan(ScanResult):
    """What became of a scan that waited for its code; `id` and time are the scan's own."""

    code: str
    location_id: UUID


class Linked(ResponseBody):
    """The code as it was linked, and one result per scan that waited for it."""

    barcode: BarcodeAnswer
    results: list[ReplayedScan]


class DecodedCode(ResponseBody):
    """A code found in a picture; `position` are its corners in pixels, clockwise from top left."""

    code: str
    symbology: str
    position: list[tuple[int, int]]


class DecodedCodes(ResponseBody):
    """What was found in a picture."""

    codes: list[DecodedCode]
