"""How a supplier's price list is read: the declared mapping from its columns to ours, or what its header tells."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from ingestion.errors import InvalidMapping, MissingColumns
from ingestion.pos.declared import Currency, Encoding, Patterns, Strict, header_hint
from ingestion.pos.mapping import read_declaration, sentences

ALIASES: dict[str, tuple[str, ...]] = {
    "supplier_sku": (
        "sku", "article", "article number", "article no", "item", "item code", "item number", "product code", "code",
    ),
    "name": ("description", "product", "product name", "item name", "article name"),
    "gtin": ("ean", "barcode", "ean13", "ean code", "upc", "gtin14", "ean/upc"),
    "price": ("unit price", "net price", "list price", "cost", "pack price", "price per pack"),
    "price_quantity": ("price per", "price basis", "per"),
    "currency": ("ccy", "cur"),
    "valid_from": ("from", "valid from", "effective", "effective date", "start date", "price from"),
    "valid_until": ("until", "valid to", "valid until", "end date"),
    "pack_quantity": ("pack size", "pack content", "content", "size", "net content", "quantity"),
    "pack_unit": ("uom", "unit", "unit of measure", "content unit"),
    "pack_units": ("units per case", "case size", "units per pack", "inner packs", "pack count"),
}  # fmt: skip
"""What headers call our columns; our own names fit too."""


class ListFormat(Strict):
    """How the file is written; `sheet` names one of a workbook's, `header_line` the line below any titles."""

    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    quote: Annotated[str, Field(min_length=1, max_length=1)] = '"'
    encoding: Encoding = "utf-8-sig"
    sheet: str | None = None
    header_line: Annotated[int, Field(ge=1)] | None = None  # else the first line that is not blank

    def hint(self, header: list[str]) -> str:
        """Why a header may not be the one that was expected."""
        return header_hint(header, self.delimiter, self.header_line)


class ListColumns(Strict):
    """Ours → theirs."""

    supplier_sku: str
    price: str
    name: str | None = None
    gtin: str | None = None
    price_quantity: str | None = None  # how many packs the price is for
    currency: str | None = None
    valid_from: str | None = None
    valid_until: str | None = None
    pack_quantity: str | None = None  # how much one inner unit holds, in pack_unit
    pack_unit: str | None = None
    pack_units: str | None = None  # how many inner units a pack has


class ListFormats(Strict):
    """How days and numbers are written; the first date format that fits is taken."""

    days: Patterns = ("%Y-%m-%d",)
    decimal_comma: bool = False


class CatalogMapping(Strict):
    """A supplier's way of writing its price list."""

    supplier: str | None = None  # the supplier's code; `--supplier` wins
    file: ListFormat = ListFormat()
    columns: ListColumns | None = None  # else told by the header
    formats: ListFormats = ListFormats()
    currency: Currency | None = None  # where the file has no such column

    def for_header(self, header: list[str], file: str) -> CatalogMapping:
        """The mapping with its columns, which a header may tell; MissingColumns names what the file lacks."""
        columns = self.columns or told_by(header, file, self.file)
        wanted = [name for name in columns.model_dump().values() if name is not None]
        missing = [name for name in wanted if name not in header]
        if missing:
            raise MissingColumns(
                f"{file} has no column {', '.join(map(repr, missing))}; "
                f"its columns are {', '.join(map(repr, header)) or 'none'}{self.file.hint(header)}"
            )
        twice = next((name for name in wanted if header.count(name) > 1), None)
        if twice is not None:
            raise MissingColumns(f"{file} has the column {twice!r} more than once; which one is meant?")
        return self.model_copy(update={"columns": columns})


def told_by(header: list[str], file: str, form: ListFormat) -> ListColumns:
    """The columns that a header's names tell; MissingColumns where it says neither article nor price."""
    plain = {_plain(name): name for name in reversed(header)}
    found: dict[str, str] = {}
    for ours, aliases in ALIASES.items():
        theirs = next((plain[each] for each in (_plain(ours), *aliases) if each in plain), None)
        if theirs is not None and theirs not in found.values():
            found[ours] = theirs
    lacking = [name for name in ("supplier_sku", "price") if name not in found]
    if lacking:
        raise MissingColumns(
            f"{file} has no column that is called like {' or '.join(lacking)}: declare them in a mapping "
            f"(--mapping); its columns are {', '.join(map(repr, header)) or 'none'}{form.hint(header)}"
        )
    return ListColumns(**found)


def _plain(name: str) -> str:
    return re.sub(r"[\s_\-.]+", " ", name).strip().lower()


def load_mapping(path: Path) -> CatalogMapping:
    """Read a mapping from YAML or JSON; InvalidMapping says which entry is wrong and why."""
    return parse_mapping(read_declaration(path), str(path))


def parse_mapping(content: object, name: str = "mapping") -> CatalogMapping:
    """Check a mapping's content; `name` is what an error calls it."""
    try:
        return CatalogMapping.model_validate(content or {})
    except ValidationError as error:
        raise InvalidMapping(f"the mapping {name} is not usable: {sentences(error.errors())}") from error
