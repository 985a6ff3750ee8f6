"""The field types of requests and answers that every room shares: what they refuse can never reach a query."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

PLAIN_DECIMAL = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?", re.ASCII)
DECIMAL_SCHEMA = {
    "type": "string",
    "pattern": r"^-?[0-9]{1,12}(\.[0-9]{1,6})?$",
    "examples": ["41250", "2.5"],
    "description": "A decimal in plain notation, at most 12 digits before the point and 6 behind it.",
}
POSITIVE_SCHEMA = DECIMAL_SCHEMA | {"pattern": r"^[0-9]{1,12}(\.[0-9]{1,6})?$"}


def plain(value: Decimal) -> str:
    """A decimal as people write it: no exponent, no trailing zeros (`41250`, `0.125`)."""
    text = str(value)  # a third of the time of format(value, "f")
    if "E" in text:
        text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def _read_decimal(value: Any) -> Decimal:
    """Plain notation alone: no exponents, underscores, foreign digits, booleans, NaN or Infinity.

    A `Decimal` can only come from this service itself, never out of JSON: it is rounded to six places, not refused.
    """
    if isinstance(value, Decimal) and value.is_finite():
        return round(value, 6)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise PydanticCustomError("decimal_type", "Give a decimal as a string such as 2.5.")
    text = str(value)
    if not PLAIN_DECIMAL.fullmatch(text):
        message = "Give a finite decimal with at most 12 digits before the point and 6 behind it."
        raise PydanticCustomError("decimal_format", message)
    return Decimal(text)


def _positive(value: Decimal) -> Decimal:
    if value <= 0:
        raise PydanticCustomError("not_positive", "Must be greater than zero.")
    return value


def _not_negative(value: Decimal) -> Decimal:
    if value < 0:
        raise PydanticCustomError("negative", "Must not be negative.")
    return value


def _printable(value: str) -> str:
    """Refuse control characters (NUL among them) and lone surrogates; line breaks and tabs are text."""
    for character in value:
        if character in "\n\r\t":
            continue
        if unicodedata.category(character) in {"Cc", "Cs"}:
            raise PydanticCustomError("unprintable_text", "Control characters and lone surrogates are not text.")
    return value


def _one_line(value: str) -> str:
    if any(character in value for character in "\n\r\t"):
        raise PydanticCustomError("unprintable_text", "Line breaks and tabs do not belong here.")
    return value


def _version_seven(value: UUID) -> UUID:
    if value.version != 7:
        raise PydanticCustomError("not_uuid7", "The id must be a UUID of version 7, made by the client.")
    return value


def _to_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        message = "The time lies outside of the years 1 to 9999 in UTC."
        raise PydanticCustomError("time_out_of_range", message) from None


def _write_utc(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


_WRITTEN = PlainSerializer(plain, return_type=str)

Quantity = Annotated[Decimal, BeforeValidator(_read_decimal), _WRITTEN, WithJsonSchema(DECIMAL_SCHEMA)]
"""A signed quantity: decimal in (string or number), plain string out."""

PositiveQuantity = Annotated[
    Decimal, BeforeValidator(_read_decimal), AfterValidator(_positive), _WRITTEN, WithJsonSchema(POSITIVE_SCHEMA)
]
"""A quantity greater than zero."""

NonNegativeQuantity = Annotated[
    Decimal, BeforeValidator(_read_decimal), AfterValidator(_not_negative), _WRITTEN, WithJsonSchema(POSITIVE_SCHEMA)
]
"""A quantity of zero or more."""

Money = Quantity
"""A signed amount of money in the currency beside it."""

NonNegativeMoney = NonNegativeQuantity
"""A price: zero or more."""

Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(_printable),
    AfterValidator(_one_line),
]
"""One line that people read, 1..200 characters, stripped. Narrow it with `Annotated[Text, Field(max_length=…)]`."""

OptionalText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=200),
    AfterValidator(_printable),
    AfterValidator(_one_line),
]
"""One line that may be empty."""

LongText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000), AfterValidator(_printable)]
"""Notes of several lines, up to 4,000 characters, possibly empty."""

Code = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9._/+ -]{0,63}$")]
"""A code that people type: letters, digits and `._/+ -`, at most 64."""

CurrencyCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
"""An ISO 4217 code."""

Id7 = Annotated[UUID, AfterValidator(_version_seven)]
"""A client's UUIDv7: the row's key and its idempotency key for ever."""

UtcDateTime = Annotated[
    AwareDatetime,
    AfterValidator(_to_utc),
    PlainSerializer(_write_utc, return_type=str, when_used="json"),
    Field(examples=["2026-11-22T10:00:00Z"]),
]
"""A time with its zone, kept and answered in UTC (`…Z`)."""


class RequestBody(BaseModel):
    """Base of every request body: a field that is not declared is refused, so nothing is assigned in passing."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ResponseBody(BaseModel):
    """Base of every answer: read from rows by attribute."""

    model_config = ConfigDict(from_attributes=True)
