"""Checks of single GS1 fields: check digits and pairs, dates (GS1 General Specifications, section 7.9 and 7.12)."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime

from api.domain.gtin import check_digit

CSET_32 = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
CSET_82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
LONGEST_PAIRED = 99
MODULUS = 1021


class FieldError(ValueError):
    """A field is wrong; `code` is a stable noun."""

    def __init__(self, code: str) -> None:
        super().__init__(code.lower().replace("_", " "))
        self.code = code


def check_digits(text: str) -> None:
    """A number whose last digit is its GS1 check digit.

    Raises:
        FieldError: NON_DIGIT_CHARACTER, INCORRECT_CHECK_DIGIT.
    """
    _must_be_digits(text)
    if check_digit(text[:-1]) != int(text[-1]):
        raise FieldError("INCORRECT_CHECK_DIGIT")


def check_pair(text: str) -> None:
    """A text of GS1's character set 82 whose last two characters are its check pair.

    Raises:
        FieldError: INVALID_CSET82_CHARACTER, INCORRECT_CHECK_PAIR, TOO_LONG_FOR_CHECK_PAIR_IMPLEMENTATION.
    """
    body, pair = text[:-2], text[-2:]
    if len(body) > LONGEST_PAIRED - 2:
        raise FieldError("TOO_LONG_FOR_CHECK_PAIR_IMPLEMENTATION")
    if any(character not in CSET_82 for character in body):
        raise FieldError("INVALID_CSET82_CHARACTER")
    weights = _primes(len(body))
    total = sum(CSET_82.index(character) * prime for character, prime in zip(reversed(body), weights, strict=True))
    total %= MODULUS
    if not body or pair != CSET_32[total >> 5] + CSET_32[total & 31]:
        raise FieldError("INCORRECT_CHECK_PAIR")


def check_hyphens(text: str) -> None:
    """A place that is filled with hyphens.

    Raises:
        FieldError: NOT_HYPHEN.
    """
    if set(text) != {"-"}:
        raise FieldError("NOT_HYPHEN")


def read_date(text: str, *, may_lack_day: bool, today: date | None = None) -> date:
    """A date of six digits; the century is the one that brings it within 49 years back and 50 ahead of today.

    `may_lack_day` lets day 00 stand for the last of the month.

    Raises:
        FieldError: DATE_TOO_SHORT, NON_DIGIT_CHARACTER, ILLEGAL_MONTH, ILLEGAL_DAY.
    """
    if len(text) < 6:
        raise FieldError("DATE_TOO_SHORT")
    _must_be_digits(text)
    year, month, day = _whole_year(int(text[:2]), today), int(text[2:4]), int(text[4:])
    if not 1 <= month <= 12:
        raise FieldError("ILLEGAL_MONTH")
    last = calendar.monthrange(year, month)[1]
    if not (0 if may_lack_day else 1) <= day <= last:
        raise FieldError("ILLEGAL_DAY")
    return date(year, month, day or last)


def _whole_year(short: int, today: date | None) -> int:
    now = (today or datetime.now(UTC).date()).year
    difference = short - now % 100
    century = now // 100 * 100
    if difference >= 51:
        return century - 100 + short
    return century + 100 + short if difference <= -50 else century + short


def _must_be_digits(text: str) -> None:
    if not (text.isascii() and text.isdigit()):
        raise FieldError("NON_DIGIT_CHARACTER")


def _primes(count: int) -> list[int]:
    found: list[int] = []
    candidate = 2
    while len(found) < count:
        if all(candidate % prime for prime in found):
            found.append(candidate)
        candidate += 1
    return found
