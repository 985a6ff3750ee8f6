"""What 850, 810 and 832 share: loops, elements as values, parties, items, allowances and charges."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeVar

from ingestion.documents.model import Adjustment, Identifier, Item, Party, Price, Quantity
from ingestion.documents.problems import Finding, Place, Refused
from ingestion.documents.units import house_unit
from ingestion.documents.values import PRICE_PLACES, decimal, packed_day, valid_gtin
from ingestion.documents.x12.envelope import TransactionSet
from ingestion.documents.x12.segments import Segment

Value = TypeVar("Value")
SCHEMES = {"UL": "gln", "1": "duns", "01": "duns", "9": "duns", "VX": "vat", "ZZ": "mutual"}
"""X12 elements 66 and I05. `mutual` is an id that the two partners agreed on."""
GTINS = ("UK", "EN", "UP", "EO", "UA", "UI")
SUPPLIERS = ("VN", "VP", "VC", "VA", "ST")
BUYERS = ("BP", "IN", "CB", "PI")
MAKERS = ("MG", "MF", "MN")
STANDARDS = (*GTINS, "IB", "SK")
BASES = {"HP": 100, "PH": 100, "HU": 100, "TP": 1000, "TH": 1000, "PK": 1}
TAX_CODES = frozenset({"H850", "H860", "H855", "H770", "H750"})
"""SAC02 codes that are taxes: sales, use, state, VAT and tax."""


@dataclass(frozen=True)
class Loop:
    """A segment with those that belong to it, and its path in the set."""

    head: Segment
    path: str
    body: tuple[Segment, ...]

    def place(self, segment: Segment | None = None, number: int | None = None) -> Place:
        """Where an element stands."""
        segment = segment or self.head
        path = self.path if segment is self.head else f"{self.path}/{segment.name}"
        return Place(segment.line, path if number is None else f"{path}/{segment.name}{number:02d}")

    def all(self, name: str) -> Iterator[Segment]:
        """The segments of that name in the body."""
        return (each for each in self.body if each.name == name)

    def find(self, name: str) -> Segment | None:
        """The first segment of that name in the body."""
        return next(self.all(name), None)


@dataclass(frozen=True)
class Parts:
    """A set cut into its heading, its line loops and its summary."""

    header: Loop
    lines: tuple[Loop, ...]
    summary: Loop


def cut(one: TransactionSet, line: str, summary: Sequence[str]) -> Parts:
    """Cut at each `line` segment, and at the first one that begins the summary."""
    segments = one.segments[1:-1]
    ends = next((place for place, each in enumerate(segments) if each.name in summary), len(segments))
    starts = [place for place, each in enumerate(segments[:ends]) if each.name == line]
    bounds = [*starts, ends]
    loops = tuple(
        Loop(segments[start], f"{one.place.path}/{line}[{position}]", segments[start + 1 : bounds[position]])
        for position, start in enumerate(starts, 1)
    )
    first = starts[0] if starts else ends
    header = Loop(one.segments[0], one.place.path, segments[:first])
    return Parts(header, loops, Loop(one.segments[-1], one.place.path, segments[ends:]))


def needed(loop: Loop, name: str) -> Segment:
    """A segment that the set must have."""
    found = loop.find(name)
    if found is None:
        raise Refused("MISSING", loop.place(), f"the set has no {name}")
    return found


def text(loop: Loop, segment: Segment, number: int) -> str:
    """An element that must be there."""
    if not segment[number]:
        raise Refused("MISSING", loop.place(segment, number), f"{segment.name}{number:02d} is empty")
    return segment[number]


def number(loop: Loop, segment: Segment, position: int, *, cents: bool = False) -> Decimal | None:
    """A number where there is one; of type N2 the last two digits are decimals that are not written."""
    value = _read(loop, segment, position, decimal)
    return value / 100 if cents and value is not None else value


def day(loop: Loop, segment: Segment, position: int) -> date | None:
    """A day where there is one."""
    return _read(loop, segment, position, packed_day)


def _read(loop: Loop, segment: Segment, position: int, convert: Callable[[str], Value]) -> Value | None:
    if not segment[position]:
        return None
    try:
        return convert(segment[position])
    except ValueError as error:
        raise Refused("BAD_VALUE", loop.place(segment, position), f"{segment.name}{position:02d}: {error}") from error


def dated(loop: Loop, *qualifiers: str) -> date | None:
    """The first DTM of one of these qualifiers."""
    for segment in loop.all("DTM"):
        if segment[1] in qualifiers:
            return day(loop, segment, 2)
    return None


def party(loop: Loop, *roles: str) -> Party:
    """The first N1 of one of these roles, in the order of the roles."""
    named = {each[1]: each for each in reversed(list(loop.all("N1")))}
    found = next((named[role] for role in roles if role in named), None)
    if found is None:
        return Party()
    scheme = SCHEMES.get(found[3], found[3])
    return Party(found[2], (Identifier(scheme, found[4]),) if found[4] else ())


def from_sender(named: Party, one: TransactionSet) -> Party:
    """The party who sent the set, with the id of its interchange: many name themselves nowhere else."""
    own = Identifier(SCHEMES.get(one.sender[0], one.sender[0]), one.sender[1])
    return Party(named.name, (*named.ids, own) if own.value and own not in named.ids else named.ids)


def currency(loop: Loop) -> str | None:
    """CUR02 of the loop."""
    found = loop.find("CUR")
    return (found[2] or None) if found else None


def item(loop: Loop, first: int) -> Item:
    """The item that the qualifiers from an element on and the PID segments name."""
    ids = dict(reversed(list(loop.head.pairs(first))))
    standard = next((ids[each] for each in STANDARDS if each in ids), None)
    gtin = next((ids[each] for each in GTINS if each in ids), None)
    return Item(
        name=next((each[5] for each in loop.all("PID") if each[5]), ""),
        standard_id=standard,
        gtin=valid_gtin(gtin) if gtin else None,
        supplier_sku=next((ids[each] for each in SUPPLIERS if each in ids), None),
        buyer_sku=next((ids[each] for each in BUYERS if each in ids), None),
        manufacturer_sku=next((ids[each] for each in MAKERS if each in ids), None),
    )


def gtin_notes(loops: Sequence[Loop], first: int) -> tuple[Finding, ...]:
    """Notes on codes that are said to be GTINs and have a wrong check digit."""
    return tuple(
        Finding("GTIN", loop.place(), f"{code!r} is no GTIN: its check digit is wrong", is_difference=False)
        for loop in loops
        for qualifier, code in loop.head.pairs(first)
        if qualifier in GTINS and valid_gtin(code) is None
    )


def order_number(loop: Loop, first: int) -> str | None:
    """The order that a line names by the qualifier PO."""
    return next((value for qualifier, value in loop.head.pairs(first) if qualifier == "PO"), None)


def quantity(loop: Loop, position: int) -> Quantity | None:
    """A quantity and, after it, its unit of element 355."""
    value = number(loop, loop.head, position)
    code = loop.head[position + 1]
    return None if value is None else Quantity(value, code, house_unit(code, "x12"))


def price(loop: Loop, position: int) -> Price | None:
    """A unit price and, after it, the code that says for how many it is."""
    amount = _read(loop, loop.head, position, lambda text: decimal(text, PRICE_PLACES))
    return None if amount is None else Price(amount, Decimal(BASES.get(loop.head[position + 1], 1)))


def adjustments(loop: Loop) -> tuple[Adjustment, ...]:
    """Allowances (SAC01 A) and charges (C); N says no sum and counts for nothing."""
    found = []
    for segment in loop.all("SAC"):
        amount = number(loop, segment, 5, cents=True)
        if segment[1] not in {"A", "C"} or amount is None:
            continue
        found.append(Adjustment(segment[1] == "C", amount, segment[2], segment[15], _category(segment[2])))
    return tuple(found)


def _category(code: str) -> str:
    return "TAX" if code in TAX_CODES else ""


def lines_stated(parts: Parts) -> tuple[Finding, ...]:
    """CTT01 counts the lines."""
    found = parts.summary.find("CTT")
    if found is None or found[1].lstrip("0") == str(len(parts.lines)):
        return ()
    message = f"CTT01 says {found[1]!r} lines, there are {len(parts.lines)}"
    return (Finding("CTT01", parts.summary.place(found, 1), message),)
