"""GTINs: EAN-8, UPC-A, EAN-13 and GTIN-14, kept as 14 digits with their check digit verified."""

from __future__ import annotations

GTIN_LENGTHS = frozenset({8, 12, 13, 14})


class BadCheckDigit(ValueError):
    """The code has a GTIN's length but its last digit does not follow from the others."""


def check_digit(body: str) -> int:
    """The mod-10 check digit for a GTIN without its last digit: weights 3, 1, 3 … from the right."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(body)))
    return -total % 10


def looks_like_gtin(code: str) -> bool:
    """Whether the code is 8, 12, 13 or 14 ASCII digits."""
    return len(code) in GTIN_LENGTHS and code.isascii() and code.isdigit()


def normalise_gtin(code: str) -> str:
    """The GTIN as 14 digits, padded with zeros in front.

    Raises:
        BadCheckDigit: the last digit is wrong.
        ValueError: it is not 8, 12, 13 or 14 digits.
    """
    if not looks_like_gtin(code):
        message = f"a GTIN has 8, 12, 13 or 14 digits, not {code!r}"
        raise ValueError(message)
    if check_digit(code[:-1]) != int(code[-1]):
        message = f"the check digit of {code} should be {check_digit(code[:-1])}"
        raise BadCheckDigit(message)
    return code.zfill(14)


def expand_upc_e(code: str) -> str:
    """The UPC-A that an 8-digit UPC-E (number system, six digits, check digit) stands for.

    Raises:
        BadCheckDigit: the expanded code's check digit is wrong.
        ValueError: it is not a UPC-E.
    """
    if len(code) != 8 or not (code.isascii() and code.isdigit()) or code[0] not in "01":
        message = f"a UPC-E has 8 digits and starts with 0 or 1, not {code!r}"
        raise ValueError(message)
    system, body, check, last = code[0], code[1:7], code[7], code[6]
    if last in "012":
        digits = body[:2] + last + "0000" + body[2:5]
    elif last == "3":
        digits = body[:3] + "00000" + body[3:5]
    elif last == "4":
        digits = body[:4] + "00000" + body[4]
    else:
        digits = body[:5] + "0000" + last
    expanded = system + digits + check
    normalise_gtin(expanded)
    return expanded
