"""Reading a code as it was scanned or typed: GTIN, GS1 element string, or a code of the house."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from biip import ParseError
from biip.gs1_messages import GS1Message

from api.core.errors import FieldProblem, Invalid
from api.domain.gtin import BadCheckDigit, looks_like_gtin, normalise_gtin

GTIN_SYMBOLOGIES = {8: "ean8", 12: "upca", 13: "ean13", 14: "itf14"}
HOUSE_SYMBOLOGIES = frozenset({"internal", "code128", "code39", "code93", "qr", "datamatrix"})
GS1_PREFIXES = ("]C1", "]d2", "]e0", "]Q3", "]J1")
SEPARATOR = "\x1d"


@dataclass(frozen=True, slots=True)
class Gs1Fields:
    """What an element string says; the weight is in kilograms."""

    gtin: str | None = None
    lot: str | None = None
    expires_on: date | None = None
    weight_kg: Decimal | None = None
    serial: str | None = None


@dataclass(frozen=True, slots=True)
class ReadCode:
    """A code in the form the catalogue keeps: 14 digits for a GTIN, else as it was read."""

    key: str
    symbology: str
    gs1: Gs1Fields | None = None


def read_code(text: str, symbology: str | None = None, *, field: str = "code") -> ReadCode:
    """Read a code; eight, twelve, thirteen or fourteen digits are a GTIN unless the symbology says otherwise.

    Raises:
        Invalid: the check digit is wrong (`bad_check_digit`); the problem names `field`.
    """
    text = text.strip()
    fields = _read_gs1(text)
    if fields is not None and fields.gtin is not None:
        return ReadCode(_gtin(fields.gtin, field), symbology or "gs1", fields)
    if looks_like_gtin(text) and symbology not in HOUSE_SYMBOLOGIES:
        return ReadCode(_gtin(text, field), symbology or GTIN_SYMBOLOGIES[len(text)])
    return ReadCode(text, symbology or "internal", fields)


def _gtin(text: str, field: str) -> str:
    try:
        return normalise_gtin(text)
    except BadCheckDigit as error:
        problem = FieldProblem(field, "bad_check_digit", "The last digit does not fit the others: read it again.")
        raise Invalid("The code's check digit is wrong.", code="bad_check_digit", errors=(problem,)) from error


def _read_gs1(text: str) -> Gs1Fields | None:
    """The fields of an element string; None where the text is none."""
    prefixed = text.startswith(GS1_PREFIXES)
    bare = text[3:] if prefixed else text
    if not (prefixed or SEPARATOR in bare or re.match(r"^(01|02)\d{14}\d{2}|^\(\d{2,4}\)", bare)):
        return None
    try:
        message = GS1Message.parse_hri(bare) if bare.startswith("(") else GS1Message.parse(bare.lstrip(SEPARATOR))
    except ParseError:
        return None
    return _fields(message)


def _fields(message: GS1Message) -> Gs1Fields:
    gtin = message.element_strings.get(ai="01") or message.element_strings.get(ai="02")
    lot = message.element_strings.get(ai="10")
    expiry = message.element_strings.get(ai="17") or message.element_strings.get(ai="15")
    weight = next((e for e in message.element_strings if e.ai.ai.startswith("310")), None)
    serial = message.element_strings.get(ai="21")
    return Gs1Fields(
        gtin=gtin.value if gtin else None,
        lot=lot.value if lot else None,
        expires_on=expiry.date if expiry else None,
        weight_kg=weight.decimal if weight else None,
        serial=serial.value if serial else None,
    )
