"""How a till's export is read: the declared mapping from its columns to ours; README.md of `ingestion` shows it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml  # type: ignore[import-untyped]
from pydantic import Field, ValidationError, model_validator

from ingestion.errors import InvalidMapping
from ingestion.pos.declared import Clock, Currency, FileFormat, Patterns, Strict, Template, Zone
from ingestion.pos.templates import names_in

SUFFIXES = (".mapping.yaml", ".mapping.yml", ".mapping.json")
DEFAULT_NAMES = tuple(f"default{suffix}" for suffix in SUFFIXES)

OPEN = "…"
"""What a suggested mapping has where only a person can decide."""

ClockRule = Literal["quarantine", "shift"]
RepeatRule = Literal["quarantine", "first", "second"]


class Columns(Strict):
    """Ours → theirs: a column's name, or a template such as "{name}_{size}"."""

    order_number: Template
    ordered_at: Template | None = None  # or both of the next two
    ordered_date: Template | None = None
    ordered_time: Template | None = None  # may be missing where defaults.ordered_time is set
    item_code: Template | None = None  # one of the two names the item
    item_name: Template | None = None
    category: Template | None = None
    quantity: Template | None = None
    unit_price: Template | None = None  # one of the two carries the money
    line_total: Template | None = None
    stated_line_count: Template | None = None
    currency: Template | None = None  # each row's must be the location's
    location: Template | None = None  # for files of several locations; `locations` translates the till's names

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.ordered_at is None) == (self.ordered_date is None):
            raise ValueError("name either ordered_at, or ordered_date with ordered_time")
        if self.ordered_time is not None and self.ordered_date is None:
            raise ValueError("ordered_date and ordered_time go together")
        if self.item_code is None and self.item_name is None:
            raise ValueError("name item_code, item_name, or both")
        if self.unit_price is None and self.line_total is None:
            raise ValueError("name unit_price, line_total, or both")
        return self


class Formats(Strict):
    """How moments and numbers are written; the first date format that fits is taken.

    A format is one of strptime's, or `iso`, `epoch` (seconds) or `epoch_ms`. A format with an offset needs no zone.
    """

    ordered_at: Patterns = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M")
    ordered_date: Patterns = ("%Y-%m-%d",)
    ordered_time: Patterns = ("%H:%M:%S", "%H:%M")
    decimal_comma: bool = False


class ClockChanges(Strict):
    """What becomes of local times that the change of clocks leaves out in spring, or repeats in autumn."""

    missing: ClockRule = "quarantine"  # shift: by the hour that was left out
    repeated: RepeatRule = "quarantine"


class Defaults(Strict):
    """What stands where the file has no such column, or an empty cell in it."""

    quantity: Annotated[Decimal, Field(gt=0)] = Decimal(1)
    category: str = ""
    ordered_time: Clock = None


class Wide(Strict):
    """One row per day and item with a column for each hour, channel or location: each cell becomes a row of its own.

    The columns are those that `columns` names, or that `pattern` fits; a cell's row has the row's other columns and two
    more: `label` with the cell's column (or the pattern's only group) and `value` with the cell. Empty and zero cells
    are no sales.
    """

    columns: tuple[str, ...] = ()
    pattern: str | None = None
    label: str = "label"
    value: str = "value"

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if bool(self.columns) == (self.pattern is not None):
            raise ValueError("name either the columns or the pattern of their names")
        try:
            groups = re.compile(self.pattern or "").groups
        except re.error as error:
            raise ValueError(f"the pattern is no regular expression: {error}") from None
        if groups > 1:
            raise ValueError("the pattern may have one group, which is the label")
        return self


class Mapping(Strict):
    """A till's way of exporting its order lines."""

    location: str | None = None  # the location's code; `--location` wins
    locations: dict[str, str] = Field(default_factory=dict)  # the till's names → codes; others stand for themselves
    file: FileFormat = FileFormat()
    wide: Wide | None = None
    columns: Columns
    formats: Formats = Formats()
    clock_changes: ClockChanges = ClockChanges()
    defaults: Defaults = Defaults()
    time_zone: Zone | None = None  # of the till's clock; else the location's
    day_cutoff: Clock = None  # else the location's
    currency: Currency | None = None  # checked against the location's

    @model_validator(mode="after")
    def _timed(self) -> Self:
        columns = self.columns
        if columns.ordered_date and not columns.ordered_time and self.defaults.ordered_time is None:
            raise ValueError("ordered_date and ordered_time go together; without a time, say defaults.ordered_time")
        if self.wide and not {self.wide.label, self.wide.value} & set(self._read()):
            raise ValueError(f"wide: no column reads {self.wide.label!r} or {self.wide.value!r}")
        return self

    def needed(self) -> tuple[str, ...]:
        """The file's columns that the mapping reads, each once, in the order of their first use."""
        made = (self.wide.label, self.wide.value) if self.wide else ()
        own = tuple(name for name in self._read() if name not in made)
        return (*own, *(name for name in (self.wide.columns if self.wide else ()) if name not in own))

    def _read(self) -> tuple[str, ...]:
        specifications = (value for value in self.columns.model_dump().values() if value is not None)
        return tuple(dict.fromkeys(name for text in specifications for name in names_in(text)))


def load_mapping(path: Path) -> Mapping:
    """Read a mapping from a `.json`, `.yaml` or `.yml` file; InvalidMapping says which entry is wrong and why."""
    return parse_mapping(read_declaration(path), str(path))


def parse_mapping(content: object, name: str = "mapping") -> Mapping:
    """Check a mapping's content; `name` is what an error calls it."""
    if still_open := list(_open_entries(content)):
        raise InvalidMapping(f"the mapping {name} still asks something: settle {', '.join(still_open)}")
    try:
        return Mapping.model_validate(content)
    except ValidationError as error:
        raise InvalidMapping(f"the mapping {name} is not usable: {sentences(error.errors())}") from error


def read_declaration(path: Path) -> object:
    """The content of a YAML or JSON file; InvalidMapping says why there is none."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidMapping(f"the mapping {path} cannot be read: {error}") from error
    try:
        return json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    except (json.JSONDecodeError, yaml.YAMLError) as error:
        raise InvalidMapping(f"the mapping {path} is not well formed: {error}") from error


def _open_entries(content: object, path: str = "") -> Iterator[str]:
    if isinstance(content, dict):
        for name, inner in content.items():
            yield from _open_entries(inner, f"{path}.{name}".lstrip("."))
    elif isinstance(content, str) and OPEN in content:
        yield path


def sentences(problems: Iterable[Any]) -> str:
    """What is wrong with a declaration, entry by entry."""
    return "; ".join(
        f"{'.'.join(str(part) for part in problem['loc']) or 'the file'}: "
        f"{problem['msg'].removeprefix('Value error, ')}"
        for problem in problems
    )


def mapping_beside(file: Path) -> Path | None:
    """The mapping of a dropped file: `sales.csv.mapping.yaml` beside it, else the folder's `default.mapping.yaml`."""
    return next((file.with_name(name) for name in mapping_names(file.name) if file.with_name(name).is_file()), None)


def mapping_names(file_name: str) -> tuple[str, ...]:
    """What a file's mapping may be called, the first that exists wins."""
    return (*(file_name + suffix for suffix in SUFFIXES), *DEFAULT_NAMES)
