"""From a scan and what its code stands for to a movement, or to the reason why there is none."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from api.catalog.codes import Gs1Fields, read_code
from api.core.access import Principal
from api.core.errors import Invalid
from api.core.types import plain
from api.domain.units import ProductUnits, UnconvertibleUnit
from api.ledger.plain_scans import PlainMovement
from api.ledger.scanned import reference_of
from api.ledger.scanning import Resolved, StockPlace, Wanted
from api.scans.schemas import PlainScan, Scan

ItemKey = tuple[str, str, str | None]
LIMIT = Decimal(10) ** 12
PLAIN_ACTIONS = frozenset({"receive", "issue", "waste"})

# action → kind of movement, whether it leaves an item here, whether it enters one
MOVES = {
    "receive": ("receipt", False, True),
    "issue": ("consumption", True, False),
    "waste": ("waste", True, False),
    "count": ("count_correction", False, True),
    "transfer": ("transfer", True, True),
}


class Unposted(Exception):
    """A scan that becomes no movement: what it is answered, and why."""

    def __init__(self, status: str, code: str, detail: str, field: str | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.field = field


@dataclass(frozen=True, slots=True)
class Capture:
    """One scan and who made it; `content` is the digest that tells a retry from another fact."""

    scan: Scan | PlainScan
    principal: Principal
    content: str

    @classmethod
    def of(cls, scan: Scan | PlainScan, principal: Principal) -> Capture:
        """Digest what was sent, not what it means today: a code linked anew meanwhile is still the same retry."""
        said = (
            scan.code,
            scan.location_id.int,
            scan.area_id and scan.area_id.int,
            scan.action,
            None if scan.quantity is None else plain(scan.quantity),
            scan.unit,
            scan.lot,
            scan.expires_on and scan.expires_on.isoformat(),
            scan.reason_code,
            scan.to_location_id and scan.to_location_id.int,
            scan.purchase_order_id and scan.purchase_order_id.int,
            scan.occurred_at and scan.occurred_at.timestamp(),
            principal.id.int,
        )
        return cls(scan, principal, "\\x" + hashlib.sha256(repr(said).encode()).hexdigest())


@dataclass(frozen=True, slots=True)
class Reading:
    """A code in the catalogue's form, or the reason why it cannot be one.

    A label of the house says how much it is (`measure`), or that this must be asked (`asks`).
    """

    key: str
    gs1: Gs1Fields | None = None
    problem: str | None = None
    measure: tuple[Decimal, str] | None = None
    asks: str | None = None


@dataclass(slots=True)
class Draft:
    """A movement to be: an end is an item's id, or the key of an item that has to be made."""

    kind: str
    quantity: Decimal
    entered_quantity: Decimal
    entered_unit: str
    origin: str | ItemKey | None
    destination: str | ItemKey | None
    lot: tuple[str, str, str | None] | None


@lru_cache(maxsize=8192)
def read(code: str, symbology: str | None) -> Reading:
    """Read a code once; the same labels are scanned all day."""
    try:
        found = read_code(code, symbology)
    except Invalid as error:
        return Reading(code, problem=error.code)
    return Reading(found.key, found.gs1)


def wanted(n: int, scan: Scan | PlainScan, key: str) -> Wanted:
    """What has to be looked up for a scan."""
    return Wanted(n, key, scan.location_id, scan.area_id, scan.to_location_id)


def check_capture(capture: Capture, reading: Reading) -> None:
    """What can be refused before anything is looked up.

    Raises:
        Unposted: the place is not the person's, the check digit is wrong, or a field is missing.
    """
    scan, principal = capture.scan, capture.principal
    for place in (scan.location_id, scan.to_location_id):
        if place is not None and not principal.may("inventory.scan", place):
            raise Unposted("rejected", "location_not_found", "There is no such location, or none that you may see.")
    check_reading(reading)
    if scan.action == "transfer" and scan.to_location_id is None:
        raise Unposted("needs_input", "needs_input", "Say where it goes.", "to_location_id")
    if scan.action == "count" and scan.quantity is None:
        raise Unposted("needs_input", "needs_input", "Say how much is there.", "quantity")
    if scan.action not in {"count", "lookup"} and scan.quantity is not None and scan.quantity == 0:
        raise Unposted("rejected", "invalid_quantity", "Must be greater than zero.", "quantity")


def check_reading(reading: Reading) -> None:
    """Whether the code was read well.

    Raises:
        Unposted: a check digit is wrong.
    """
    if reading.problem is not None:
        raise Unposted("rejected", reading.problem, "The code's check digit is wrong: read it again.", "code")
    if reading.gs1 is not None and reading.gs1.contradiction is not None:
        detail = f"The label contradicts itself: {reading.gs1.contradiction}."
        raise Unposted("rejected", "contradictory_label", detail, "code")


def check_found(capture: Capture, found: Resolved) -> None:
    """Whether the code and the places exist.

    Raises:
        Unposted: one of them does not.
    """
    if not found.has_location or not found.has_destination:
        raise Unposted("rejected", "location_not_found", "There is no such location, or none that you may see.")
    if not found.has_area:
        raise Unposted("rejected", "area_not_found", "The location has no such storage area.", "area_id")
    if found.product_id is None:
        raise Unposted("unknown_code", "unknown_code", "No product has this code yet; it is kept for linking.")
    if not found.is_active and capture.scan.action != "lookup":
        raise Unposted("rejected", "product_inactive", f"{found.name} is no longer in use.")


def draft(capture: Capture, reading: Reading, found: Resolved) -> Draft:
    """The movement that the scan stands for.

    Raises:
        Unposted: something is ambiguous or missing, or the unit does not fit the product.
    """
    scan = capture.scan
    kind, leaves, enters = MOVES[scan.action]
    entered, unit = _entered(scan, reading, found)
    quantity = _in_stock_unit(entered, unit, found, may_be_zero=scan.action == "count")
    area = None if scan.area_id is None else str(scan.area_id)
    here = choose(found, str(scan.location_id), area, found.places())
    there: str | ItemKey | None = here if enters else None
    if scan.action == "transfer":
        there = choose(found, str(scan.to_location_id), None, found.destination_places(), field="to_area_id")
        if there == here:
            raise Unposted("rejected", "same_place", "It is there already.", "to_location_id")
    lot = _lot(scan, reading, found) if scan.action == "receive" else _lot_taken(scan, reading, found)
    return Draft(kind, quantity, entered, unit, here if leaves else None, there, lot)


def stands_for(scan: Scan | PlainScan, reading: Reading, found: Resolved) -> Decimal:
    """How much the scan stands for, in the product's stock unit.

    Raises:
        Unposted: the unit does not fit the product.
    """
    entered, unit = _entered(scan, reading, found)
    return _in_stock_unit(entered, unit, found, may_be_zero=True)


def choose(
    found: Resolved, location_id: str, area_id: str | None, places: Sequence[StockPlace], field: str = "area_id"
) -> str | ItemKey:
    """The item meant: the area's; without an area the one kept for the whole location, or the only one there is.

    Raises:
        Unposted: no area is given and the product lies in several.
    """
    matching = [place for place in places if place.area_id == area_id]
    if not matching and area_id is None:
        matching = list(places)
    if len(matching) > 1:
        raise Unposted("needs_input", "needs_input", f"{found.name} lies in several areas: say which.", field)
    if matching:
        return matching[0].item_id
    assert found.product_id is not None
    return (found.product_id, location_id, area_id)


def movement_row(n: int, capture: Capture, found: Resolved, planned: Draft, ids: dict[Any, str]) -> dict[str, Any]:
    """The posting function's element; `ids` holds the items and lots that had to be made."""
    scan = capture.scan
    return {
        **record(n, capture, found.product_id),
        "kind": planned.kind,
        "from_item_id": _id(planned.origin, ids),
        "to_item_id": _id(planned.destination, ids),
        "quantity": str(planned.quantity),
        "unit": found.stock_unit,
        "entered_quantity": str(planned.entered_quantity),
        "entered_unit": planned.entered_unit,
        "lot_id": None if planned.lot is None else ids[planned.lot],
        "reference": reference_of(scan.code),
        "source": "count" if scan.action == "count" else "scan",
        "reason_code": scan.reason_code,
        "is_count": scan.action == "count",
    }


def plain_row(capture: Capture, found: Resolved, planned: Draft, ids: dict[Any, str]) -> PlainMovement | None:
    """The same for the shorter way into the ledger; None where the scan has to go the longer one."""
    scan = capture.scan
    if planned.lot is not None or scan.action not in PLAIN_ACTIONS:
        return None
    _, leaves, _ = MOVES[scan.action]
    item_id = _id(planned.origin if leaves else planned.destination, ids)
    assert item_id is not None
    assert found.product_id is not None
    return PlainMovement(
        item_id,
        scan.id,
        planned.kind,
        leaves,
        found.product_id,
        str(planned.quantity),
        found.stock_unit,
        str(planned.entered_quantity),
        planned.entered_unit,
        scan.code,
        scan.reason_code,
        scan.location_id,
        capture.principal.id,
        scan.device_id,
        scan.occurred_at or datetime.now(UTC),
        bytes.fromhex(capture.content[2:]),
    )


def record(n: int, capture: Capture, product_id: str | None) -> dict[str, Any]:
    """A scan as the table `scans` keeps it."""
    scan = capture.scan
    return {
        "n": n,
        "id": scan.id,
        "code": scan.code,
        "symbology": scan.symbology,
        "action": scan.action,
        "location_id": scan.location_id,
        "product_id": product_id,
        "quantity": None if scan.quantity is None else str(scan.quantity),
        "unit": scan.unit,
        "content": capture.content,
        "actor_id": capture.principal.id,
        "device_id": scan.device_id,
        "occurred_at": scan.occurred_at or datetime.now(UTC),
    }


def _entered(scan: Scan | PlainScan, reading: Reading, found: Resolved) -> tuple[Decimal, str]:
    """What was scanned, in the unit it was scanned in: a label's weight, a unit that was typed, or packs."""
    times = Decimal(1) if scan.quantity is None else scan.quantity
    if scan.unit is not None:
        return times, scan.unit
    if reading.asks is not None:
        raise Unposted("needs_input", "needs_input", reading.asks, "quantity")
    if reading.measure is not None:
        return times * reading.measure[0], reading.measure[1]
    if reading.gs1 is not None:
        return _labelled(scan, times, reading.gs1, found)
    return times * found.pack_quantity, found.pack_unit


def _labelled(scan: Scan | PlainScan, times: Decimal, label: Gs1Fields, found: Resolved) -> tuple[Decimal, str]:
    """What a GS1 label says: its weight, or how many packs are inside, or that it is one pack."""
    if label.weight is not None:
        return times * label.weight, label.weight_unit
    if label.hides_weight:
        detail = "The label carries a weight, but a separator is missing before it: say how much, in which unit."
        raise Unposted("needs_input", "needs_input", detail, "weight")
    if not label.is_content:
        return times * found.pack_quantity, found.pack_unit
    if label.count is None and scan.quantity is None:
        raise Unposted("needs_input", "needs_input", "The label does not say how many are inside.", "quantity")
    return times * (label.count or 1) * found.pack_quantity, found.pack_unit


def _in_stock_unit(entered: Decimal, unit: str, found: Resolved, *, may_be_zero: bool) -> Decimal:
    try:
        quantity = _to_stock(found.stock_unit, found.units, entered, unit)
    except UnconvertibleUnit as error:
        raise Unposted("rejected", "unconvertible_unit", f"{found.name}: {error}: {error.missing}.", "unit") from error
    if quantity >= LIMIT or entered >= LIMIT:
        raise Unposted("rejected", "out_of_range", "More than twelve digits.", "quantity")
    if quantity == 0 and not may_be_zero:
        raise Unposted("rejected", "invalid_quantity", "Less than a millionth of the stock unit.", "quantity")
    return quantity


def _to_stock(stock_unit: str, units: Sequence[tuple[str, int, int]] | None, quantity: Decimal, unit: str) -> Decimal:
    """The quantity in the stock unit; what is counted in it needs no conversion."""
    factors = () if unit == stock_unit else tuple(map(tuple, units or ()))
    return _units_of(stock_unit, factors).to_stock(quantity, unit)


@lru_cache(maxsize=4096)
def _units_of(stock_unit: str, factors: tuple[tuple[str, int, int], ...]) -> ProductUnits:
    return ProductUnits.of(stock_unit, factors)


def _lot(scan: Scan | PlainScan, reading: Reading, found: Resolved) -> tuple[str, str, str | None] | None:
    """The delivered lot: what was typed, else what the label says; asked for where the product needs it.

    Raises:
        Unposted: it is needed and missing, or the label lacks a separator and the lot swallowed other fields.
    """
    assert found.product_id is not None
    label = reading.gs1
    expires = scan.expires_on or (label.expires_on if label else None)
    code = scan.lot or (label.lot if label else None)
    if scan.lot is None and label is not None and (label.hides_date or label.hides_weight):
        raise Unposted("needs_input", "needs_input", f"Where does the lot number end: {code or scan.code}?", "lot")
    if not found.tracks_lots and code is None:
        return None
    if code is None:
        raise Unposted("needs_input", "needs_input", f"{found.name} is kept by lot: say which.", "lot")
    return (found.product_id, code, None if expires is None else expires.isoformat())


def _lot_taken(scan: Scan | PlainScan, reading: Reading, found: Resolved) -> tuple[str, str, str | None] | None:
    """The lot that goods are taken from, where somebody said it or a label of a product kept by lot does; without one
    the ledger takes them in kitchen order.
    """
    assert found.product_id is not None
    label = reading.gs1 if found.tracks_lots else None
    is_open = label is not None and (label.hides_date or label.hides_weight)
    code = scan.lot or (label.lot if label else None)
    if scan.action == "count" or code is None or (scan.lot is None and is_open):
        return None
    expires = scan.expires_on or (label.expires_on if label else None)
    return (found.product_id, code, None if expires is None else expires.isoformat())


def _id(end: str | ItemKey | None, ids: dict[Any, str]) -> str | None:
    return ids[end] if isinstance(end, tuple) else end
