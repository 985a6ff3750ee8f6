"""What a scanner sends: the symbology identifier (ISO/IEC 15424) in front tells which symbol it saw, and what it says.

A GS1 message is written here as it is in a symbol, with `^` for FNC1; a plain text that begins with `^` gets a
backslash before it. Behind `|` stands a composite component, a second message printed above a linear code.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from api.catalog.gs1.digital_link import is_web_address, parse_link
from api.catalog.gs1.elements import SEPARATOR, Element, NotGs1, as_message, parse_message
from api.domain.gtin import check_digit

FNC1 = "^"
COMPOSITE = "|"
COMPOSITE_MARK = "]e0"
ESCAPED = re.compile(r"\\*\^")

MESSAGES = {"]C1": "GS1_128_CCA", "]e0": "DataBarExpanded", "]d2": "DM", "]Q3": "QR", "]J1": "DotCode"}
"""Symbols whose content is a message of element strings."""
PLAIN = {"]d1": "DM", "]Q1": "QR", "]J0": "DotCode"}
"""Symbols that hold any text, a Digital Link among them."""
RETAIL = {"]E0": ("EAN13", 13), "]E4": ("EAN8", 8)}
TO_MESSAGE = {name: mark for mark, name in MESSAGES.items()}
TO_PLAIN = {name: mark for mark, name in PLAIN.items()}
RETAIL_LENGTHS = {"EAN13": 13, "UPCA": 12, "UPCE": 12, "EAN8": 8}
GTIN_ONLY = frozenset({"DataBarOmni", "DataBarLimited"})


def from_scanner(scanned: str) -> tuple[str, str]:
    """The symbology's name and the content.

    Raises:
        NotGs1: the symbology is not known, or its content is not what it must be.
    """
    mark, content = scanned[:3], scanned[3:]
    if mark in MESSAGES:
        return MESSAGES[mark], _written(parse_message(_without_fnc1(content)))
    if mark in PLAIN:
        if is_web_address(content):
            parse_link(content)
        return PLAIN[mark], "\\" + content if ESCAPED.match(content) else content
    if mark in RETAIL:
        name, length = RETAIL[mark]
        digits, composite = _split(content)
        if len(digits) != length or not _is_gtin(digits):
            raise NotGs1(f"it is no {name}")
        return name, digits + _composite_read(composite)
    raise NotGs1("the symbology is not known")


def to_scanner(symbology: str, content: str) -> str:
    """What a scanner sends for this content in this symbology.

    Raises:
        NotGs1: the symbology cannot hold it.
    """
    linear, composite = _split(content)
    if symbology in RETAIL_LENGTHS:
        mark = "]E4" if symbology == "EAN8" else "]E0"
        digits = _retail_digits(linear, RETAIL_LENGTHS[symbology])
        message = _elements(composite) if composite else None
        sent = digits if symbology == "EAN8" else digits.zfill(13)
        return mark + sent + ("" if message is None else f"{COMPOSITE}{COMPOSITE_MARK}{as_message(message)}")
    if symbology in GTIN_ONLY:
        gtin = _retail_digits(linear, 14)
        if symbology == "DataBarLimited" and gtin[0] not in "01":
            raise NotGs1("its indicator is 0 or 1")
        linear = f"{FNC1}01{gtin}"
        symbology = "DataBarExpanded"
    if linear.startswith(FNC1) and symbology in TO_MESSAGE:
        elements = _elements(linear) + (_elements(composite) if composite else [])
        return TO_MESSAGE[symbology] + as_message(elements)
    if symbology in TO_PLAIN:
        return TO_PLAIN[symbology] + (content[1:] if ESCAPED.match(content) else content)
    raise NotGs1("the symbology cannot hold it")


def _split(content: str) -> tuple[str, str]:
    linear, _, composite = content.partition(COMPOSITE)
    return linear, composite


def _elements(written: str) -> list[Element]:
    if not written.startswith(FNC1):
        raise NotGs1("a message begins with FNC1")
    return parse_message(written[1:].replace(FNC1, SEPARATOR))


def _written(elements: Sequence[Element]) -> str:
    return FNC1 + as_message(elements).replace(SEPARATOR, FNC1)


def _without_fnc1(content: str) -> str:
    """A message as it came; `^` is no character of one."""
    if FNC1 in content:
        raise NotGs1("^ is not a character of a message")
    return content


def _composite_read(composite: str) -> str:
    if not composite:
        return ""
    if not composite.startswith(COMPOSITE_MARK):
        raise NotGs1("a composite component has its own symbology identifier")
    return COMPOSITE + _written(parse_message(composite.removeprefix(COMPOSITE_MARK)))


def _retail_digits(linear: str, length: int) -> str:
    """The digits of a retail code, from digits or from AI 01; a missing check digit is added."""
    digits = linear
    if linear.startswith(f"{FNC1}01"):
        padding, digits = linear[3 : 3 + 14 - length], linear[3 + 14 - length :]
        if padding.strip("0"):
            raise NotGs1("the GTIN is too long for the symbology")
    if len(digits) == length - 1 and digits.isdigit():
        digits += str(check_digit(digits))
    if len(digits) != length or not _is_gtin(digits):
        raise NotGs1("it is no GTIN of this length, or its check digit is wrong")
    return digits


def _is_gtin(digits: str) -> bool:
    return digits.isascii() and digits.isdigit() and check_digit(digits[:-1]) == int(digits[-1])
