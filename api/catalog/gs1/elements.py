"""Element strings: application identifier by application identifier through `biip`, with its traps closed.

`biip` takes a field that is longer than its identifier allows for two fields, drops text between brackets that it
cannot read, and notes a wrong check digit without refusing it. Here each field ends where the message says so, every
character is accounted for, and a wrong key is an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from biip import ParseConfig, ParseError
from biip.gs1_element_strings import GS1ElementString

from api.catalog.gs1.checks import FieldError, read_date
from api.domain.gtin import check_digit

SEPARATOR = "\x1d"
BRACKETED = re.compile(r"\(([0-9]{2,4})\)((?:\\\(|[^(])+)")
# Dates are read below: day 00 and the century window are then the same for every identifier.
CONFIG = ParseConfig(gs1_element_strings_verify_date=False)
DATES = frozenset({"11", "12", "13", "15", "16", "17"})
LENGTHS = {"7007": frozenset({6, 12}), "423": frozenset({3, 6, 9, 12, 15}), "425": frozenset({3, 6, 9, 12, 15})}
NOT_ASCII = "a field holds ASCII alone"
WITH_CHECK_DIGIT = {"253": 13, "255": 13, "8003": 14, "8006": 14, "8017": 18, "8018": 18, "8026": 14}
"""Keys that `biip` does not check: how many of their first digits end in a check digit."""


class NotGs1(ValueError):
    """The text is no message of element strings; the message says where it stops being one."""


@dataclass(frozen=True, slots=True)
class Element:
    """One field: its application identifier, what it says, and whether a separator must follow it."""

    ai: str
    value: str
    needs_separator: bool = True
    number: Decimal | None = None
    day: date | None = None


def parse_message(message: str) -> list[Element]:
    """The fields of a message as a scanner sends it, with group separators.

    Raises:
        NotGs1: it cannot be read to its end.
    """
    rest = message.removeprefix(SEPARATOR)
    if not rest or not rest.isascii():
        raise NotGs1(NOT_ASCII if rest else "there is no field")
    elements = []
    while rest:
        field = _extract(rest)
        rest = rest[len(field) :]
        element = _checked(field)
        if element.needs_separator and rest and not rest.startswith(SEPARATOR):
            raise NotGs1(f"({element.ai}) is longer than it may be, or a separator is missing")
        elements.append(element)
        rest = rest.removeprefix(SEPARATOR)
    return elements


def parse_bracketed(text: str) -> list[Element]:
    r"""The fields of a message as it is printed for people: `(01)09501101530003(10)ABC`; in a value `\(` is a bracket.

    Raises:
        NotGs1: an identifier is unknown, a value is missing, or there is text besides.
    """
    parts = BRACKETED.findall(text)
    if not parts or "".join(f"({ai}){value}" for ai, value in parts) != text:
        raise NotGs1("it is not a row of (identifier)value")
    return [parse_field(ai, value.replace("\\(", "(")) for ai, value in parts]


def parse_field(ai: str, value: str) -> Element:
    """One field that fills its text.

    Raises:
        NotGs1: the value does not fit the identifier.
    """
    if not value.isascii():
        raise NotGs1(NOT_ASCII)
    try:
        field = GS1ElementString.parse(ai + value, config=CONFIG)
    except ParseError as error:
        raise NotGs1(str(error)) from error
    if field.ai.ai != ai:
        raise NotGs1(f"({ai}) is no application identifier")
    return _checked(field)


def as_message(elements: Iterable[Element]) -> str:
    """The fields as a scanner sends them: a separator behind every field that needs one, but not behind the last."""
    parts = [element.ai + element.value + SEPARATOR * element.needs_separator for element in elements]
    return "".join(parts).removesuffix(SEPARATOR)


def value_of(elements: Sequence[Element], *ais: str) -> str | None:
    """The first of these fields that there is."""
    return next((element.value for ai in ais for element in elements if element.ai == ai), None)


def _extract(text: str) -> GS1ElementString:
    try:
        return GS1ElementString.extract(text, config=CONFIG)
    except ParseError as error:
        raise NotGs1(str(error)) from error


def _checked(field: GS1ElementString) -> Element:
    ai, value = field.ai.ai, field.value
    if field.gtin_error or field.gln_error or field.sscc_error:
        raise WrongCheckDigit(ai, value)
    keyed = WITH_CHECK_DIGIT.get(ai)
    if keyed is not None and not _ends_in_check_digit(value[:keyed]):
        raise WrongCheckDigit(ai, value)
    if ai in LENGTHS and len(value) not in LENGTHS[ai]:
        raise NotGs1(f"({ai}) cannot have {len(value)} digits")
    try:
        day = read_date(value, may_lack_day=True) if ai in DATES else None
    except FieldError as error:
        raise NotGs1(f"({ai}){value}: {error}") from error
    return Element(ai, value, field.ai.separator_required, field.decimal, day)


class WrongCheckDigit(NotGs1):
    """A key inside the message has a wrong check digit."""

    def __init__(self, ai: str, value: str) -> None:
        super().__init__(f"the check digit of ({ai}){value} is wrong")
        self.ai = ai
        self.value = value


def _ends_in_check_digit(digits: str) -> bool:
    return check_digit(digits[:-1]) == int(digits[-1])
