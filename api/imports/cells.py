"""From a cell's text to a value, or to the reason why it is none and the way out. Pure."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Literal, get_args

from api.catalog.schemas import Allergen
from api.domain.gtin import check_digit, expand_upc_e, looks_like_gtin
from api.domain.units import ProductUnits, UnconvertibleUnit

ALLERGENS = frozenset(get_args(Allergen))
LARGEST = Decimal(10) ** 12
SMALLEST_STEP = Decimal("0.000001")
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
PROTECTED = re.compile(r"'(?=[=+\-@\t\r])|'(?=[0-9]+$)")
FORMULA_TEXT = re.compile(r'="([^"]*)"')
SCIENTIFIC = re.compile(r"[0-9]([.,][0-9]+)?[eE]\+?[0-9]{1,2}")
WHOLE_AS_DECIMAL = re.compile(r"([0-9]+)[.,]0+")
THOUSANDS = {
    True: re.compile(r"[.\s\u00a0\u202f](?=\d{3}(\D|$))"),
    False: re.compile(r"[,\s\u00a0\u202f](?=\d{3}(\D|$))"),
}
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)", re.ASCII)
YES = frozenset({"true", "yes", "y", "1", "x"})
NO = frozenset({"false", "no", "n", "0"})
SYMBOLOGIES = {8: "ean8", 12: "upca", 13: "ean13", 14: "itf14"}
SHORTEST_CODE, LONGEST_SHORT = 5, 11

ShortCodes = Literal["quarantine", "restore", "house"]


@dataclass(frozen=True)
class Problem:
    """Why a row cannot be loaded: which of our fields, what is wrong, what to do."""

    field: str
    code: str
    reason: str
    way_out: str

    def as_dict(self) -> dict[str, Any]:
        """As it is kept."""
        return asdict(self)


class BadCell(Exception):
    """A cell that is no value."""

    def __init__(self, code: str, reason: str, way_out: str) -> None:
        super().__init__(reason)
        self.code, self.reason, self.way_out = code, reason, way_out

    def of(self, field: str) -> Problem:
        """The problem of this field."""
        return Problem(field, self.code, self.reason, self.way_out)


def cleaned(text: str) -> str:
    """The cell without what only protects it from a spreadsheet: `'=x`, `'0123`, `="0123"`."""
    text = text.strip()
    if match := FORMULA_TEXT.fullmatch(text):
        return match[1].strip()
    return text[1:] if PROTECTED.match(text) else text


def shown(text: str) -> str:
    """A cell quoted inside a reason, never longer than a line."""
    printable = UNPRINTABLE.sub("\ufffd", text)
    return repr(printable if len(printable) <= 60 else f"{printable[:57]}…")


# ------------------------------------------------------------------ texts


def line_of_text(text: str, *, longest: int) -> str:
    """One printable line.

    Raises:
        BadCell: control characters, or too long.
    """
    if UNPRINTABLE.search(text):
        raise BadCell("unprintable_text", "the text has control characters", "Type it again on one line.")
    if len(text) > longest:
        raise BadCell("too_long", f"the text has {len(text)} characters; {longest} are the most", "Shorten it.")
    if text.startswith("#") and text in {"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!"}:
        raise BadCell("spreadsheet_error", f"the cell shows the error {text}", "Mend the formula, or type the value.")
    return text


def yes_or_no(text: str) -> bool:
    """A yes or a no.

    Raises:
        BadCell: it is neither.
    """
    word = text.casefold()
    if word in YES or word in NO:
        return word in YES
    raise BadCell("no_boolean", f"{shown(text)} is neither yes nor no", "Write yes or no.")


def allergens(text: str) -> list[str]:
    """Allergens by their names, between commas or semicolons.

    Raises:
        BadCell: one of them is unknown.
    """
    names = [name.strip().casefold() for name in re.split(r"[,;|]", text) if name.strip()]
    unknown = [name for name in names if name not in ALLERGENS]
    if unknown:
        way_out = f"Use {', '.join(sorted(ALLERGENS))}."
        raise BadCell("unknown_allergen", f"{shown(unknown[0])} is no allergen that is known here", way_out)
    return sorted(set(names))


# ------------------------------------------------------------------ numbers


def decimal(text: str, *, decimal_comma: bool = False) -> Decimal:
    """A finite decimal of at most 12 digits before the point and 6 behind it.

    Raises:
        BadCell: it is none.
    """
    plain = THOUSANDS[decimal_comma].sub("", text)
    if decimal_comma:
        plain = plain.replace(",", ".")
    if not NUMBER.fullmatch(plain):
        comma = " (a decimal comma is declared by formats.decimal_comma)" if "," in plain else ""
        raise BadCell("no_number", f"{shown(text)} is no number{comma}", "Write it like 12.50.")
    try:
        value = Decimal(plain)
        is_exact = abs(value) >= LARGEST or value == value.quantize(SMALLEST_STEP)
    except InvalidOperation:
        raise BadCell("no_number", f"{shown(text)} is no number", "Write it like 12.50.") from None
    if abs(value) >= LARGEST:
        raise BadCell("too_large", f"{shown(text)} is too large", "At most 12 digits before the point.")
    if not is_exact:
        raise BadCell("too_precise", f"{shown(text)} has more than 6 decimals", "Round it to 6 decimals.")
    return value


def above_zero(value: Decimal) -> Decimal:
    """The number, if it is a quantity.

    Raises:
        BadCell: zero or less.
    """
    if value <= 0:
        raise BadCell("not_positive", f"{value:f} is not above zero", "Write a number above zero.")
    return value


def not_negative(value: Decimal) -> Decimal:
    """The number, if it is a price.

    Raises:
        BadCell: less than zero.
    """
    if value < 0:
        raise BadCell("negative", f"{value:f} is below zero", "Write zero or more.")
    return value


def whole(value: Decimal, *, most: int) -> int:
    """A whole number from 1 to `most`.

    Raises:
        BadCell: it is none.
    """
    if value != int(value) or not 1 <= value <= most:
        raise BadCell("no_count", f"{value:f} is no whole number from 1 to {most}", "Write a whole number.")
    return int(value)


@lru_cache(maxsize=4096)
def converts(stock_unit: str, factors: tuple[tuple[str, int, int], ...], unit: str) -> bool:
    """Whether a product that counts in `stock_unit`, with these factors of its own, knows the unit."""
    try:
        ProductUnits.of(stock_unit, factors).factor(unit)
    except UnconvertibleUnit:
        return False
    return True


# ------------------------------------------------------------------ codes


def code(text: str, *, short: ShortCodes = "quarantine") -> tuple[str, str]:
    """A code as the catalogue keeps it, with its symbology: a GTIN with 14 digits, else as it stands.

    `short` says what the file's codes of fewer digits than any GTIN are: codes that lost zeros in front (`restore`) or
    codes of the house (`house`). Where nobody said it, they are not guessed.

    Raises:
        BadCell: the check digit is wrong, a spreadsheet ruined it, or nobody can tell which code it is.
    """
    text = text.replace(" ", "") if text.replace(" ", "").isdigit() else text
    if match := WHOLE_AS_DECIMAL.fullmatch(text):
        text = match[1]
    if SCIENTIFIC.fullmatch(text):
        raise BadCell(
            "ruined_by_spreadsheet",
            f"{shown(text)} is what a spreadsheet left of a long code: its digits are lost",
            "Format the column as text and take the code from its source again.",
        )
    if looks_like_gtin(text):
        return _gtin(text)
    if text.isascii() and text.isdigit() and SHORTEST_CODE <= len(text) <= LONGEST_SHORT:
        return _short(text, short)
    return line_of_text(text, longest=90), "internal"


def _gtin(text: str) -> tuple[str, str]:
    if len(text) >= 12 and text.endswith("0" * 7):
        raise BadCell(
            "ruined_by_spreadsheet",
            f"{shown(text)} ends in zeros, as a spreadsheet leaves a long code that it rounded",
            "Format the column as text and take the code from its source again.",
        )
    fits = check_digit(text[:-1]) == int(text[-1])
    compressed = _expanded(text) if len(text) == 8 else None
    if fits and compressed is not None:
        reason = f"{text} may be EAN-8, or UPC-E for {compressed}"
        raise BadCell("ambiguous_code", reason, f"Write it with 14 digits: {text.zfill(14)} or {compressed.zfill(14)}.")
    if compressed is not None:
        return compressed.zfill(14), "upca"
    if not fits:
        should = check_digit(text[:-1])
        reason = f"the check digit of {text} should be {should}, not {text[-1]}"
        raise BadCell("bad_check_digit", reason, "Read the code from the pack again.")
    return text.zfill(14), SYMBOLOGIES[len(text)]


def _expanded(text: str) -> str | None:
    try:
        return expand_upc_e(text)
    except ValueError:
        return None


def _short(text: str, short: ShortCodes) -> tuple[str, str]:
    """Five to eleven digits: zeros lost in front, a check digit left out, or a code of the house; nobody can tell."""
    if short == "house":
        return text, "internal"
    full = text.zfill(8 if len(text) < 8 else 12)
    fits = check_digit(full[:-1]) == int(full[-1])
    if fits and short == "restore":
        return full.zfill(14), SYMBOLOGIES[len(full)]
    without = text.zfill(7 if len(text) < 8 else 11)
    other = f"{without}{check_digit(without)}"
    if fits:
        reason = f"{text} may be {full} without its zeros in front, {other} without its check digit, or another code"
        way_out = "Write all digits, or declare codes.short in the mapping: restore or house."
        raise BadCell("lost_leading_zero", reason, way_out)
    reason = f"{text} has {len(text)} digits, no GTIN's length, and zeros in front do not make it one"
    raise BadCell("bad_check_digit", reason, "Write all digits, or declare codes.short: house in the mapping.")
