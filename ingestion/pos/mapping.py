"""How a till's CSV is read: the declared mapping from its columns to ours, as README.md of `ingestion` documents it."""

from __future__ import annotations

import codecs
import json
import string
from collections.abc import Iterable
from datetime import time
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

import yaml  # type: ignore[import-untyped]
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from ingestion.errors import InvalidMapping

SUFFIXES = (".mapping.yaml", ".mapping.yml", ".mapping.json")
DEFAULT_NAMES = tuple(f"default{suffix}" for suffix in SUFFIXES)


def _known_encoding(name: str) -> str:
    try:
        codec = codecs.lookup(name).name
    except LookupError:
        raise ValueError(f"{name!r} is no encoding that is known here") from None
    return "utf-8-sig" if codec == "utf-8" else codec  # a byte order mark is no part of the first column's name


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (OSError, ValueError):
        raise ValueError(f"{name!r} is no IANA time zone") from None
    return name


def _one_or_many(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _clock(value: object) -> object:
    """YAML reads an unquoted 04:00 as the number 240 (sixtieths): minutes of the day."""
    return time(value // 60, value % 60) if isinstance(value, int) and 0 <= value < 1440 else value


Patterns = Annotated[tuple[str, ...], BeforeValidator(_one_or_many), Field(min_length=1)]
Zone = Annotated[str, AfterValidator(_known_zone)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FileFormat(_Strict):
    """How the file is written."""

    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    quote: Annotated[str, Field(min_length=1, max_length=1)] = '"'
    encoding: Annotated[str, AfterValidator(_known_encoding)] = "utf-8"
    has_header: bool = True  # without one, columns are called "1", "2", …


class Columns(_Strict):
    """Ours → theirs: a column's name, or a template such as "{name}_{size}"."""

    order_number: str
    ordered_at: str | None = None  # or both of the next two
    ordered_date: str | None = None
    ordered_time: str | None = None
    item_code: str | None = None  # one of the two names the item
    item_name: str | None = None
    category: str | None = None
    quantity: str | None = None
    unit_price: str | None = None  # one of the two carries the money
    line_total: str | None = None
    stated_line_count: str | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.ordered_at is None) == (self.ordered_date is None):
            raise ValueError("name either ordered_at, or ordered_date with ordered_time")
        if (self.ordered_date is None) != (self.ordered_time is None):
            raise ValueError("ordered_date and ordered_time go together")
        if self.item_code is None and self.item_name is None:
            raise ValueError("name item_code, item_name, or both")
        if self.unit_price is None and self.line_total is None:
            raise ValueError("name unit_price, line_total, or both")
        return self


class Formats(_Strict):
    """How moments and numbers are written; the first date format that fits is taken."""

    ordered_at: Patterns = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M")
    ordered_date: Patterns = ("%Y-%m-%d",)
    ordered_time: Patterns = ("%H:%M:%S", "%H:%M")
    decimal_comma: bool = False


class Defaults(_Strict):
    """What stands where the file has no such column, or an empty cell in it."""

    quantity: Annotated[Decimal, Field(gt=0)] = Decimal(1)
    category: str = ""


class Mapping(_Strict):
    """A till's way of exporting its order lines."""

    location: str | None = None  # the location's code; `--location` wins
    file: FileFormat = FileFormat()
    columns: Columns
    formats: Formats = Formats()
    defaults: Defaults = Defaults()
    time_zone: Zone | None = None  # of the till's clock; else the location's
    day_cutoff: Annotated[time | None, BeforeValidator(_clock)] = None  # else the location's
    currency: Annotated[str | None, Field(pattern=r"^[A-Z]{3}$")] = None  # checked against the location's

    def needed(self) -> tuple[str, ...]:
        """The file's columns that the mapping reads, each once, in the order of their first use."""
        specifications = (value for value in self.columns.model_dump().values() if value is not None)
        return tuple(dict.fromkeys(name for text in specifications for name in names_in(text)))


def names_in(specification: str) -> Iterable[str]:
    """The columns that one entry of the mapping reads: `"{name}_{size}"` reads `name` and `size`."""
    if "{" not in specification:
        return (specification,)
    return tuple(name for _, name, _, _ in string.Formatter().parse(specification) if name)


def load_mapping(path: Path) -> Mapping:
    """Read a mapping from a `.json`, `.yaml` or `.yml` file; InvalidMapping says which entry is wrong and why."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidMapping(f"the mapping {path} cannot be read: {error}") from error
    return parse_mapping(_parse_text(path, text), str(path))


def parse_mapping(content: object, name: str = "mapping") -> Mapping:
    """Check a mapping's content; `name` is what an error calls it."""
    try:
        return Mapping.model_validate(content)
    except ValidationError as error:
        problems = "; ".join(_sentence(problem) for problem in error.errors())
        raise InvalidMapping(f"the mapping {name} is not usable: {problems}") from error


def _parse_text(path: Path, text: str) -> object:
    try:
        return json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    except (json.JSONDecodeError, yaml.YAMLError) as error:
        raise InvalidMapping(f"the mapping {path} is not well formed: {error}") from error


def _sentence(problem: Any) -> str:
    where = ".".join(str(part) for part in problem["loc"]) or "the file"
    return f"{where}: {problem['msg'].removeprefix('Value error, ')}"


def mapping_beside(file: Path) -> Path | None:
    """The mapping of a dropped file: `sales.csv.mapping.yaml` beside it, else the folder's `default.mapping.yaml`."""
    beside = [file.with_name(file.name + suffix) for suffix in SUFFIXES]
    default = [file.with_name(name) for name in DEFAULT_NAMES]
    return next((candidate for candidate in (*beside, *default) if candidate.is_file()), None)
