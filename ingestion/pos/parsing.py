"""From one record of a till's file to one order line, or to the reason why it is none. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from ingestion.pos.cells import (
    LARGEST,
    SMALLEST_STEP,
    BadCell,
    NotANumber,
    OtherCurrency,
    amount,
    business_day,
    combined,
    instant,
    moment,
    number,
    plain,
    shown,
)
from ingestion.pos.formats.record import Cell, Cells, as_text
from ingestion.pos.lines import OrderLine, Place
from ingestion.pos.mapping import Mapping
from ingestion.pos.templates import fill, names_in

LONGEST_TEXT = 500
KEPT_MOMENTS = 100_000

Places = Callable[[str | None], Place | None]
"""The restaurant of a code, or of the file where the code is None."""


@dataclass(frozen=True)
class Read:
    """An order line and where it was sold."""

    place: Place
    line: OrderLine


class LineParser:
    """Reads the records of one file with one mapping."""

    def __init__(self, mapping: Mapping, places: Places) -> None:
        self._mapping, self._places = mapping, places
        self._columns, self._formats = mapping.columns, mapping.formats
        self._moments: dict[tuple[object, ...], datetime] = {}
        self._zones: dict[str, ZoneInfo] = {}

    def parse(self, cells: Cells) -> Read:
        """The order line in `cells`; BadCell names the column that makes it none."""
        columns, defaults = self._columns, self._mapping.defaults
        place = self._place(cells)
        order_number = self._text(cells, columns.order_number, "order number")
        ordered_at = self._moment(cells, place)
        code, name = self._item(cells)
        quantity = self._number(cells, columns.quantity, default=defaults.quantity)
        if quantity <= 0:
            raise BadCell(
                columns.quantity or "", "quantity_not_above_zero", f"the quantity {plain(quantity)} is not above zero"
            )
        unit_price, line_total = self._money(cells, quantity, place)
        zone = self._zone(place.time_zone)
        line = OrderLine(
            order_number=order_number,
            ordered_at=ordered_at,
            business_day=business_day(ordered_at, zone, self._mapping.day_cutoff or place.day_cutoff),
            item_code=code,
            item_name=name,
            category=self._string(cells, columns.category) or defaults.category,
            quantity=quantity,
            unit_price=unit_price,
            line_total=line_total,
            stated_line_count=self._count(cells),
        )
        return Read(place, line)

    # -------------------------------------------------------------- where, what

    def _place(self, cells: Cells) -> Place:
        column = self._columns.location
        theirs = self._string(cells, column) or None
        place = self._places(None if theirs is None else self._mapping.locations.get(theirs, theirs))
        if place is None:
            reason = f"there is no location {shown(theirs)}" if theirs else "the location is empty"
            raise BadCell(column or "", "unknown_location", reason)
        currency = self._string(cells, self._columns.currency)
        if currency not in {"", place.currency}:
            reason = f"the row is in {shown(currency)}, but the location {place.code} keeps {place.currency}"
            raise BadCell(self._columns.currency or "", "wrong_currency", reason)
        return place

    def _item(self, cells: Cells) -> tuple[str, str]:
        code, name = self._string(cells, self._columns.item_code), self._string(cells, self._columns.item_name)
        if not code and not name:
            column = self._columns.item_code or self._columns.item_name or ""
            raise BadCell(column, "missing_value", "the item is empty")
        return code or name, name or code

    def _text(self, cells: Cells, column: str, what: str) -> str:
        text = self._string(cells, column)
        if not text:
            raise BadCell(column, "missing_value", f"the {what} is empty")
        return text

    def _count(self, cells: Cells) -> int | None:
        column = self._columns.stated_line_count
        text = self._string(cells, column)
        if not text:
            return None
        if not text.isdecimal() or len(text) > 6:
            raise BadCell(column or "", "not_a_count", f"{shown(text)} is no number of lines")
        return int(text)

    # -------------------------------------------------------------- how much

    def _money(self, cells: Cells, quantity: Decimal, place: Place) -> tuple[Decimal, Decimal]:
        price_column, total_column = self._columns.unit_price, self._columns.line_total
        total = self._number(cells, total_column, currency=place.currency) if total_column else None
        if price_column is None:
            assert total is not None
            return (total / quantity).quantize(SMALLEST_STEP), total
        price = self._number(cells, price_column, currency=place.currency)
        if price < 0:
            raise BadCell(price_column, "price_below_zero", f"the price {plain(price)} is below zero")
        if total is None:
            total = (quantity * price).quantize(SMALLEST_STEP)
            if total >= LARGEST:
                raise BadCell(price_column, "not_a_number", f"quantity times price is {plain(total)}: too large")
        return price, total

    def _number(
        self, cells: Cells, column: str | None, default: Decimal | None = None, currency: str | None = None
    ) -> Decimal:
        cell = self._cell(cells, column)
        if cell is None or cell == "":
            if default is None:
                raise BadCell(column or "", "missing_value", "the number is missing")
            return default
        comma = self._formats.decimal_comma
        try:
            return amount(cell, currency, decimal_comma=comma) if currency else number(cell, decimal_comma=comma)
        except OtherCurrency as error:
            raise BadCell(column or "", "wrong_currency", str(error)) from error
        except NotANumber as error:
            raise BadCell(column or "", "not_a_number", str(error)) from error

    # -------------------------------------------------------------- when

    def _moment(self, cells: Cells, place: Place) -> datetime:
        """The moment in UTC on the till's clock."""
        columns = self._columns
        column = columns.ordered_at or columns.ordered_date or ""
        found = [self._cell(cells, name) for name in (column, columns.ordered_time) if name is not None]
        key = (place.time_zone, *found)
        if key not in self._moments:
            if len(self._moments) > KEPT_MOMENTS:
                self._moments.clear()
            self._moments[key] = self._instant(self._local(found, column), place, column)
        return self._moments[key]

    def _local(self, found: list[Cell], column: str) -> datetime:
        day = moment(found[0], self._formats.ordered_at if self._columns.ordered_at else self._formats.ordered_date)
        local = day if isinstance(day, datetime) else None
        if not self._columns.ordered_at and day is not None:
            theirs = found[1] if len(found) > 1 else None
            default = self._mapping.defaults.ordered_time
            clock = default if theirs in {None, ""} else moment(theirs, self._formats.ordered_time)
            local = None if clock is None else combined(day, clock)
        if local is None:
            text = " ".join(as_text(cell) for cell in found)
            raise BadCell(column, "not_a_moment", f"{shown(text)} is no moment in the declared format")
        return local

    def _instant(self, local: datetime, place: Place, column: str) -> datetime:
        zone = self._zone(self._mapping.time_zone or place.time_zone)
        try:
            return instant(local, zone, self._mapping.clock_changes).astimezone(UTC)
        except ValueError as error:
            code, _, reason = str(error).partition(" ")
            raise BadCell(column, code, reason) from error
        except OverflowError as error:
            raise BadCell(column, "not_a_moment", f"{local} is beyond the calendar") from error

    def _zone(self, name: str) -> ZoneInfo:
        if name not in self._zones:
            self._zones[name] = ZoneInfo(name)
        return self._zones[name]

    # -------------------------------------------------------------- cells

    def _string(self, cells: Cells, specification: str | None) -> str:
        return as_text(self._cell(cells, specification))

    def _cell(self, cells: Cells, specification: str | None) -> Cell:
        """A column's cell, or a template filled with several; texts without surrounding blanks."""
        if specification is None:
            return ""
        if "{" in specification:
            cell: Cell = fill(specification, lambda name: as_text(cells.get(name)).strip())
        else:
            cell = cells.get(specification)
        if not isinstance(cell, str):
            return cell
        if "\0" in cell or len(cell) > LONGEST_TEXT or not _is_writable(cell):
            reason = "the text has a NUL character or a broken one, or more than 500 characters"
            raise BadCell(specification, "unusable_text", reason)
        return cell.strip()


def readable_figures(mapping: Mapping, cells: Cells) -> dict[str, str]:
    """Quantity, line total and order number of a bad row as far as each can be read: the file's totals stay whole."""

    def read(column: str | None) -> Decimal | None:
        cell = cells.get(column) if column is not None else None
        try:
            return None if cell is None else number(_stripped(cell), decimal_comma=mapping.formats.decimal_comma)
        except NotANumber:
            return None

    columns = mapping.columns
    quantity = read(columns.quantity) if columns.quantity else mapping.defaults.quantity
    price, total = read(columns.unit_price), read(columns.line_total)
    if total is None and price is not None and quantity is not None and abs(quantity * price) < LARGEST:
        total = (quantity * price).quantize(SMALLEST_STEP)
    figures = {} if quantity is None else {"quantity": plain(quantity)}
    if total is not None:
        figures["line_total"] = plain(total)
    if all(cells.get(name) is not None for name in names_in(columns.order_number)):
        figures["order_number"] = fill(columns.order_number, lambda name: as_text(cells[name]).strip()).strip()
    return figures


def _stripped(cell: Cell) -> Cell:
    return cell.strip() if isinstance(cell, str) else cell


def _is_writable(text: str) -> bool:
    """No half of a surrogate pair, which JSON can carry and UTF-8 cannot."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)
