"""What was counted, line by line: a batch is validated whole and stored whole, and lines of one item add up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from api.catalog.models import Product
from api.catalog.repository import get_products
from api.core.access import Principal
from api.core.errors import ApiError, FieldProblem, IdempotencyConflict
from api.core.preconditions import bump
from api.core.types import plain
from api.domain.movements import content_digest
from api.domain.units import ProductUnits, UnconvertibleUnit, as_stored
from api.inventory.counts import repository
from api.inventory.counts.errors import BadLines, CountNotOpen, LineNotFound, LineSuperseded, NotYourLine
from api.inventory.counts.models import Count, CountItem, CountLine
from api.inventory.counts.schemas import Entry, LineAnswer, LineChange, NewLine, NewLines, StoredLine, StoredLines
from api.inventory.counts.sheets import ENTER, find, note
from api.ledger.counting import items_by_id
from api.ledger.items import ensure_items

AHEAD = timedelta(minutes=5)
"""How far ahead a device's clock may be, as in the ledger."""
BEFORE = timedelta(days=1)
"""How long before the sheet was made something may have been counted: longer, and the device's clock is wrong."""
LIMIT = Decimal(10) ** 12


@dataclass(slots=True)
class Reading:
    """A line that is not stored yet, and what was found out about it."""

    number: int
    line: NewLine
    digest: bytes
    product: Product | None = None
    area_id: UUID | None = None
    quantity: Decimal = Decimal(0)
    problems: list[FieldProblem] = field(default_factory=list)

    def refuse(self, name: str, code: str, detail: str) -> None:
        """Note what is wrong with a field of this line."""
        self.problems.append(FieldProblem(f"lines.{self.number}.{name}", code, detail))


def units_of(product: Product) -> ProductUnits:
    """The units in which a product can be counted."""
    return ProductUnits.of(
        product.stock_unit, [(unit.unit, unit.numerator, unit.denominator) for unit in product.units]
    )


def add(session: Session, principal: Principal, count_id: UUID, body: NewLines) -> StoredLines:
    """Store a batch of lines, all or none; lines that stand already are answered as they stand.

    Raises:
        CountNotFound: no such count where the person may count.
        CountNotOpen: the count takes no new lines any more.
        BadLines: every line that cannot be stored, by field.
        IdempotencyConflict: ids were used before for other content.
    """
    count = find(session, principal, ENTER, count_id, share=True)
    readings = [Reading(number, line, _digest(count_id, principal.id, line)) for number, line in enumerate(body.lines)]
    standing = repository.lines_by_id(session, [line.id for line in body.lines])
    new, stored = _unknown(readings, standing), set[UUID]()
    if new and not _are_bad(readings):
        if count.status != "counting":
            raise CountNotOpen(f"The count is {count.status}; your lines were not added to it.", status=count.status)
        _read(session, count, new)
    _refuse(readings)
    if new:
        stored = _store(session, principal, count, new)
        standing = repository.lines_by_id(session, [line.id for line in body.lines])
        _compare(readings, standing)
        note(session, principal, "count_lines.added", count, line_ids=sorted(map(str, stored)))
    first = {id(each) for each in new if each.line.id in stored}
    return StoredLines(
        lines=[
            StoredLine(**_fields(standing[each.line.id]), status="stored" if id(each) in first else "duplicate")
            for each in readings
        ]
    )


def replace(
    session: Session, principal: Principal, count_id: UUID, line_id: UUID, body: LineChange, version: int
) -> LineAnswer:
    """Replace what one counted; the trail keeps what stood before.

    Raises:
        CountNotFound, LineNotFound: no such line where the person may count.
        NotYourLine: somebody else counted it.
        CountNotOpen, LineSuperseded: the sheet, or its round, is over.
        VersionConflict: the line was replaced since it was read.
        BadLines: a unit that does not fit, or a moment that cannot be.
    """
    count = find(session, principal, ENTER, count_id, share=True)
    line = repository.find_line(session, count_id, line_id)
    if line is None:
        raise LineNotFound
    if line.counted_by != principal.id:
        raise NotYourLine
    if count.status != "counting":
        raise CountNotOpen(f"The count is {count.status}; its lines stay as they are.", status=count.status)
    item = session.get_one(CountItem, line.count_item_id)
    if line.round != item.round:
        raise LineSuperseded
    bump(line, version)
    before = {"quantity": plain(line.quantity), "entries": line.entries, "is_withdrawn": line.is_withdrawn}
    _change(session, count, item, line, body)
    session.flush()
    note(session, principal, "count_line.replaced", count, line_id=str(line.id), before=before)
    return LineAnswer.model_validate(line)


def _change(session: Session, count: Count, item: CountItem, line: CountLine, body: LineChange) -> None:
    problems: list[FieldProblem] = []
    if body.counted_at is not None:
        line.counted_at = body.counted_at
        problems += _wrong_moment("counted_at", body.counted_at, count)
    if body.entries is not None:
        product_id = items_by_id(session, count.location_id, [item.item_id])[item.item_id].product_id
        product = get_products(session, [product_id])[product_id]
        line.quantity, wrong = _sum(product, body.entries, "entries")
        line.entries = _entries(product, body.entries)
        problems += wrong
    if problems:
        raise BadLines("The line cannot be replaced by this.", errors=tuple(problems))
    if "note" in body.model_fields_set:
        line.note = body.note
    if body.is_withdrawn is not None:
        line.is_withdrawn = body.is_withdrawn
    line.updated_at = datetime.now(UTC)


# ------------------------------------------------------------------ what stands already


def _digest(count_id: UUID, person_id: UUID, line: NewLine) -> bytes:
    return content_digest(
        count_id,
        person_id,
        line.item_id,
        line.product_id,
        line.area_id,
        *(part for entry in line.entries for part in (entry.quantity, entry.unit)),
        line.counted_at,
        line.device_id,
        line.note,
    )


def _unknown(readings: Sequence[Reading], standing: Mapping[UUID, CountLine]) -> list[Reading]:
    """The readings that no line stands for yet, the first of each id; ids with other content are refused."""
    first: dict[UUID, Reading] = {}
    for each in readings:
        known = standing.get(each.line.id)
        digest = first.setdefault(each.line.id, each).digest if known is None else known.content
        if digest != each.digest:
            each.refuse("id", IdempotencyConflict.code, "This id was used before, with other content.")
    return [each for each in first.values() if each.line.id not in standing]


def _compare(readings: Sequence[Reading], standing: Mapping[UUID, CountLine]) -> None:
    """After storing: somebody may have used an id at the same moment."""
    for each in readings:
        if standing[each.line.id].content != each.digest:
            each.refuse("id", IdempotencyConflict.code, "This id was used before, with other content.")
    _refuse(readings)


def _are_bad(readings: Sequence[Reading]) -> bool:
    return any(each.problems for each in readings)


def _refuse(readings: Sequence[Reading]) -> None:
    """Name everything that is wrong in one answer.

    Raises:
        BadLines: some lines are wrong.
        IdempotencyConflict: nothing is wrong but ids that were used before.
    """
    problems = tuple(problem for each in readings for problem in each.problems)
    if not problems:
        return
    bad = len({each.number for each in readings if each.problems})
    refusal: type[ApiError] = BadLines
    if all(problem.code == IdempotencyConflict.code for problem in problems):
        refusal = IdempotencyConflict
    raise refusal(f"{bad} of {len(readings)} lines cannot be stored; none was.", errors=problems)


# ------------------------------------------------------------------ what is new


def _read(session: Session, count: Count, readings: Sequence[Reading]) -> None:
    """Find out about each line: its product and area, its quantity in the stock unit, whether it can be."""
    wanted = [each.line.item_id for each in readings if each.line.item_id is not None]
    kept = items_by_id(session, count.location_id, wanted)
    named = {each.line.product_id for each in readings if each.line.product_id is not None}
    products = get_products(session, named | {item.product_id for item in kept.values()})
    areas = {row.area_id for row in repository.areas_of(session, count.id)}
    on_sheet = repository.items_by_ledger_id(session, count.id, wanted)
    for each in readings:
        line = each.line
        item = kept.get(line.item_id) if line.item_id is not None else None
        each.area_id = line.area_id if item is None else item.area_id
        product_id = line.product_id if item is None else item.product_id
        each.product = None if product_id is None else products.get(product_id)
        if each.product is None:
            name = "product_id" if line.item_id is None else "item_id"
            each.refuse(name, "unknown_item", "There is no such item at this location.")
            continue
        if each.area_id not in areas:
            each.refuse("area_id", "area_not_on_sheet", "This sheet does not cover that storage area.")
        each.quantity, wrong = _sum(each.product, line.entries, f"lines.{each.number}.entries")
        each.problems += wrong
        each.problems += _wrong_moment(f"lines.{each.number}.counted_at", line.counted_at, count)
        current = on_sheet[line.item_id].round if line.item_id in on_sheet else 1
        if line.item_id is not None and line.round is not None and line.round > current:
            each.refuse("round", "round_ahead", f"The latest round of this item is {current}.")


def _sum(product: Product, entries: Sequence[Entry], path: str) -> tuple[Decimal, list[FieldProblem]]:
    """What the entries come to in the stock unit, exactly, rounded once; and those that cannot be converted."""
    units, total, problems = units_of(product), Fraction(0), []
    for number, entry in enumerate(entries):
        try:
            total += Fraction(entry.quantity) * units.factor(entry.unit or product.stock_unit)
        except UnconvertibleUnit:
            detail = f"{product.name} is counted in {product.stock_unit}; there is no way there from {entry.unit!r}."
            problems.append(FieldProblem(f"{path}.{number}.unit", "unconvertible_unit", detail))
    if total >= LIMIT:
        problems.append(FieldProblem(path, "out_of_range", "More than twelve digits in the stock unit."))
        total = Fraction(0)
    return as_stored(total), problems


def _entries(product: Product, entries: Sequence[Entry]) -> list[dict[str, Any]]:
    return [{"quantity": plain(each.quantity), "unit": each.unit or product.stock_unit} for each in entries]


def _wrong_moment(path: str, counted_at: datetime, count: Count) -> list[FieldProblem]:
    if counted_at > datetime.now(UTC) + AHEAD:
        detail = "It lies in the future; set the device's clock."
    elif counted_at < count.created_at - BEFORE:
        detail = "It lies more than a day before the sheet was made; set the device's clock."
    else:
        return []
    return [FieldProblem(path, "impossible_moment", detail)]


def _store(session: Session, principal: Principal, count: Count, readings: Sequence[Reading]) -> set[UUID]:
    """Insert the lines, and the items that were found beside those on the sheet; gives the ids stored."""
    keys = {
        id(each): (each.product.id, count.location_id, each.area_id) for each in readings if each.product is not None
    }
    made = ensure_items(session, keys.values())
    item_ids = {id(each): each.line.item_id or made[keys[id(each)]] for each in readings}
    on_sheet = repository.items_by_ledger_id(session, count.id, set(item_ids.values()))
    missing = set(item_ids.values()) - on_sheet.keys()
    if missing:
        repository.add_found_items(session, count.id, missing)
        on_sheet = repository.items_by_ledger_id(session, count.id, set(item_ids.values()))
    return repository.insert_lines(
        session, [_row(principal, count, on_sheet[item_ids[id(each)]], each) for each in readings]
    )


def _row(principal: Principal, count: Count, item: CountItem, reading: Reading) -> dict[str, Any]:
    assert reading.product is not None
    line = reading.line
    return {
        "id": line.id,
        "count_id": count.id,
        "count_item_id": item.id,
        "round": min(line.round or item.round, item.round),
        "entries": _entries(reading.product, line.entries),
        "quantity": reading.quantity,
        "counted_at": line.counted_at,
        "counted_by": principal.id,
        "device_id": line.device_id,
        "note": line.note,
        "content": reading.digest,
    }


def _fields(line: CountLine) -> dict[str, Any]:
    return LineAnswer.model_validate(line).model_dump()
