"""Reading a code as it was scanned or typed: GTIN, GS1 message, Digital Link, or a code of the house."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from api.catalog.gs1.carriers import MESSAGES
from api.catalog.gs1.digital_link import is_web_address, parse_link
from api.catalog.gs1.elements import (
    SEPARATOR,
    Element,
    NotGs1,
    WrongCheckDigit,
    parse_bracketed,
    parse_message,
    value_of,
)
from api.catalog.gs1.rules import contradictions
from api.core.errors import FieldProblem, Invalid
from api.domain.gtin import BadCheckDigit, expand_upc_e, looks_like_gtin, normalise_gtin

GTIN_SYMBOLOGIES = {8: "ean8", 12: "upca", 13: "ean13", 14: "itf14"}
HOUSE_SYMBOLOGIES = frozenset({"internal", "code128", "code39", "code93", "qr", "datamatrix"})
IDENTIFIER = re.compile(r"\][A-Za-z][0-9]")
"""What a scanner may send in front: which symbol it saw (ISO/IEC 15424)."""
GTIN_FIRST = re.compile(r"(01|02)([0-9]{14})")
KILOGRAMS_PER_POUND = Decimal("0.45359237")

# A date or a weight inside a field that no separator closes: the field may have swallowed it.
DATE_INSIDE = re.compile(r".1[1-7]\d\d(0[1-9]|1[0-2])([0-2]\d|3[01])")
WEIGHT_INSIDE = re.compile(r".3[12]0\d{7}")


@dataclass(frozen=True, slots=True)
class Gs1Fields:
    """What a GS1 message says, and what it leaves open."""

    gtin: str | None = None
    lot: str | None = None
    expires_on: date | None = None
    weight: Decimal | None = None
    weight_unit: str = "kg"
    serial: str | None = None
    is_content: bool = False
    """The GTIN is that of the packs inside a pallet or case (AI 02), `count` of them (AI 37)."""
    count: int | None = None
    contradiction: str | None = None
    hides_date: bool = False
    hides_weight: bool = False
    """A separator may be missing: the last field may hold a date, or a weight, that belongs to fields of their own."""

    @property
    def weight_kg(self) -> Decimal | None:
        """The weight in kilograms."""
        if self.weight is None or self.weight_unit == "kg":
            return self.weight
        return self.weight * KILOGRAMS_PER_POUND


@dataclass(frozen=True, slots=True)
class ReadCode:
    """A code in the form the catalogue keeps: 14 digits for a GTIN, else as it was read."""

    key: str
    symbology: str
    gs1: Gs1Fields | None = None


def read_code(text: str, symbology: str | None = None, *, field: str = "code") -> ReadCode:
    """Read a code; eight, twelve, thirteen or fourteen digits are a GTIN unless the symbology says otherwise.

    Eight digits that were a UPC-E are expanded. Digits alone are never tried as a GS1 message unless they begin like
    one with a GTIN: `96385074` is an EAN-8, not the field 96.

    Raises:
        Invalid: a check digit is wrong (`bad_check_digit`); the problem names `field`.
    """
    text = text.strip(" \t\r\n")
    mark = text[:3] if IDENTIFIER.match(text) else ""
    bare = text[len(mark) :] or text
    try:
        fields = _read_gs1(bare, is_message=mark in MESSAGES)
        if fields is not None and fields.gtin is not None:
            return ReadCode(normalise_gtin(fields.gtin), symbology or "gs1", fields)
        if symbology == "upce" and len(bare) == 8:
            return ReadCode(normalise_gtin(expand_upc_e(bare)), "upca")
        if looks_like_gtin(bare) and symbology not in HOUSE_SYMBOLOGIES:
            return ReadCode(normalise_gtin(bare), symbology or GTIN_SYMBOLOGIES[len(bare)])
    except (BadCheckDigit, WrongCheckDigit) as error:
        problem = FieldProblem(field, "bad_check_digit", "The last digit does not fit the others: read it again.")
        raise Invalid("The code's check digit is wrong.", code="bad_check_digit", errors=(problem,)) from error
    except ValueError:  # eight digits, but no UPC-E
        return ReadCode(bare, symbology or "internal")
    return ReadCode(bare, symbology or "internal", fields)


def _read_gs1(text: str, *, is_message: bool) -> Gs1Fields | None:
    """The fields of a message; None where the text is none.

    Raises:
        WrongCheckDigit: a key inside it is wrong.
    """
    try:
        if is_web_address(text):
            return _fields(parse_link(text))
        if text.startswith("(") and not is_message:
            return _fields(parse_bracketed("".join(text.split())))
        if is_message or SEPARATOR in text or (GTIN_FIRST.match(text) and len(text) > 17):
            elements = parse_message(text)
            return _fields(elements, last=elements[-1])
    except WrongCheckDigit as error:
        if error.ai in {"01", "02"}:
            raise
        return None
    except NotGs1:
        return _begun(text) if is_message or SEPARATOR in text else None
    return None


def _begun(text: str) -> Gs1Fields | None:
    """A message that cannot be read to its end, but begins with a GTIN: everything behind it has to be asked."""
    begins = GTIN_FIRST.match(text.removeprefix(SEPARATOR))
    if begins is None:
        return None
    rest = text.removeprefix(SEPARATOR)[16:]
    is_weighed = WEIGHT_INSIDE.search("-" + rest) is not None
    return Gs1Fields(gtin=begins[2], is_content=begins[1] == "02", hides_date=True, hides_weight=is_weighed)


def _fields(elements: Sequence[Element], last: Element | None = None) -> Gs1Fields:
    """What the fields say; `last` is the field that nothing but the end of the message closes."""
    expiry = next((each.day for ai in ("17", "15") for each in elements if each.ai == ai), None)
    weight = next((each for each in elements if each.ai[:3] in {"310", "320"}), None)
    count = value_of(elements, "37")
    is_open = last is not None and last.needs_separator
    return Gs1Fields(
        gtin=value_of(elements, "01", "02"),
        lot=value_of(elements, "10"),
        expires_on=expiry,
        weight=weight.number if weight else None,
        weight_unit="lb" if weight is not None and weight.ai.startswith("320") else "kg",
        serial=value_of(elements, "21"),
        is_content=value_of(elements, "01") is None and value_of(elements, "02") is not None,
        count=int(count) if count else None,
        contradiction=next(iter(contradictions(elements)), None),
        hides_date=is_open and last is not None and DATE_INSIDE.search(last.value) is not None,
        hides_weight=is_open and last is not None and WEIGHT_INSIDE.search(last.value) is not None,
    )
