"""From the cells of one row of a price list to an offer, or to the reason why it is none. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from ingestion.documents.suppliers import Supplier
from ingestion.documents.units import REC20
from ingestion.documents.values import digest, valid_gtin
from ingestion.pos.cells import OtherCurrency, amount, number
from ingestion.quarantine.rows import Problem
from ingestion.supplier_catalogs.mapping import CatalogMapping, ListColumns

LONGEST_TEXT = 500
LONGEST_SKU = 100
EARLIEST, LATEST = date(2000, 1, 1), date(2100, 1, 1)
GTIN_LENGTHS = frozenset({8, 12, 13, 14})
HOUSE_UNITS = frozenset(REC20.values())


@dataclass(frozen=True)
class Offer:
    """An article and its price: `price` buys `price_quantity` packs of `pack_units` × `pack_quantity` `pack_unit`."""

    supplier_sku: str
    name: str
    gtin: str | None
    price: Decimal | None
    price_quantity: Decimal
    currency: str
    valid_from: date | None
    valid_until: date | None
    pack_units: Decimal | None
    pack_quantity: Decimal | None
    pack_unit: str | None
    is_offered: bool = True

    def content_id(self, supplier: str) -> str:
        """SHA-256 of what is offered, its first day aside: an undated row is known by it."""
        numbers = (self.price, self.price_quantity, self.pack_units, self.pack_quantity)
        return digest(
            supplier, self.supplier_sku, self.name, self.gtin, [each and _plain(each) for each in numbers],
            self.currency, self.valid_until and self.valid_until.isoformat(), self.pack_unit, self.is_offered,
        )  # fmt: skip


class BadOffer(Exception):
    """A row that is no offer."""

    def __init__(self, code: str, column: str | None, message: str) -> None:
        super().__init__(message)
        self.problem = Problem(code, message, column)


class OfferParser:
    """Reads the rows of one list with one mapping for one supplier."""

    def __init__(self, mapping: CatalogMapping, supplier: Supplier) -> None:
        assert mapping.columns is not None
        self._columns: ListColumns = mapping.columns
        self._mapping, self._supplier = mapping, supplier

    def parse(self, values: Mapping[str, str | None]) -> Offer:
        """The offer in a row's cells; BadOffer names the column that makes it none."""
        columns = self._columns
        is_offered = values.get("is_offered") != "false"
        start, end = self._day(values, columns.valid_from), self._day(values, columns.valid_until)
        if start and end and end < start:
            raise BadOffer("period", columns.valid_until, f"the price ends on {end}, before it begins on {start}")
        quantity, unit = self._pack(values)
        return Offer(
            supplier_sku=self._sku(values),
            name=self._text(values, columns.name),
            gtin=self._gtin(values),
            price=self._price(values) if is_offered or self._text(values, columns.price) else None,
            price_quantity=self._positive(values, columns.price_quantity) or Decimal(1),
            currency=self._currency(values),
            valid_from=start,
            valid_until=end,
            pack_units=self._positive(values, columns.pack_units),
            pack_quantity=quantity,
            pack_unit=unit,
            is_offered=is_offered,
        )

    def _sku(self, values: Mapping[str, str | None]) -> str:
        column = self._columns.supplier_sku
        text = self._text(values, column)
        if not text:
            raise BadOffer("missing_article", column, "the article number is empty: write the supplier's number")
        if len(text) > LONGEST_SKU:
            raise BadOffer("article_too_long", column, f"an article number of more than {LONGEST_SKU} characters")
        return text

    def _gtin(self, values: Mapping[str, str | None]) -> str | None:
        column = self._columns.gtin
        text = self._text(values, column).replace(" ", "")
        if not text:
            return None
        if not text.isdecimal() or not text.isascii():
            raise BadOffer("gtin_characters", column, f"{text!r} is no GTIN: digits only")
        if len(text) not in GTIN_LENGTHS:
            raise BadOffer("gtin_length", column, f"{text!r} has {len(text)} digits; a GTIN has 8, 12, 13 or 14")
        if valid_gtin(text) is None:
            raise BadOffer("gtin_check_digit", column, f"{text!r} is no GTIN: its check digit is wrong")
        return text

    def _price(self, values: Mapping[str, str | None]) -> Decimal:
        column = self._columns.price
        value = self._amount(values, column)
        if value is None:
            raise BadOffer("missing_price", column, "the price is empty")
        if value < 0:
            raise BadOffer("negative_price", column, f"the price {_plain(value)} is below zero")
        return value

    def _currency(self, values: Mapping[str, str | None]) -> str:
        column, own = self._columns.currency, self._supplier.currency
        text = self._text(values, column) or self._mapping.currency or own
        if len(text) != 3 or not text.isascii() or not text.isalpha():
            raise BadOffer("currency", column, f"{text!r} is no currency: three letters of ISO 4217, such as {own}")
        if text.upper() != own:
            message = f"the price is in {text.upper()}, but {self._supplier.code} is paid in {own}"
            raise BadOffer("other_currency", column, message)
        return own

    def _pack(self, values: Mapping[str, str | None]) -> tuple[Decimal | None, str | None]:
        """How much one inner unit holds: quantity and unit stand or fall together."""
        columns = self._columns
        quantity, unit = self._positive(values, columns.pack_quantity), self._text(values, columns.pack_unit)
        if quantity is not None and not unit and columns.pack_unit:
            raise BadOffer("missing_unit", columns.pack_unit, f"a content of {_plain(quantity)} of which unit?")
        known = unit.lower() if unit.lower() in HOUSE_UNITS else REC20.get(unit.upper())
        if unit and known is None:
            known_units = ", ".join(sorted(HOUSE_UNITS))
            raise BadOffer("unknown_unit", columns.pack_unit, f"{unit!r} is no unit of {known_units}")
        return quantity, known if quantity is not None else None

    def _positive(self, values: Mapping[str, str | None], column: str | None) -> Decimal | None:
        value = self._number(values, column)
        if value is not None and value <= 0:
            raise BadOffer("not_positive", column, f"{_plain(value)} is not above zero")
        return value

    def _amount(self, values: Mapping[str, str | None], column: str) -> Decimal | None:
        """A number that may carry the sign or the code of the supplier's currency."""
        text = self._text(values, column)
        if not text:
            return None
        try:
            return amount(text, self._supplier.currency, decimal_comma=self._mapping.formats.decimal_comma)
        except OtherCurrency:
            own = self._supplier.currency
            message = f"the price {text!r} is in another currency, but {self._supplier.code} is paid in {own}"
            raise BadOffer("other_currency", column, message) from None
        except ValueError as error:
            raise BadOffer("number", column, str(error)) from error

    def _number(self, values: Mapping[str, str | None], column: str | None) -> Decimal | None:
        text = self._text(values, column)
        if not text:
            return None
        try:
            return number(text, decimal_comma=self._mapping.formats.decimal_comma)
        except ValueError as error:
            raise BadOffer("number", column, str(error)) from error

    def _day(self, values: Mapping[str, str | None], column: str | None) -> date | None:
        text = self._text(values, column)
        if not text:
            return None
        found = next((day for each in self._mapping.formats.days if (day := _read_day(text, each))), None)
        if found is None:
            formats = ", ".join(self._mapping.formats.days)
            raise BadOffer("day", column, f"{text!r} is no day in the declared format ({formats})")
        if not EARLIEST <= found < LATEST:
            raise BadOffer("day_range", column, f"{found} is not a day between {EARLIEST.year} and {LATEST.year}")
        return found

    def _text(self, values: Mapping[str, str | None], column: str | None) -> str:
        text = (values.get(column) or "") if column else ""
        if "\0" in text:
            raise BadOffer("nul", column, "the text has a NUL character")
        if len(text) > LONGEST_TEXT:
            raise BadOffer("text_too_long", column, f"a text of more than {LONGEST_TEXT} characters")
        return text.strip()


def _read_day(text: str, pattern: str) -> date | None:
    try:
        return datetime.strptime(text, pattern).date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return None


def _plain(value: Decimal) -> str:
    """One spelling per number: 1.50 and 1.5 are the same price."""
    return format(value.normalize(), "f")
