"""What the catalog reads and answers: products with units and codes, locations with areas."""

from __future__ import annotations

from datetime import time
from decimal import Decimal
from typing import Annotated, Literal, Self
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from api.core.types import CurrencyCode, Id7, OptionalText, PositiveQuantity, Quantity, RequestBody, ResponseBody, Text

Allergen = Literal[
    "celery",
    "crustaceans",
    "eggs",
    "fish",
    "gluten",
    "lupin",
    "milk",
    "molluscs",
    "mustard",
    "nuts",
    "peanuts",
    "sesame",
    "soya",
    "sulphites",
]
UnitName = Annotated[Text, Field(max_length=30)]
BIGGEST_TERM = 10**12


def _known_time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        message = "is not a time zone of the IANA database, such as Europe/London"
        raise ValueError(message) from error
    return name


TimeZone = Annotated[Text, Field(max_length=60), AfterValidator(_known_time_zone)]


# ------------------------------------------------------------------ products


class UnitFactor(RequestBody):
    """One `unit` is `numerator / denominator` stock units, exactly."""

    model_config = ConfigDict(extra="forbid", frozen=True, from_attributes=True)

    unit: UnitName
    numerator: Annotated[int, Field(gt=0, le=BIGGEST_TERM)]
    denominator: Annotated[int, Field(gt=0, le=BIGGEST_TERM)] = 1


class NewUnitFactor(UnitFactor):
    """One `unit` is `numerator / denominator` of another: a case is 12 packs, a pack is 6 each, an each is 58 g.

    With `yield_percent` the unit is what remains after trimming: one trimmed kilogram takes 100/88 of a raw one.
    """

    numerator: Annotated[int, Field(gt=0, le=BIGGEST_TERM)] = 1
    of: UnitName | None = Field(default=None, description="The product's stock unit where it is not given.")
    yield_percent: Annotated[PositiveQuantity, Field(le=100)] | None = None


class NewBarcode(RequestBody):
    """A code and the pack it stands for; the symbology is told from the code where it is not given.

    For labels that carry a price, `pack_price` is what one such pack costs: the label's price ÷ it = how many packs.
    """

    code: Annotated[Text, Field(max_length=90)]
    symbology: Annotated[Text, Field(max_length=20)] | None = None
    pack_quantity: PositiveQuantity = Decimal(1)
    pack_unit: UnitName | None = Field(default=None, description="The product's stock unit where it is not given.")
    pack_price: PositiveQuantity | None = None
    pack_currency: CurrencyCode | None = None
    label_location_id: UUID | None = Field(
        default=None, description="Whose label templates read the code, where those of several locations differ."
    )

    @model_validator(mode="after")
    def _price_has_a_currency(self) -> Self:
        if (self.pack_price is None) != (self.pack_currency is None):
            message = "A price needs its currency, and a currency its price."
            raise PydanticCustomError("price_without_currency", message)
        return self


class BarcodeAnswer(ResponseBody):
    """A code of a product; GTINs are shown with 14 digits."""

    code: str
    symbology: str
    pack_quantity: Quantity
    pack_unit: str
    pack_price: Quantity | None = None
    pack_currency: str | None = None


class NewProduct(RequestBody):
    """A product to be kept in stock; `id` is the client's and makes the request repeatable."""

    id: Id7 | None = None
    sku: Annotated[Text, Field(max_length=60)]
    name: Text
    category: Annotated[OptionalText, Field(max_length=100)] = ""
    stock_unit: UnitName
    tracks_lots: bool = False
    shelf_life_days: Annotated[int, Field(gt=0, le=36500)] | None = None
    allergens: tuple[Allergen, ...] = ()
    units: Annotated[tuple[NewUnitFactor, ...], Field(max_length=50)] = ()
    barcodes: Annotated[tuple[NewBarcode, ...], Field(max_length=50)] = ()


class ProductChange(RequestBody):
    """Fields of a product to be changed; the stock unit is fixed, because the ledger counts in it."""

    sku: Annotated[Text, Field(max_length=60)] | None = None
    name: Text | None = None
    category: Annotated[OptionalText, Field(max_length=100)] | None = None
    tracks_lots: bool | None = None
    shelf_life_days: Annotated[int, Field(gt=0, le=36500)] | None = None
    allergens: list[Allergen] | None = None
    units: Annotated[list[NewUnitFactor], Field(max_length=50)] | None = None
    is_active: bool | None = None


class ProductAnswer(ResponseBody):
    """A product with its units and codes."""

    id: UUID
    sku: str
    name: str
    category: str
    stock_unit: str
    tracks_lots: bool
    shelf_life_days: int | None
    allergens: list[str]
    barcodes: list[BarcodeAnswer]
    units: list[UnitFactor]
    is_active: bool
    version: int


class Gs1Answer(BaseModel):
    """What a GS1 element string says besides the GTIN."""

    gtin: str | None = None
    lot: str | None = None
    expires_on: str | None = None
    weight_kg: Quantity | None = None
    serial: str | None = None


class LabelAnswer(ResponseBody):
    """What a label of the house says besides the item: `amount` is in `unit`, a price in money."""

    measures: str
    amount: Quantity
    unit: str | None


class CodeAnswer(BaseModel):
    """A code that was looked up: its product and the pack it stands for."""

    code: str
    symbology: str
    pack_quantity: Quantity
    pack_unit: str
    product: ProductAnswer
    gs1: Gs1Answer | None = None
    label: LabelAnswer | None = None


# ------------------------------------------------------------------ locations


class NewLocation(RequestBody):
    """A restaurant; its currency is fixed, because the ledger's values are in it."""

    id: Id7 | None = None
    code: Annotated[Text, Field(max_length=20)]
    name: Text
    time_zone: TimeZone
    currency: CurrencyCode
    day_cutoff: time = time(4)
    allows_negative: bool = True


class LocationChange(RequestBody):
    """Fields of a location to be changed."""

    name: Text | None = None
    time_zone: TimeZone | None = None
    day_cutoff: time | None = None
    allows_negative: bool | None = None
    is_active: bool | None = None


class LocationAnswer(ResponseBody):
    """A restaurant."""

    id: UUID
    code: str
    name: str
    time_zone: str
    currency: str
    day_cutoff: time
    allows_negative: bool
    is_active: bool
    version: int


class NewArea(RequestBody):
    """A storage area, in shelf order."""

    id: Id7 | None = None
    name: Annotated[Text, Field(max_length=100)]
    position: Annotated[int, Field(ge=0, le=10_000)] = 0
    is_in_transit: bool = False


class AreaAnswer(ResponseBody):
    """A storage area."""

    id: UUID
    location_id: UUID
    name: str
    position: int
    is_in_transit: bool
