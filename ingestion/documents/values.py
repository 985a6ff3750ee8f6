"""Texts of documents as exact values: numbers, days, GTINs."""

from __future__ import annotations

import hashlib
import json
import re
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache

PRICE_PLACES = 12
LARGEST = Decimal(10) ** 12
PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")
GTIN = re.compile(r"\d{8}|\d{12,14}")
DAYS = {8: "%Y%m%d", 6: "%y%m%d"}


def decimal(text: str, places: int = 6) -> Decimal:
    """An exact decimal as XML Schema and X12 write it; ValueError says what is wrong with the text."""
    plain = text.strip()
    if not PLAIN.fullmatch(plain):
        raise ValueError(f"{text!r} is no number")
    try:
        value = Decimal(plain)
    except InvalidOperation:  # pragma: no cover - the pattern allows nothing that Decimal refuses
        raise ValueError(f"{text!r} is no number") from None
    if abs(value) >= LARGEST:
        raise ValueError(f"{text!r} is too large")
    if value != round(value, places):
        raise ValueError(f"{text!r} has more than {places} decimals")
    return value


def iso_day(text: str) -> date:
    """A day as UBL writes it, 2026-11-22, its time zone aside; ValueError for anything else."""
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        raise ValueError(f"{text!r} is no day (YYYY-MM-DD)") from None


def packed_day(text: str) -> date:
    """A day as X12 writes it, CCYYMMDD or YYMMDD; ValueError for anything else."""
    pattern = DAYS.get(len(text))
    if pattern is not None and text.isdecimal():
        with suppress(ValueError):
            return datetime.strptime(text, pattern).date()  # noqa: DTZ007 - a day has no zone
    raise ValueError(f"{text!r} is no day (CCYYMMDD)")


@lru_cache(maxsize=65_536)
def valid_gtin(text: str) -> str | None:
    """The text where it is a GTIN of 8, 12, 13 or 14 digits with the right check digit (GS1, 7.9)."""
    if not GTIN.fullmatch(text):
        return None
    digits = [int(digit) for digit in reversed(text)]
    weighted = sum(digit * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return text if weighted % 10 == 0 else None


def digest(*values: object) -> str:
    """A key of 64 hexadecimal digits that the same values give again."""
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()
