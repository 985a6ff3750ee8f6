"""How a file is read: the declared mapping from its columns to ours, or one suggested by the header's names."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Mapping as Dictionary
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from api.imports.errors import InvalidMapping

PLACE = re.compile(r"\{([^{}]*)\}")


def _known_encoding(name: str) -> str:
    try:
        codec = codecs.lookup(name)
    except (LookupError, ValueError):
        raise ValueError(f"{name!r} is no encoding that is known here") from None
    if not getattr(codec, "_is_text_encoding", True):
        raise ValueError(f"{name!r} is no encoding of text")
    return "utf-8-sig" if codec.name == "utf-8" else codec.name  # a byte order mark is no part of a column's name


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


OneCharacter = Annotated[str, Field(pattern=r"^[^\r\n\x00]$")]
Specification = Annotated[str, Field(min_length=1, max_length=200)]
"""A column's name, or a template such as "{brand} {name}"."""


class FileFormat(_Strict):
    """How the file is written; what is not said is told from its content."""

    delimiter: OneCharacter | None = None
    quote: OneCharacter = '"'
    encoding: Annotated[str, Field(max_length=40), AfterValidator(_known_encoding)] | None = None
    has_header: bool = True  # without one, columns are called "1", "2", …
    sheet: Annotated[str, Field(max_length=31)] | None = None  # of a workbook; else its first


class Formats(_Strict):
    """How numbers are written."""

    decimal_comma: bool = False


class Codes(_Strict):
    """What a code of fewer digits than any GTIN is: nobody can tell, so the file's owner may say it."""

    short: Literal["quarantine", "restore", "house"] = "quarantine"


class ProductColumns(_Strict):
    """Ours → theirs, for products."""

    sku: Specification | None = None  # one of the two tells the product
    barcode: Specification | None = None
    name: Specification
    category: Specification | None = None
    stock_unit: Specification | None = None
    pack_quantity: Specification | None = None  # of the barcode's pack
    pack_unit: Specification | None = None
    tracks_lots: Specification | None = None
    shelf_life_days: Specification | None = None
    allergens: Specification | None = None

    @model_validator(mode="after")
    def _tells_the_product(self) -> Self:
        if self.sku is None and self.barcode is None:
            raise ValueError("name sku, barcode, or both")
        return self


class SupplierProductColumns(_Strict):
    """Ours → theirs, for what a supplier sells."""

    supplier_sku: Specification
    product_sku: Specification | None = None  # one of the two tells the product
    barcode: Specification | None = None
    pack_name: Specification | None = None
    pack_quantity: Specification | None = None
    pack_unit: Specification | None = None
    price: Specification
    currency: Specification | None = None
    minimum_packs: Specification | None = None
    pack_multiple: Specification | None = None

    @model_validator(mode="after")
    def _tells_the_product(self) -> Self:
        if self.product_sku is None and self.barcode is None:
            raise ValueError("name product_sku, barcode, or both")
        return self


class _Mapping(_Strict):
    with_defaults: ClassVar[frozenset[str]]

    file: FileFormat = FileFormat()
    formats: Formats = Formats()
    codes: Codes = Codes()
    defaults: dict[str, Annotated[str, Field(max_length=200)]] = {}

    def specifications(self) -> dict[str, str]:
        """Ours → theirs, only what is mapped."""
        columns: BaseModel = self.columns  # type: ignore[attr-defined]  # every kind declares its own
        return {name: value for name, value in columns.model_dump().items() if value is not None}

    @model_validator(mode="after")
    def _defaults_are_ours(self) -> Self:
        unknown = sorted(set(self.defaults) - self.with_defaults)
        if unknown:
            known = ", ".join(sorted(self.with_defaults))
            raise ValueError(f"defaults: {', '.join(unknown)[:100]} has none; these may: {known}")
        return self


class ProductMapping(_Mapping):
    """A catalog's way of listing products."""

    with_defaults = frozenset(
        {"category", "stock_unit", "pack_quantity", "pack_unit", "tracks_lots", "shelf_life_days", "allergens"}
    )
    columns: ProductColumns


class SupplierProductMapping(_Mapping):
    """A supplier's way of listing what it sells."""

    with_defaults = frozenset({"pack_name", "pack_quantity", "pack_unit", "currency", "minimum_packs", "pack_multiple"})
    columns: SupplierProductColumns


Mapping = ProductMapping | SupplierProductMapping


def names_in(specification: str) -> Sequence[str]:
    """The columns that one entry reads: `"{brand} {name}"` reads `brand` and `name`."""
    return PLACE.findall(specification) or [specification]


def check_columns(mapping: Mapping, header: Sequence[str]) -> None:
    """Refuse a mapping that names what the file does not have, or has twice.

    Raises:
        InvalidMapping: the detail lists the columns that there are.
    """
    needed = [name for each in mapping.specifications().values() for name in names_in(each)]
    missing = sorted({name for name in needed if name not in header})
    if missing:
        there = ", ".join(repr(name[:60]) for name in header[:40]) or "none"
        wanted = ", ".join(map(repr, missing))
        raise InvalidMapping(f"The file has no column {wanted}; its columns are {there}.", code="missing_columns")
    twice = sorted({name for name in needed if header.count(name) > 1})
    if twice:
        raise InvalidMapping(f"The file has the column {', '.join(map(repr, twice))} twice.", code="ambiguous_column")


# ------------------------------------------------------------------ declared


def read_mapping(content: object, kind: type[ProductMapping | SupplierProductMapping]) -> Mapping:
    """A mapping from its JSON or YAML content.

    Raises:
        InvalidMapping: the detail says which entry is wrong and why.
    """
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        problems = "; ".join(_sentence(problem) for problem in error.errors()[:10])
        raise InvalidMapping(f"The mapping is not usable: {problems}.") from error


def parse_mapping(text: str, kind: type[ProductMapping | SupplierProductMapping]) -> Mapping:
    """A mapping from JSON text.

    Raises:
        InvalidMapping: it is not JSON, or not a mapping.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidMapping("The mapping is not JSON.") from error
    return read_mapping(content, kind)


def load_mapping(path: Path, kind: type[ProductMapping | SupplierProductMapping]) -> Mapping:
    """A mapping from a `.json`, `.yaml` or `.yml` file.

    Raises:
        InvalidMapping: it cannot be read.
    """
    import yaml  # type: ignore[import-untyped]

    try:
        text = path.read_text(encoding="utf-8")
        content = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise InvalidMapping(f"The mapping {path} cannot be read: {error}") from error
    return read_mapping(content, kind)


def _sentence(problem: Any) -> str:
    where = ".".join(str(part) for part in problem["loc"]) or "the mapping"
    return f"{where[:100]}: {problem['msg'].removeprefix('Value error, ')}"


# ------------------------------------------------------------------ suggested

BARCODES = ("gtin14", "gtin", "gtin13", "ean", "ean13", "upc", "upca", "barcode", "scancode", "gtinaslisted")
PRODUCT_NAMES: Dictionary[str, tuple[str, ...]] = {
    "sku": ("sku", "productsku", "itemcode", "itemnumber", "itemno", "productcode", "articlenumber", "article"),
    "barcode": BARCODES,
    "name": ("name", "productname", "title", "itemname", "product", "description", "productdescription"),
    "category": ("category", "productgroup", "group", "department"),
    "stock_unit": ("stockunit", "baseunit", "unit", "uom", "unitofmeasure"),
    "pack_quantity": ("packquantity", "packqty", "unitsperpack"),
    "pack_unit": ("packunit",),
    "tracks_lots": ("trackslots", "lottracked"),
    "shelf_life_days": ("shelflifedays", "shelflife"),
    "allergens": ("allergens",),
}
SUPPLIER_NAMES: Dictionary[str, tuple[str, ...]] = {
    "supplier_sku": ("suppliersku", "articleno", "articlenumber", "article", "itemnumber", "itemno", "itemcode", "sku"),
    "product_sku": ("productsku", "oursku", "customersku", "customeritem", "internalsku", "sku"),
    "barcode": BARCODES,
    "pack_name": ("packname", "pack", "packaging", "casename", "packsize", "description"),
    "pack_quantity": ("packquantity", "packqty", "quantityperpack", "unitsperpack", "casesize"),
    "pack_unit": ("packunit", "unit", "uom", "unitofmeasure"),
    "price": ("price", "packprice", "caseprice", "listprice", "netprice", "cost"),
    "currency": ("currency", "currencycode"),
    "minimum_packs": ("minimumpacks", "minpacks", "moq", "minimumorder", "minqty"),
    "pack_multiple": ("packmultiple", "multiple", "ordermultiple"),
}


def suggest_mapping(
    header: Sequence[str], kind: type[ProductMapping | SupplierProductMapping], form: FileFormat | None = None
) -> Mapping:
    """A mapping told from the names in the header: each of our fields takes the first name that it knows.

    Raises:
        InvalidMapping: a needed column is not recognised; the detail lists those that there are.
    """
    known = PRODUCT_NAMES if kind is ProductMapping else SUPPLIER_NAMES
    simple = {re.sub(r"[^a-z0-9]", "", name.casefold()): name for name in reversed(header) if name}
    columns: dict[str, str] = {}
    for field, names in known.items():
        found = next((simple[name] for name in names if name in simple and simple[name] not in columns.values()), None)
        if found is not None:
            columns[field] = found
    try:
        return kind.model_validate({"columns": columns, "file": form or FileFormat()})
    except ValidationError as error:
        there = ", ".join(repr(name[:60]) for name in header[:40])
        wanted = "; ".join(_sentence(problem) for problem in error.errors()[:10])
        raise InvalidMapping(
            f"The columns cannot be told from their names ({wanted}): declare a mapping. The columns are {there}.",
            code="mapping_needed",
        ) from error
