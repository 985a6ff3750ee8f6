"""From a row's cells to our fields, or to every problem that it has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass
from functools import partial
from typing import Any

from api.core.types import plain
from api.imports import cells
from api.imports.cells import BadCell, Problem
from api.imports.errors import InvalidMapping
from api.imports.mapping import PLACE, Mapping, ProductMapping

Read = Callable[[str], Any]


@dataclass(frozen=True)
class ReadRow:
    """A row that was read: `fields` as JSON holds them, or `problems`."""

    fields: dict[str, Any] | None
    problems: list[Problem]


def _text(longest: int) -> Read:
    return partial(cells.line_of_text, longest=longest)


def _readers(mapping: Mapping) -> dict[str, Read]:
    """How each of our fields is read, with this file's way of writing numbers."""
    number = partial(cells.decimal, decimal_comma=mapping.formats.decimal_comma)

    def quantity(text: str) -> str:
        return plain(cells.above_zero(number(text)))

    def price(text: str) -> str:
        return plain(cells.not_negative(number(text)))

    def count(most: int) -> Read:
        return lambda text: cells.whole(number(text), most=most)

    shared: dict[str, Read] = {
        "barcode": partial(cells.code, short=mapping.codes.short),
        "pack_quantity": quantity,
        "pack_unit": _text(30),
    }
    if isinstance(mapping, ProductMapping):
        return {
            **shared,
            "sku": _text(60),
            "name": _text(200),
            "category": _text(100),
            "stock_unit": _text(30),
            "tracks_lots": cells.yes_or_no,
            "shelf_life_days": count(36_500),
            "allergens": cells.allergens,
        }
    return {
        **shared,
        "supplier_sku": _text(60),
        "product_sku": _text(60),
        "pack_name": _text(100),
        "price": price,
        "currency": _currency,
        "minimum_packs": count(100_000),
        "pack_multiple": count(100_000),
    }


def _currency(text: str) -> str:
    code = text.upper()
    if len(code) != 3 or not (code.isascii() and code.isalpha()):
        raise BadCell(
            "no_currency", f"{cells.shown(text)} is no currency", "Write a code of three letters, such as EUR."
        )
    return code


class RowReader:
    """Reads the rows of one file with one mapping."""

    def __init__(self, mapping: Mapping, header: Sequence[str]) -> None:
        self._mapping = mapping
        self._width = len(header)
        places = {name: place for place, name in reversed(list(enumerate(header)))}
        self._sources = {field: _source(text, places) for field, text in mapping.specifications().items()}
        self._readers = _readers(mapping)
        self._is_product = isinstance(mapping, ProductMapping)

    def read(self, row: Sequence[str], repairs: Dictionary[str, str] | None = None) -> ReadRow:
        """The row's fields; a repaired field wins over its cell."""
        if len(row) != self._width and not repairs:
            reason = f"{len(row)} cells where the header has {self._width}"
            return ReadRow(None, [Problem("", "cell_count", reason, "Put the row's cells under their columns.")])
        texts = self._texts(row) if len(row) == self._width else {}
        for field, text in (repairs or {}).items():
            texts[field] = text
        return self._fields(texts)

    def _texts(self, row: Sequence[str]) -> dict[str, str]:
        return {field: cells.cleaned(source(row)) for field, source in self._sources.items()}

    def _fields(self, texts: Dictionary[str, str]) -> ReadRow:
        fields: dict[str, Any] = {}
        problems: list[Problem] = []
        for field, read in self._readers.items():
            text = texts.get(field, "")
            if not text:
                continue
            try:
                fields[field] = read(text)
            except BadCell as error:
                problems.append(error.of(field))
        problems += self._missing(fields, problems)
        if problems:
            return ReadRow(None, problems)
        if "barcode" in fields:
            fields["code"], fields["symbology"] = fields.pop("barcode")
        return ReadRow(fields, [])

    def _missing(self, fields: Dictionary[str, Any], problems: Sequence[Problem]) -> list[Problem]:
        bad = {problem.field for problem in problems}
        needed = [["name"], ["sku", "barcode"]] if self._is_product else [["supplier_sku"], ["price"]]
        return [
            _empty(self._first_mapped(choice))
            for choice in needed
            if not any(field in fields or field in bad for field in choice)
        ]

    def _first_mapped(self, choice: Sequence[str]) -> str:
        return next((field for field in choice if field in self._sources), choice[0])


def _empty(field: str) -> Problem:
    return Problem(field, "missing", f"the {field.replace('_', ' ')} is empty", "Fill it in.")


def _source(specification: str, places: Dictionary[str, int]) -> Callable[[Sequence[str]], str]:
    """Takes one column's cell, or fills a template with several."""
    if "{" not in specification or not PLACE.search(specification):
        place = places[specification]
        return lambda row: row[place]

    def filled(row: Sequence[str]) -> str:
        return PLACE.sub(lambda match: row[places[match[1]]].strip(), specification).strip()

    return filled


def read_defaults(mapping: Mapping) -> dict[str, Any]:
    """What new rows get where the file tells nothing, read as cells are.

    Raises:
        InvalidMapping: a default is no value of its field.
    """
    readers = _readers(mapping)
    defaults: dict[str, Any] = {"stock_unit": "each"} if isinstance(mapping, ProductMapping) else {}
    for field, text in mapping.defaults.items():
        try:
            defaults[field] = readers[field](text)
        except BadCell as error:
            raise InvalidMapping(f"The mapping is not usable: defaults.{field}: {error.reason}.") from error
    return defaults
