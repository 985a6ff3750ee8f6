"""From the cells of one CSV row to one order line, or to the reasons why it is none. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from ingestion.pos.mapping import Columns, Mapping

LARGEST = Decimal(10) ** 12
SMALLEST_STEP = Decimal("0.000001")
LONGEST_TEXT = 500
THOUSANDS = {
    True: re.compile(r"[.\s\u00a0\u202f](?=\d{3}(\D|$))"),
    False: re.compile(r"[,\s\u00a0\u202f](?=\d{3}(\D|$))"),
}


@dataclass(frozen=True)
class Place:
    """The restaurant that the file belongs to, as the operational tables know it."""

    location_id: str
    code: str
    time_zone: str
    currency: str
    day_cutoff: time


@dataclass(frozen=True)
class OrderLine:
    """One sold line; `ordered_at` in UTC, money in the location's currency, quantities in sold units."""

    order_number: str
    ordered_at: datetime
    business_day: date
    item_code: str
    item_name: str
    category: str
    quantity: Decimal
    unit_price: Decimal
    line_total: Decimal
    stated_line_count: int | None

    def identity(self, location_code: str, occurrence: int) -> str:
        """The row's key: SHA-256 of location, canonical values and which of its file's identical rows it is."""
        values = (
            self.order_number,
            self.ordered_at.isoformat(),
            self.item_code,
            self.item_name,
            self.category,
            *(_plain(number) for number in (self.quantity, self.unit_price, self.line_total)),
            self.stated_line_count,
        )
        return digest(location_code, values, occurrence)


class BadCell(Exception):
    """A cell that cannot be read: the column in the file, and why."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(f"{column}: {reason}")
        self.column, self.reason = column, reason


def digest(location_code: str, values: object, occurrence: int) -> str:
    """A key of 64 hexadecimal digits that any file with the same content gives again."""
    text = json.dumps([location_code, values, occurrence], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


class LineParser:
    """Reads the rows of one file with one mapping for one place."""

    def __init__(self, mapping: Mapping, place: Place, header: list[str]) -> None:
        self._mapping = mapping
        self._columns: Columns = mapping.columns
        self._zone = ZoneInfo(mapping.time_zone or place.time_zone)
        self._place_zone = ZoneInfo(place.time_zone)
        self._cutoff = mapping.day_cutoff or place.day_cutoff
        self._positions = {name: position for position, name in reversed(list(enumerate(header)))}
        self._width = len(header)
        self._moments: dict[str, datetime] = {}

    def parse(self, cells: list[str]) -> OrderLine:
        """The order line in `cells`; BadCell names the column that makes it none."""
        if len(cells) != self._width:
            raise BadCell("", f"{len(cells)} cells where the header has {self._width}")
        columns, defaults = self._columns, self._mapping.defaults
        order_number = self._text(cells, columns.order_number, "order number")
        ordered_at = self._moment(cells)
        code, name = self._item(cells)
        quantity = self._number(cells, columns.quantity, default=defaults.quantity)
        if quantity <= 0:
            raise BadCell(columns.quantity or "", f"the quantity {_plain(quantity)} is not above zero")
        unit_price, line_total = self._money(cells, quantity)
        return OrderLine(
            order_number=order_number,
            ordered_at=ordered_at.astimezone(UTC),
            business_day=business_day(ordered_at, self._place_zone, self._cutoff),
            item_code=code,
            item_name=name,
            category=self._cell(cells, columns.category) or defaults.category,
            quantity=quantity,
            unit_price=unit_price,
            line_total=line_total,
            stated_line_count=self._count(cells),
        )

    def _item(self, cells: list[str]) -> tuple[str, str]:
        code, name = self._cell(cells, self._columns.item_code), self._cell(cells, self._columns.item_name)
        if not code and not name:
            raise BadCell(self._columns.item_code or self._columns.item_name or "", "the item is empty")
        return code or name, name or code

    def _money(self, cells: list[str], quantity: Decimal) -> tuple[Decimal, Decimal]:
        price_column, total_column = self._columns.unit_price, self._columns.line_total
        total = self._number(cells, total_column) if total_column else None
        if price_column is None:
            assert total is not None
            return (total / quantity).quantize(SMALLEST_STEP), total
        price = self._number(cells, price_column)
        if price < 0:
            raise BadCell(price_column, f"the price {_plain(price)} is below zero")
        derived = (quantity * price).quantize(SMALLEST_STEP) if total is None else total
        return price, derived

    def _moment(self, cells: list[str]) -> datetime:
        """The moment on the till's clock; the hour that repeats in autumn is taken as its first pass."""
        columns, formats = self._columns, self._mapping.formats
        if columns.ordered_at is not None:
            texts, patterns, column = [self._cell(cells, columns.ordered_at)], [formats.ordered_at], columns.ordered_at
        else:
            assert columns.ordered_date is not None
            assert columns.ordered_time is not None
            texts = [self._cell(cells, columns.ordered_date), self._cell(cells, columns.ordered_time)]
            patterns, column = [formats.ordered_date, formats.ordered_time], columns.ordered_date
        key = "\n".join(texts)
        if key not in self._moments:
            if len(self._moments) > 100_000:
                self._moments.clear()
            self._moments[key] = _moment(texts, patterns, column).replace(tzinfo=self._zone)
        return self._moments[key]

    def _count(self, cells: list[str]) -> int | None:
        column = self._columns.stated_line_count
        text = self._cell(cells, column)
        if not text:
            return None
        if not text.isdecimal() or len(text) > 6:
            raise BadCell(column or "", f"{text!r} is no number of lines")
        return int(text)

    def _number(self, cells: list[str], column: str | None, default: Decimal | None = None) -> Decimal:
        text = self._cell(cells, column)
        if not text:
            if default is None:
                raise BadCell(column or "", "the number is missing")
            return default
        try:
            return number(text, decimal_comma=self._mapping.formats.decimal_comma)
        except ValueError as error:
            raise BadCell(column or "", str(error)) from error

    def _text(self, cells: list[str], column: str, what: str) -> str:
        text = self._cell(cells, column)
        if not text:
            raise BadCell(column, f"the {what} is empty")
        return text

    def _cell(self, cells: list[str], specification: str | None) -> str:
        """A column's cell, or a template filled with several, without surrounding blanks."""
        if specification is None:
            return ""
        if "{" in specification:
            names = {name: cells[position].strip() for name, position in self._positions.items()}
            text = specification.format_map(names)
        else:
            text = cells[self._positions[specification]]
        if "\0" in text or len(text) > LONGEST_TEXT:
            raise BadCell(specification, "the text has a NUL character or more than 500 characters")
        return text.strip()


def readable_figures(mapping: Mapping, header: list[str], cells: list[str]) -> tuple[Decimal | None, Decimal | None]:
    """Quantity and line total of a bad row as far as each can be read, so that the file's totals stay accounted for."""

    def read(column: str | None) -> Decimal | None:
        if column is None or column not in header or header.index(column) >= len(cells):
            return None
        try:
            return number(cells[header.index(column)].strip(), decimal_comma=mapping.formats.decimal_comma)
        except ValueError:
            return None

    columns = mapping.columns
    quantity = read(columns.quantity) if columns.quantity else mapping.defaults.quantity
    price, total = read(columns.unit_price), read(columns.line_total)
    if total is None and price is not None and quantity is not None and abs(quantity * price) < LARGEST:
        total = (quantity * price).quantize(SMALLEST_STEP)
    return quantity, total


def number(text: str, *, decimal_comma: bool = False) -> Decimal:
    """A finite decimal of at most 12 integer digits and 6 decimals; ValueError says what is wrong with the text."""
    plain = THOUSANDS[decimal_comma].sub("", text)
    if decimal_comma:
        plain = plain.replace(",", ".")
    try:
        value = Decimal(plain)
    except InvalidOperation:
        raise ValueError(f"{text!r} is no number") from None
    if not value.is_finite() or "_" in text:
        raise ValueError(f"{text!r} is no finite number")
    if abs(value) >= LARGEST:
        raise ValueError(f"{text!r} is too large")
    if value != value.quantize(SMALLEST_STEP):
        raise ValueError(f"{text!r} has more than 6 decimals")
    return value


def business_day(at: datetime, zone: ZoneInfo, cutoff: time) -> date:
    """The restaurant's day: before the cut-off on its own clock it is still yesterday's."""
    local = at.astimezone(zone)
    return local.date() - timedelta(days=1) if local.time() < cutoff else local.date()


def _moment(texts: list[str], patterns: list[tuple[str, ...]], column: str) -> datetime:
    parsed = [_first_fit(text, formats) for text, formats in zip(texts, patterns, strict=True)]
    if any(moment is None for moment in parsed):
        raise BadCell(column, f"{' '.join(texts)!r} is no moment in the declared format")
    day, clock = parsed[0], parsed[-1]
    assert day is not None
    assert clock is not None
    return datetime.combine(day.date(), clock.time())


def _first_fit(text: str, formats: tuple[str, ...]) -> datetime | None:
    for pattern in formats:
        try:
            return datetime.strptime(text, pattern)  # noqa: DTZ007 - the zone is the till's, set by the caller
        except ValueError:
            continue
    return None


def _plain(value: Decimal) -> str:
    """One spelling per number: 1.50 and 1.5 are the same price."""
    return format(value.normalize(), "f")
