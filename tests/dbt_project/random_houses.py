"""Random restaurants in raw rows, and what the arithmetic says of them in plain fractions.

Nothing here follows a cook's logic: recipes and prices change at will, movements carry any value and become known up to
eight days late, invoices come late as value-only rows, counts fall into opening hours, and restaurants come in pairs that
send each other what they keep. The parts of actual versus theoretical must sum all the same.
"""

from __future__ import annotations

import itertools
import random
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from tests.dbt_project.house import key

DAYS = 24
FIRST_DAY = date(2026, 3, 1)  # the clocks of both continents change within the stretch
ZONES = ("America/New_York", "Europe/Berlin", "Asia/Tokyo", "UTC")
USE = ("sale", "consumption", "waste", "count_correction", "adjustment")
VARIANCE = "price_variance"  # the cost of what is gone already: no part of the stock's value
BOOKING_ERROR = "booking_error"


@dataclass
class Leg:
    """One movement from one item's side."""

    movement_id: UUID
    at: datetime
    kind: str
    quantity: Decimal
    value: Decimal
    reason: str | None = None
    reverses: UUID | None = None


@dataclass
class Restaurant:
    """A random restaurant: its clock, its legs by product, its sales, and its recipes by item in the order of their days."""

    code: str
    zone: ZoneInfo
    cutoff: time
    currency: str
    legs: dict[str, list[Leg]] = field(default_factory=lambda: defaultdict(list))
    found_right: dict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    sales: list[tuple[datetime, str, Decimal]] = field(default_factory=list)
    recipes: dict[str, list[tuple[date, dict[str, Fraction]]]] = field(default_factory=lambda: defaultdict(list))

    def day_of(self, at: datetime) -> date:
        local = at.astimezone(self.zone)
        return local.date() - timedelta(days=1) if local.time() < self.cutoff else local.date()

    def day_end(self, day: date) -> datetime:
        return datetime.combine(day + timedelta(days=1), self.cutoff, self.zone).astimezone(UTC)

    def plate(self, item: str, day: date) -> dict[str, Fraction]:
        """What a portion takes on a day."""
        return next((lines for since, lines in reversed(self.recipes[item]) if since <= day), {})


def make(seed: int, number: int) -> tuple[list[Restaurant], dict[str, list[dict[str, Any]]]]:
    """Two restaurants of one house and their raw rows; the same seed and number give the same ones."""
    dice = random.Random(f"{seed} {number}")
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    currency, products = dice.choice(["EUR", "JPY", "USD"]), [f"H{number:03}-P{n}" for n in range(dice.randint(2, 5))]
    for sku in products:
        rows["products"].append({"id": key("random", sku), "sku": sku, "name": sku, "category": "", "stock_unit": "g", "tracks_lots": False, "is_active": True})  # fmt: skip
    places = [_restaurant(f"H{number:03}-{side}", currency, products, rows, dice) for side in "AB"]
    _transfers(places, rows, dice, products)
    return places, rows


def _restaurant(code: str, currency: str, products: list[str], rows: Any, dice: random.Random) -> Restaurant:
    cutoff = dice.choice([time(0), time(4), time(5, 30)])
    place = Restaurant(code, ZoneInfo(dice.choice(ZONES)), cutoff, currency)
    rows["locations"].append({"id": key("random", code), "code": code, "name": code, "time_zone": str(place.zone), "currency": currency, "day_cutoff": cutoff, "allows_negative": True})  # fmt: skip
    items = [f"{code}-M{n}" for n in range(dice.randint(1, 4))]
    for sku in products:
        rows["inventory_items"].append({"id": item_id(place, sku), "product_id": key("random", sku), "location_id": key("random", code), "area_id": None, "on_hand": Decimal(0), "avg_cost": Decimal(0), "currency": currency})  # fmt: skip
    for item in items:
        rows["menu_items"].append({"id": key("random", item), "code": item, "name": item, "category": "", "price": Decimal(10), "is_active": True})  # fmt: skip
        _recipes(place, rows, dice, item, products)
    _sales(place, rows, dice, items)
    for sku in products:
        _movements(place, rows, dice, sku)
        _counted_right(place, rows, dice, sku)
    return place


def item_id(place: Restaurant, sku: str) -> UUID:
    """The product on this restaurant's shelf."""
    return key("random item", place.code, sku)


def _transfers(places: list[Restaurant], rows: Any, dice: random.Random, products: list[str]) -> None:
    """One row of the ledger takes from one restaurant's item and gives to the other's: quantity and value alike."""
    for number in range(dice.randint(1, 8)):
        (giver, taker), sku, at = dice.sample(places, 2), dice.choice(products), _moment(dice)
        leg = Leg(key("random transfer", giver.code, sku, number), at, "transfer", Decimal(dice.randint(1, 10**6)) / 1000, Decimal(dice.randint(0, 10**7)) / 10**6)  # fmt: skip
        rows["stock_movements"].append(_row(giver, sku, leg, item_id(giver, sku), item_id(taker, sku), dice))
        giver.legs[sku].append(replace(leg, quantity=-leg.quantity, value=-leg.value))
        taker.legs[sku].append(leg)


def _recipes(place: Restaurant, rows: Any, dice: random.Random, item: str, products: list[str]) -> None:
    """One to three versions, each with any of the products."""
    days = sorted({FIRST_DAY - timedelta(days=30), *(_day(dice) for _ in range(dice.randint(0, 2)))})
    for since in days:
        recipe, portions = key("random recipe", item, since), dice.choice([1, 1, 2, 3])
        rows["recipes"].append({"id": recipe, "menu_item_id": key("random", item), "product_id": None, "yield_quantity": Decimal(portions), "yield_unit": "each", "effective_from": since, "effective_to": None})  # fmt: skip
        lines: dict[str, Fraction] = {}
        for sku in dice.sample(products, dice.randint(1, len(products))):
            quantity, remains = Decimal(dice.randint(1, 5000)) / 10, Decimal(dice.choice(["1", "0.8", "0.5"]))
            rows["recipe_lines"].append({"id": key("random line", item, since, sku), "recipe_id": recipe, "product_id": key("random", sku), "quantity": quantity, "unit": "g", "yield_fraction": remains})  # fmt: skip
            lines[sku] = Fraction(quantity) / Fraction(remains) / portions
        place.recipes[item].append((since, lines))


def _sales(place: Restaurant, rows: Any, dice: random.Random, items: list[str]) -> None:
    for number in range(dice.randint(30, 150)):
        at, item, count = _moment(dice), dice.choice(items), Decimal(dice.randint(1, 4))
        rows["order_lines"].append({"row_id": f"{place.code} {number}", "location_id": key("random", place.code), "location_code": place.code, "order_number": str(number), "ordered_at": at, "business_day": place.day_of(at), "item_code": item, "item_name": item, "category": "", "quantity": count, "unit_price": Decimal(10), "line_total": 10 * count})  # fmt: skip
        place.sales.append((at, item, count))


def _movements(place: Restaurant, rows: Any, dice: random.Random, sku: str) -> None:
    kinds = ("receipt", "receipt", "sale", "sale", "consumption", "waste", "count_correction", "adjustment", "transfer", "production", "return_to_supplier", "invoice")  # fmt: skip
    for number in range(dice.randint(1, 60)):
        kind, at = dice.choice(kinds), _moment(dice)
        quantity = Decimal(dice.randint(1, 10**7)) / 1000
        value = Decimal(dice.randint(0, 10**8)) / 10**6
        incoming = kind in {"receipt", "production"} or (kind in {"count_correction", "adjustment", "transfer"} and dice.random() < 0.5)  # fmt: skip
        reason = dice.choice([BOOKING_ERROR, "tasting", None]) if kind in {"count_correction", "adjustment"} else None
        if kind == "invoice":  # a late invoice moves value without goods
            kind = dice.choice(["receipt", "cost_correction", "price_variance"])
            quantity, value, incoming = Decimal(0), value + 1, dice.random() < 0.5
        sign = 1 if incoming else -1
        leg = Leg(key("random movement", place.code, sku, number), at, kind, sign * quantity, sign * value, reason)
        _write(place, rows, sku, leg, dice)
        if quantity and dice.random() < 0.1:  # undone at the moment of what it undoes
            _write(place, rows, sku, Leg(key("random undo", place.code, sku, number), at, kind, -leg.quantity, -leg.value, reason, leg.movement_id), dice)  # fmt: skip


def _counted_right(place: Restaurant, rows: Any, dice: random.Random, sku: str) -> None:
    """What sheets found to be right: no movement, but the end of a period all the same."""
    for number in range(dice.randint(0, 2)):
        at = _moment(dice)
        rows["count_items"].append({"id": key("random count", place.code, sku, number), "count_id": key("random sheet", place.code), "item_id": item_id(place, sku), "measured_at": at, "counted": Decimal(1), "variance": Decimal(0), "movement_id": None})  # fmt: skip
        place.found_right[sku].append(at)


def _write(place: Restaurant, rows: Any, sku: str, leg: Leg, dice: random.Random) -> None:
    item, comes_in = item_id(place, sku), leg.quantity > 0 or (leg.quantity == 0 and leg.value > 0)
    rows["stock_movements"].append(_row(place, sku, leg, None if comes_in else item, item if comes_in else None, dice))
    place.legs[sku].append(leg)


def _row(place: Restaurant, sku: str, leg: Leg, giver: UUID | None, taker: UUID | None, dice: random.Random) -> Any:
    known = leg.at + timedelta(hours=dice.choice([0, 1, 1, 30, 200]))
    return {"id": leg.movement_id, "kind": leg.kind, "from_item_id": giver, "to_item_id": taker, "product_id": key("random", sku), "quantity": abs(leg.quantity), "value": abs(leg.value), "currency": place.currency, "occurred_at": leg.at, "recorded_at": known, "source": "scan", "reason_code": leg.reason, "reference": None, "reverses_id": leg.reverses}  # fmt: skip


def _day(dice: random.Random) -> date:
    return FIRST_DAY + timedelta(days=dice.randrange(DAYS))


def _moment(dice: random.Random) -> datetime:
    return datetime.combine(FIRST_DAY, time(0), UTC) + timedelta(seconds=dice.randrange(DAYS * 86400))


# ------------------------------------------------------------------ the same in fractions


@dataclass(frozen=True)
class Period:
    """What FORMULAS say of a product between two counts; values in the location's currency."""

    ended_at: datetime
    quantities: dict[str, Fraction]
    parts: dict[str, Fraction]
    actual_value: Fraction
    baseline_value: Fraction


def boundaries(place: Restaurant, sku: str) -> list[datetime]:
    """The end of the day before the first movement or count, then the last standing count of each day."""
    legs = place.legs[sku]
    undone = {leg.reverses for leg in legs}
    stands = [leg for leg in legs if leg.kind == "count_correction" and leg.reverses is None and leg.movement_id not in undone]  # fmt: skip
    counts: dict[date, datetime] = {}
    for at in (*(leg.at for leg in stands), *place.found_right[sku]):
        counts[place.day_of(at)] = max(counts.get(place.day_of(at), at), at)
    first = min(*(place.day_of(leg.at) for leg in legs), *counts, date.max) - timedelta(days=1)
    return [place.day_end(first) - timedelta(microseconds=1), *sorted(counts.values())]


def periods(place: Restaurant, sku: str) -> list[Period]:
    """Every closed period of a product, exactly."""
    moments = boundaries(place, sku)
    spans = [_span(place, sku, *pair) for pair in itertools.pairwise(moments)]
    if not spans:
        return []
    later = _span(place, sku, moments[-1], datetime.max.replace(tzinfo=UTC))
    known = [span["value"] / span["A"] for span in (*spans, later) if span["A"] > 0 and span["value"] > 0]
    price, result = (known[0] if known else Fraction(0)), []
    nothing: dict[str, Any] = {"S": Fraction(0), "T": Fraction(0), "items": {}}
    for ended_at, before, span in zip(moments[1:], [nothing, *spans], spans, strict=False):
        result.append(_compared(ended_at, span, before, price))
        if span["A"] > 0 and span["value"] > 0:
            price = span["value"] / span["A"]
    return result


def _span(place: Restaurant, sku: str, start: datetime, end: datetime) -> dict[str, Any]:
    legs = [leg for leg in place.legs[sku] if start < leg.at <= end]
    sold: dict[str, Fraction] = defaultdict(Fraction)
    theory: dict[str, Fraction] = defaultdict(Fraction)
    for at, item, count in place.sales:
        if start < at <= end:
            sold[item] += Fraction(count)
            theory[item] += Fraction(count) * place.plate(item, place.day_of(at)).get(sku, Fraction(0))
    errors = [leg for leg in legs if leg.kind in {"count_correction", "adjustment"} and leg.reason == BOOKING_ERROR]
    other = [leg for leg in legs if leg.kind == "consumption" or (leg.kind == "adjustment" and leg not in errors)]
    return {
        "S": sum(sold.values(), Fraction(0)),
        "T": sum(theory.values(), Fraction(0)),
        "items": {item: (sold[item], theory[item]) for item in sold},
        "A": -_total(leg.quantity for leg in legs if leg.kind in USE),
        "value": _total(
            leg.value if leg.kind == VARIANCE else -leg.value for leg in legs if leg.kind in (*USE, VARIANCE)
        ),
        "W": -_total(leg.quantity for leg in legs if leg.kind == "waste"),
        "O": -_total(leg.quantity for leg in other),
        "C": -_total(leg.quantity for leg in errors),
    }


def _compared(ended_at: datetime, span: dict[str, Any], before: dict[str, Any], price: Fraction) -> Period:
    unexplained = span["A"] - span["T"] - span["W"] - span["O"] - span["C"]
    recipe = mix = Fraction(0)
    for item in {*span["items"], *before["items"]}:
        sold, theory = span["items"].get(item, (Fraction(0), Fraction(0)))
        sold_before, theory_before = before["items"].get(item, (Fraction(0), Fraction(0)))
        now = theory / sold if sold else Fraction(0)
        then = theory_before / sold_before if sold_before else now
        recipe += sold * (now - then)
        mix += (sold - (sold_before * span["S"] / before["S"] if before["S"] else sold)) * then
    volume = (span["S"] / before["S"] - 1) * before["T"] if before["S"] else span["T"] - recipe
    return Period(
        ended_at,
        {
            "actual": span["A"],
            "theoretical": span["T"],
            "waste": span["W"],
            "other_use": span["O"],
            "correction": span["C"],
            "unexplained": unexplained,
        },
        {
            "volume": volume * price,
            "mix": mix * price,
            "recipe_change": recipe * price,
            "waste": span["W"] * price,
            "other_use": span["O"] * price,
            "count_correction": span["C"] * price,
            "unexplained": unexplained * price,
            "price": span["value"] - span["A"] * price,
        },
        span["value"],
        before["T"] * price,
    )


def _total(numbers: Any) -> Fraction:
    return sum(map(Fraction, numbers), Fraction(0))
