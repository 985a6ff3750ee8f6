"""What happened in the demo year: orders sized to the coming usage, deliveries with their faults, counts, waste. Pure.

Everything follows from the sales and from random numbers with fixed seeds, so that a second load plans the same.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from infra.demo import sales
from infra.demo.restaurant import TIME_ZONE, Offer, Restaurant

ZONE = ZoneInfo(TIME_ZONE)
Day = Mapping[str, float]
COUNTED = (
    "MOZZARELLA", "PEPPERONI", "CHICKEN", "FLOUR-00", "TOMATO-TIN", "PARMESAN", "PROSCIUTTO", "CAPOCOLLO", "FETA",
    "OLIVE-OIL",
)  # fmt: skip
SPOILS = {
    "SPINACH": "spoiled", "ARUGULA": "spoiled", "BASIL": "spoiled", "MUSHROOM": "spoiled", "TOMATO-FRESH": "spoiled",
    "CILANTRO": "spoiled", "PEPPER-RED": "spoiled", "CREAM": "expired", "RICOTTA": "expired", "CHICKEN": "burnt",
    "MOZZARELLA": "dropped", "PEPPERONI": "dropped", "FLOUR-00": "spilled", "OLIVE-OIL": "spilled",
}  # fmt: skip
# The two small houses: what they use of Riverside's usage, without a till, taken out by issue scans twice a week.
BRANCHES = {"HAR": 0.35, "HIL": 0.2}
BRANCH_WEEKS = 8
BRANCH_ITEMS = (
    "FLOUR-00", "TOMATO-TIN", "OLIVE-OIL", "MOZZARELLA", "PARMESAN", "FETA", "PEPPERONI", "HAM", "CHICKEN", "MUSHROOM",
    "ONION-RED", "PEPPER-RED", "SPINACH", "PINEAPPLE", "SALT", "GARLIC-PUREE",
)  # fmt: skip
BRANCH_SUPPLIERS = ("HUDSON", "ALDER", "BIANCHI", "GREENMARKET")


@dataclass(frozen=True)
class Rhythm:
    """When a supplier comes, and for how many days more than until its next visit to order."""

    weekdays: frozenset[int]
    every_weeks: int
    safety_days: float


@dataclass(frozen=True)
class OrderLine:
    """Packs of an offer at the price of the order."""

    offer: Offer
    packs: int
    price: Decimal


@dataclass(frozen=True)
class Delivery:
    """Packs that came, by SKU, and prices on the delivery note that differ from the order's."""

    at: datetime
    packs: Mapping[str, int]
    prices: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass
class Order:
    """An order to one supplier; without deliveries it is still on its way."""

    location: str
    supplier: str
    ordered_at: datetime
    expected_on: date
    lines: list[OrderLine]
    deliveries: list[Delivery] = field(default_factory=list)
    closed_at: datetime | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells it from every other."""
        return self.location, self.supplier, self.expected_on.isoformat()


@dataclass(frozen=True)
class Receive:
    """The n-th delivery of an order."""

    at: datetime
    order: Order
    number: int


@dataclass(frozen=True)
class Deplete:
    """A day's sales, by the till's code."""

    at: datetime
    day: date
    sold: Mapping[str, int]


@dataclass(frozen=True)
class Scans:
    """Scans of one visit: (action, SKU, quantity in stock units, reason)."""

    at: datetime
    location: str
    lines: Sequence[tuple[str, str, int, str | None]]


Act = Receive | Deplete | Scans


@dataclass
class Plan:
    """Everything that happened, acts in order of time."""

    first_day: date
    last_day: date
    orders: list[Order]
    acts: list[Act]
    daily_usage: dict[str, float]
    """Riverside's mean use per day over the last four weeks, in stock units."""


def local(day: date, hour: int, minute: int = 0) -> datetime:
    """A moment on the restaurants' clock."""
    return datetime.combine(day, time(hour, minute), ZONE).astimezone(UTC)


def make_plan(restaurant: Restaurant, today: date, days: int | None = None) -> Plan:
    """The year that ends with the sales, or its last `days` days; nothing happens later than yesterday."""
    sold = sales.by_day(today, days)
    first, last = min(sold), max(sold)
    usage = {day: _usage_of(restaurant, counter, (day - first).days // 7) for day, counter in sold.items()}
    yesterday = today - timedelta(days=1)
    house = House(restaurant, "RIV", first, yesterday, usage, frozenset(restaurant.suppliers))
    house.run()
    orders, acts = list(house.orders), list(house.acts)
    acts += [
        Deplete(local(day, 23, 30), day, {f"{name}_{size}": count for (name, size), count in sorted(counter.items())})
        for day, counter in sold.items()
    ]
    for code, share in BRANCHES.items():
        branch = House(
            restaurant,
            code,
            max(first, last - timedelta(weeks=BRANCH_WEEKS)),
            yesterday,
            {day: {sku: use.get(sku, 0.0) * share for sku in BRANCH_ITEMS} for day, use in usage.items()},
            frozenset(BRANCH_SUPPLIERS),
        )
        branch.run()
        orders += branch.orders
        acts += branch.acts
    recent = [usage[day] for day in sorted(usage)[-28:]]
    daily = {sku: sum(day.get(sku, 0.0) for day in recent) / len(recent) for sku in restaurant.preferred}
    orders.sort(key=lambda order: (order.ordered_at, order.key))
    acts.sort(key=lambda act: act.at)
    return Plan(first, last, orders, acts, daily)


def _usage_of(restaurant: Restaurant, sold: Counter[tuple[str, str]], week: int) -> dict[str, float]:
    total: defaultdict[str, float] = defaultdict(float)
    for (name, size), count in sold.items():
        for sku, quantity in restaurant.usage(name, size, week).items():
            total[sku] += quantity * count
    return dict(total)


class House:
    """One location's days, played forward: stock, orders, deliveries, counts and waste."""

    def __init__(
        self,
        restaurant: Restaurant,
        code: str,
        first: date,
        until: date,
        usage: Mapping[date, Day],
        suppliers: frozenset[str],
    ) -> None:
        self._restaurant, self._code, self._first, self._until = restaurant, code, first, until
        self._usage, self._suppliers = usage, suppliers
        self._last = max(usage)
        self._start = min(usage)
        self._terms = {supplier: self._agreed(supplier) for supplier in suppliers}
        self._random = random.Random(f"stockpot {code}")  # noqa: S311  # plausible faults, no secret
        self._stock: defaultdict[str, float] = defaultdict(float)
        self._coming: defaultdict[str, float] = defaultdict(float)
        self._due: defaultdict[date, list[tuple[Order, int]]] = defaultdict(list)
        self._taken: defaultdict[str, float] = defaultdict(float)
        self.orders: list[Order] = []
        self.acts: list[Act] = []

    @property
    def _is_branch(self) -> bool:
        return self._code in BRANCHES

    def run(self) -> None:
        """Play every day from the opening deliveries on."""
        opening = self._first - timedelta(days=1)
        for supplier in sorted(self._suppliers):
            self._order(supplier, opening)
        self._receive(opening)
        for offset in range((self._until - self._first).days + 1):
            day = self._first + timedelta(days=offset)
            if day.isoweekday() == 1 and not self._is_branch:
                self._count(day)
            for supplier in sorted(self._suppliers):
                if self._delivers(supplier, day):
                    self._order(supplier, day)
            self._receive(day)
            for sku, quantity in self._usage.get(day, {}).items():
                self._stock[sku] -= quantity
                self._taken[sku] += quantity
            if self._is_branch:
                self._issue(day)
            elif self._usage.get(day):
                self._waste(day)

    # ------------------------------------------------------------------ ordering

    def _agreed(self, supplier: str) -> Rhythm:
        """A supplier's rhythm; it visits the branches once a week at most."""
        orders = self._restaurant.suppliers[supplier]["orders"]
        weekdays = orders["weekdays"][:1] if self._is_branch else orders["weekdays"]
        return Rhythm(frozenset(weekdays), orders["every_weeks"], orders["safety_days"])

    def _delivers(self, supplier: str, day: date) -> bool:
        terms = self._terms[supplier]
        return day.isoweekday() in terms.weekdays and (day - self._first).days // 7 % terms.every_weeks == 0

    def _next_delivery(self, supplier: str, day: date) -> date:
        return next(
            following
            for following in (day + timedelta(days=offset) for offset in range(1, 60))
            if self._delivers(supplier, following)
        )

    def _expected(self, sku: str, day: date) -> float:
        """The day's usage; after the last day of sales, that of the same weekday before."""
        while day > self._last:
            day -= timedelta(days=7)
        return self._usage.get(day, {}).get(sku, 0.0)

    def _order(self, supplier: str, delivery_day: date) -> None:
        """Order what brings stock over the delivery after this one, placed within the supplier's lead time."""
        lead = int(self._restaurant.suppliers[supplier]["lead_time_days"])
        ordered_at = local(delivery_day - timedelta(days=lead), 11, self._random.randrange(60))
        week = max(0, (delivery_day - self._start).days // 7)
        lines = [
            OrderLine(offer, packs, offer.price_in(week))
            for offer in self._restaurant.preferred.values()
            if offer.supplier == supplier and (packs := self._packs(offer, delivery_day)) > 0
        ]
        if not lines:
            return
        order = Order(self._code, supplier, ordered_at, delivery_day, lines)
        self._plan_deliveries(order)
        self.orders.append(order)

    def _packs(self, offer: Offer, day: date) -> int:
        safety = self._terms[offer.supplier].safety_days
        days = (self._next_delivery(offer.supplier, day) - day).days
        expected = sum(self._expected(offer.sku, day + timedelta(days=offset)) for offset in range(days))
        spare = safety * sum(self._expected(offer.sku, day + timedelta(days=days + offset)) for offset in range(4)) / 4
        need = (expected + spare) * self._random.uniform(0.98, 1.06)
        need -= self._stock[offer.sku] + self._coming[offer.sku]
        return max(0, -int(-need // self._pack(offer)))

    def _pack(self, offer: Offer) -> float:
        factor = self._restaurant.ingredients[offer.sku].factor(offer.pack_unit)
        return float(Decimal(offer.pack_quantity) * int(factor))

    # ------------------------------------------------------------------ deliveries

    def _plan_deliveries(self, order: Order) -> None:
        """On time and complete, late, short with the rest later, or short and closed."""
        odds = self._restaurant.suppliers[order.supplier]["odds"]
        is_opening = order.expected_on < self._first
        late = 0 if is_opening or self._random.random() >= odds["late"] else self._random.choice((1, 1, 2))
        day = order.expected_on + timedelta(days=late)
        packs = {line.offer.sku: line.packs for line in order.lines}
        missing = {} if is_opening or self._random.random() >= odds["short"] else self._shorten(packs)
        prices = {
            line.offer.sku: (line.price * Decimal(str(round(self._random.uniform(1.02, 1.05), 3)))).quantize(
                Decimal("0.01")
            )
            for line in order.lines
            if not is_opening and self._random.random() < odds["dearer"]
        }
        first = {sku: count - missing.get(sku, 0) for sku, count in packs.items() if count > missing.get(sku, 0)}
        at = local(day, 9, self._random.randrange(90) % 60)
        self._schedule(order, Delivery(at, first, {sku: price for sku, price in prices.items() if sku in first}))
        if missing and self._random.random() < 0.6:
            self._schedule(order, Delivery(at + timedelta(days=2), missing))
        elif missing and day + timedelta(days=2) <= self._until:
            order.closed_at = at + timedelta(days=2, hours=6)

    def _shorten(self, packs: Mapping[str, int]) -> dict[str, int]:
        sku = self._random.choice(sorted(packs))
        return {sku: max(1, packs[sku] // 4)} if len(packs) > 1 else {}

    def _schedule(self, order: Order, delivery: Delivery) -> None:
        day = delivery.at.astimezone(ZONE).date()
        if day > self._until:  # it has not come yet
            return
        order.deliveries.append(delivery)
        self._due[day].append((order, len(order.deliveries) - 1))
        for line in order.lines:
            self._coming[line.offer.sku] += delivery.packs.get(line.offer.sku, 0) * self._pack(line.offer)

    def _receive(self, day: date) -> None:
        for order, number in self._due.pop(day, []):
            delivery = order.deliveries[number]
            self.acts.append(Receive(delivery.at, order, number))
            for line in order.lines:
                came = delivery.packs.get(line.offer.sku, 0) * self._pack(line.offer)
                self._stock[line.offer.sku] += came
                self._coming[line.offer.sku] -= came

    # ------------------------------------------------------------------ scans

    def _count(self, day: date) -> None:
        """Key items before opening: what is missing is a small part of what was used since the last count."""
        lines: list[tuple[str, str, int, str | None]] = []
        for sku in COUNTED:
            gone = max(0.0, self._random.gauss(0.006, 0.006)) * self._taken[sku]
            counted = round(max(0.0, self._stock[sku] - gone), -1)
            if self._taken[sku] and self._stock[sku] > 0:
                lines.append(("count", sku, int(counted), None))
                self._stock[sku] = counted
        self._taken.clear()
        if lines:
            self.acts.append(Scans(local(day, 8), self._code, lines))

    def _waste(self, day: date) -> None:
        lines: list[tuple[str, str, int, str | None]] = []
        for sku, reason in SPOILS.items():
            if self._random.random() < 0.07:
                quantity = round(self._usage[day].get(sku, 0.0) * self._random.uniform(0.05, 0.3), -1)
                if 0 < quantity < self._stock[sku]:
                    lines.append(("waste", sku, int(quantity), reason))
                    self._stock[sku] -= quantity
        if lines:
            self.acts.append(Scans(local(day, 22, 40), self._code, lines))

    def _issue(self, day: date) -> None:
        """Twice a week what was used is scanned out of the store."""
        if day.isoweekday() not in {3, 6}:
            return
        lines: list[tuple[str, str, int, str | None]] = [
            ("issue", sku, int(used), "kitchen") for sku, used in sorted(self._taken.items()) if used >= 1
        ]
        for sku in list(self._taken):
            self._taken[sku] -= int(self._taken[sku])
        if lines:
            self.acts.append(Scans(local(day, 21), self._code, lines))


def weeks_of(plan: Plan) -> Iterator[tuple[int, list[Act]]]:
    """The acts of each week, counted from the first day of sales."""
    weeks: defaultdict[int, list[Act]] = defaultdict(list)
    for act in plan.acts:
        weeks[max(0, (act.at.astimezone(ZONE).date() - plan.first_day).days // 7)].append(act)
    yield from sorted(weeks.items())
