"""What the demo's suppliers send: price lists of three of them and invoices of two, from their own offers and orders.

One line of a list has a letter in its price: it waits in quarantine until somebody repairs it. One invoice comes weeks
after its goods and asks more than was agreed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from infra.demo import writing
from infra.demo.plan import ZONE, Order, Plan
from infra.demo.restaurant import LOCATIONS, Offer, Restaurant, monday_of
from infra.demo.writing import Bill, BillLine, Priced

LISTS, BILLS = "supplier_catalogs", "invoices"
RIVERSIDE = ("RIV",)
RECENT = timedelta(weeks=8)
LATE = timedelta(weeks=5)
DEARER = Decimal("1.08")
MISPRINTED = "H-1012"
"""The article whose newest price on Hudson's list has the letter O for its last zero."""

OrderNumber = Callable[[Order], str]
"""The number that the house gave an order."""
Writer = Callable[[], str | bytes]


def drop(folder: Path, restaurant: Restaurant, plan: Plan, today: date, number_of: OrderNumber) -> list[Path]:
    """Write every file below the home's `drop`, where the pipeline looks for it; one that is there is left alone."""
    writers = {**_lists(restaurant, plan, today), **_invoices(restaurant, plan, number_of)}
    return [_write(folder / name, write) for name, write in writers.items()]


def _lists(restaurant: Restaurant, plan: Plan, today: date) -> dict[str, Writer]:
    hudson, bianchi, alder = (prices(restaurant, plan, code, today) for code in ("HUDSON", "BIANCHI", "ALDER"))
    return {
        f"{LISTS}/HUDSON/hudson-prices.csv": lambda: misprinted(writing.plain_list(hudson)),
        f"{LISTS}/BIANCHI/listino.csv.mapping.yaml": lambda: writing.ITALIAN_MAPPING,
        f"{LISTS}/BIANCHI/listino.csv": lambda: writing.italian_list(bianchi),
        f"{LISTS}/ALDER/alder-valley-prices.xlsx": lambda: writing.workbook(alder),
    }


def _invoices(restaurant: Restaurant, plan: Plan, number_of: OrderNumber) -> dict[str, Writer]:
    hudson, late = recent(plan, "HUDSON", tuple(LOCATIONS)), late_order(plan, "BIANCHI")
    bianchi = recent(plan, "BIANCHI")[-1:]

    def bill(order: Order) -> Bill:
        return _bill(restaurant, order, number_of)

    found: dict[str, Writer] = {}
    if hudson:
        found[f"{BILLS}/HUDSON/hudson-invoices.edi"] = lambda: writing.x12([bill(order) for order in hudson])
    if bianchi:
        found[f"{BILLS}/BIANCHI/fattura.xml"] = lambda: writing.ubl(bill(bianchi[0]))
    if late is not None:
        found[f"{BILLS}/BIANCHI/fattura-tardiva.xml"] = lambda: writing.ubl(_late_bill(bill(late), plan.last_day))
    return found


def prices(restaurant: Restaurant, plan: Plan, supplier: str, today: date) -> list[Priced]:
    """Every price that an article of the supplier had since the year began, until today, by article and day."""
    start = plan.first_day - timedelta(days=30)
    return [
        Priced(offer.supplier_sku, _described(restaurant, offer), price, since, *_content(restaurant, offer))
        for offer in restaurant.offers
        if offer.supplier == supplier
        for since, price in ((start, offer.price), *((monday_of(plan.first_day, w), p) for w, p in offer.changes))
        if since <= today
    ]


def misprinted(text: str) -> str:
    """The list with a letter in the newest price of one article."""
    lines = text.splitlines(keepends=True)
    place = max(number for number, line in enumerate(lines) if line.startswith(f"{MISPRINTED},"))
    lines[place] = lines[place].replace("0,USD", "O,USD", 1)
    return "".join(lines)


def recent(plan: Plan, supplier: str, locations: tuple[str, ...] = RIVERSIDE) -> list[Order]:
    """Orders whose last packs came within eight weeks of the last day, in order of time."""
    return [order for order in _received(plan, supplier, locations) if came_on(order) > plan.last_day - RECENT]


def late_order(plan: Plan, supplier: str) -> Order | None:
    """The newest of those whose goods came five weeks before the last day or earlier."""
    orders = [order for order in _received(plan, supplier) if came_on(order) <= plan.last_day - LATE]
    return orders[-1] if orders else None


def came_on(order: Order) -> date:
    """The day of an order's last delivery."""
    return order.deliveries[-1].at.astimezone(ZONE).date()


def _received(plan: Plan, supplier: str, locations: tuple[str, ...] = RIVERSIDE) -> Iterator[Order]:
    mine = (each for each in plan.orders if each.location in locations and each.supplier == supplier)
    return (order for order in mine if order.deliveries and order.expected_on >= plan.first_day)


def _bill(restaurant: Restaurant, order: Order, number_of: OrderNumber) -> Bill:
    """What came, at the price of the delivery note where it has one, else of the order."""
    lines = [
        BillLine(line.offer.supplier_sku, _described(restaurant, line.offer), packs, note.prices.get(sku, line.price))
        for note in order.deliveries
        for line in order.lines
        if (packs := note.packs.get(sku := line.offer.sku, 0))
    ]
    name = restaurant.suppliers[order.supplier]["name"]
    number = f"{order.supplier[:3]}-{order.location}-{order.expected_on:%y%m%d}"
    buyer = f"Stockpot {LOCATIONS[order.location]}"
    return Bill(order.supplier, name, buyer, number, number_of(order), order.ordered_at.date(), came_on(order), lines)


def _late_bill(bill: Bill, issued_on: date) -> Bill:
    """The same weeks later, its largest line dearer than agreed."""
    dearest = max(bill.lines, key=lambda line: line.amount)
    raised = dearest.with_price((dearest.price * DEARER).quantize(Decimal("0.01")))
    return bill.issued(issued_on, [raised if line is dearest else line for line in bill.lines])


def _described(restaurant: Restaurant, offer: Offer) -> str:
    return f"{restaurant.ingredients[offer.sku].name}, {offer.pack_name}"


def _content(restaurant: Restaurant, offer: Offer) -> tuple[Decimal, str]:
    """What a pack holds, in kilograms, litres or pieces."""
    ingredient = restaurant.ingredients[offer.sku]
    held = Decimal(offer.pack_quantity) * int(ingredient.factor(offer.pack_unit))
    large = {"g": "kg", "ml": "l"}.get(ingredient.stock_unit)
    return (held / 1000, large) if large else (held, ingredient.stock_unit)


def _write(path: Path, write: Callable[[], str | bytes]) -> Path:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        content = write()
        partial = path.with_name(f".{path.name}.partial")
        partial.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        partial.replace(path)
    return path
