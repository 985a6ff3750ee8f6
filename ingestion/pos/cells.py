"""From one cell to a number or a moment, or to the reason why it is none. Pure."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from ingestion.pos.formats.record import Cell
from ingestion.pos.mapping import ClockChanges
from ingestion.quarantine.rows import Problem

LARGEST = Decimal(10) ** 12
SMALLEST_STEP = Decimal("0.000001")
THOUSANDS = {
    True: re.compile(r"(?<=\d)[.'’\s\u00a0\u202f](?=\d{3}(\D|$))"),
    False: re.compile(r"(?<=\d)[,'’\s\u00a0\u202f](?=\d{3}(\D|$))"),
}
PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
SIGNED = re.compile(
    r"(?P<sign>[+-]?)\s*(?P<before>[^\d\s.,+-]{0,4})\s*"
    r"(?P<number>[+-]?[\d.,][^A-Za-z€£¥₹$%]*?)\s*(?P<after>[^\d\s.,]{0,4})"
)
SIGNS = {
    "€": "EUR",
    "£": "GBP",
    "¥": "JPY CNY",
    "₹": "INR",
    "₺": "TRY",
    "kr": "SEK NOK DKK ISK",
    "zł": "PLN",
    "Kč": "CZK",
}
DOLLARS = frozenset({"USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN", "TWD", "BRL", "CLP", "COP", "ARS"})
CODE = re.compile(r"[A-Z]{3}")


class BadCell(Exception):
    """A cell that cannot be read: the column in the file, a code, and why."""

    def __init__(self, column: str, code: str, reason: str) -> None:
        super().__init__(f"{column}: {reason}")
        self.column, self.code, self.reason = column, code, reason

    def problem(self) -> Problem:
        """As the quarantine keeps it."""
        return Problem(self.code, self.reason, self.column or None)


class NotANumber(ValueError):
    """A text that is no number."""


class OtherCurrency(ValueError):
    """An amount with another currency's sign."""


# ------------------------------------------------------------------ numbers


def number(cell: Cell, *, decimal_comma: bool = False) -> Decimal:
    """A finite decimal of at most 12 integer digits and 6 decimals; NotANumber says what is wrong with it."""
    value = cell if isinstance(cell, Decimal) else _decimal(str(cell), decimal_comma=decimal_comma)
    if not value.is_finite():
        raise NotANumber(f"{cell!s} is no finite number")
    if abs(value) >= LARGEST:
        raise NotANumber(f"{shown(str(cell))} is too large")
    if value != value.quantize(SMALLEST_STEP):
        raise NotANumber(f"{shown(str(cell))} has more than 6 decimals")
    return value


def amount(cell: Cell, currency: str, *, decimal_comma: bool = False) -> Decimal:
    """A number that may carry its currency's sign or code; OtherCurrency where that is not `currency`."""
    if isinstance(cell, str) and (found := SIGNED.fullmatch(cell.strip())):
        for sign in (found["before"], found["after"]):
            if sign and (CODE.fullmatch(sign) or sign in SIGNS or sign.endswith("$")):
                _check_sign(sign, currency)
                cell = found["sign"] + found["number"]
    return number(cell, decimal_comma=decimal_comma)


def _check_sign(sign: str, currency: str) -> None:
    codes = SIGNS.get(sign, sign).split() if not sign.endswith("$") else DOLLARS
    if currency not in codes:
        raise OtherCurrency(f"the amount is in {sign}, but the location keeps {currency}")


def _decimal(text: str, *, decimal_comma: bool) -> Decimal:
    plain = THOUSANDS[decimal_comma].sub("", text)
    if decimal_comma:
        if "." in plain:
            raise NotANumber(f"{shown(text)} has a decimal point where a decimal comma is declared")
        plain = plain.replace(",", ".")
    if PLAIN.fullmatch(plain) is None:
        raise NotANumber(f"{shown(text)} is no number")
    try:
        return Decimal(plain)
    except InvalidOperation:
        raise NotANumber(f"{shown(text)} is no number") from None


# ------------------------------------------------------------------ moments


def moment(cell: Cell, formats: tuple[str, ...]) -> datetime | date | time | None:
    """A typed cell as it is; a text by the first format that fits; None where none does."""
    if isinstance(cell, datetime | date | time):
        return cell
    text = str(cell)
    return next((found for form in formats if (found := _by_format(text, form)) is not None), None)


def _by_format(text: str, form: str) -> datetime | None:
    try:
        if form == "iso":
            return datetime.fromisoformat(text)
        if form in {"epoch", "epoch_ms"}:
            seconds = Decimal(text) / (1000 if form == "epoch_ms" else 1)
            return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(seconds * 1_000_000))
        return datetime.strptime(text, form)  # noqa: DTZ007 - the zone is the till's, set by the caller
    except (ValueError, OverflowError, InvalidOperation):
        return None


def combined(day: datetime | date | time, clock: datetime | date | time) -> datetime | None:
    """A day and a time on that day; None where they are not that."""
    if not isinstance(day, date) or (isinstance(clock, date) and not isinstance(clock, datetime)):
        return None
    found = clock.timetz() if isinstance(clock, datetime) else clock
    assert isinstance(found, time)
    return datetime.combine(day, found)


def instant(local: datetime, zone: ZoneInfo, rules: ClockChanges) -> datetime:
    """The moment in UTC of a till's clock; ValueError for a time that the change of clocks skips or repeats.

    A time that carries an offset needs no zone. Python's first reading of a skipped time is by the offset before the
    change, which is the shift by the hour that was left out.
    """
    if local.tzinfo is not None:
        return local.astimezone(UTC)
    first, second = (local.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return first.astimezone(UTC)
    if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != local:
        if rules.missing == "quarantine":
            raise ValueError(f"time_missing {local} does not exist in {zone}: the clocks went forward over it")
        return first.astimezone(UTC)
    if rules.repeated == "quarantine":
        raise ValueError(f"time_repeated {local} exists twice in {zone}: the clocks went back over it")
    return (first if rules.repeated == "first" else second).astimezone(UTC)


def business_day(at: datetime, zone: ZoneInfo, cutoff: time) -> date:
    """The restaurant's day: before the cut-off on its own clock it is still yesterday's."""
    local = at.astimezone(zone)
    return local.date() - timedelta(days=1) if local.time() < cutoff else local.date()


def shown(text: str) -> str:
    """A cell quoted inside a reason, never longer than a line."""
    return repr(text if len(text) <= 60 else f"{text[:57]}…")


def plain(value: Decimal) -> str:
    """One spelling per number: 1.50 and 1.5 are the same price."""
    return format(value.normalize(), "f")
