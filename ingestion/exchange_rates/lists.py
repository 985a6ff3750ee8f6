"""Lists of exchange rates that a person keeps: CSV files `base,quote,valid_from,rate`; 1 base is worth rate quote."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

COLUMNS = ("base", "quote", "valid_from", "rate")
CURRENCY = re.compile(r"[A-Z]{3}")
LARGEST, PLACES = Decimal(10) ** 12, 12


@dataclass(frozen=True)
class Rate:
    """From `valid_from` on 1 `base` is worth `rate` `quote`, until a later rate of the pair."""

    base: str
    quote: str
    valid_from: date
    rate: Decimal
    file: str
    line: int


@dataclass(frozen=True)
class Lists:
    """The rates of all files of a folder, and what is wrong with their lines, each in one sentence."""

    rates: tuple[Rate, ...]
    problems: tuple[str, ...]


def read_lists(folder: Path) -> Lists:
    """Read every CSV file of the folder; no folder is no rate."""
    rates: dict[tuple[str, str, date], Rate] = {}
    problems: list[str] = []
    for path in sorted(folder.glob("*.csv")):
        for found in _of_file(path):
            if isinstance(found, str):
                problems.append(found)
                continue
            first = rates.setdefault((found.base, found.quote, found.valid_from), found)
            if first.rate != found.rate:
                pair = f"{found.base} in {found.quote} from {found.valid_from}"
                problems.append(
                    f"{found.file}, line {found.line}: {pair} is another rate in {first.file}, line {first.line}"
                )
    return Lists(tuple(rates.values()), tuple(problems))


def _of_file(path: Path) -> Iterator[Rate | str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            if missing := [name for name in COLUMNS if name not in (reader.fieldnames or ())]:
                yield f"{path.name}: the header lacks {', '.join(missing)}; it reads {','.join(COLUMNS)}"
                return
            for cells in reader:
                yield _rate([(cells[name] or "").strip() for name in COLUMNS], path.name, reader.line_num)
    except (OSError, UnicodeError, csv.Error) as error:
        yield f"{path.name} cannot be read as CSV in UTF-8: {error}"


def _rate(cells: Sequence[str], file: str, line: int) -> Rate | str:
    base, quote, day, number = cells
    where = f"{file}, line {line}"
    if not (CURRENCY.fullmatch(base) and CURRENCY.fullmatch(quote)) or base == quote:
        return f"{where}: base and quote are two currencies such as EUR and USD, not {base!r} and {quote!r}"
    try:
        valid_from = date.fromisoformat(day)
    except ValueError:
        return f"{where}: valid_from is a day such as 2026-11-23, not {day!r}"
    try:
        rate = Decimal(number)
    except InvalidOperation:
        return f"{where}: rate is a number with a decimal point, not {number!r}"
    if not (rate.is_finite() and 0 < rate < LARGEST and rate == round(rate, PLACES)):
        return f"{where}: rate is above 0, below {LARGEST:,} and has at most {PLACES} decimals, not {number!r}"
    return Rate(base, quote, valid_from, rate, file, line)
