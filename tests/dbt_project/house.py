"""A small house in raw rows: two restaurants, four months of sales, deliveries and waste, as ingestion would leave them.

Everything is computed here in plain Python, so that what dbt makes of the same rows can be compared with it.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_CEILING, Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import psycopg
import yaml
from psycopg import sql
from psycopg.types.json import Jsonb

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "dbt_project" / "models" / "staging"
NAMESPACE = UUID("5f0c0000-0000-4000-8000-000000000000")
RAW_TYPES = {"uuid": "text", "integer": "bigint"}  # as dlt leaves them
CUTOFF = time(4)
DAYS = 120
LOCATIONS = {"RIV": ("Riverside", "America/New_York"), "HAR": ("Harbour", "America/Los_Angeles")}
PRODUCTS = {  # sku: name, category, stock unit, supplier, pack quantity, pack unit, price, first stock
    "TOM": ("Tomatoes, tinned", "Dry goods", "g", "MILL", 2500, "g", "6.40", 60000),
    "FLO": ("Flour, tipo 00", "Dry goods", "g", "MILL", 25, "kg", "21.00", 90000),
    "MOZ": ("Mozzarella", "Dairy", "g", "DAIRY", 3, "kg", "24.90", 40000),
    "HAM": ("Ham, cooked", "Meat", "g", "BUTCHER", 2, "kg", "19.80", 12000),
    "PIN": ("Pineapple, tinned", "Dry goods", "g", "MILL", 850, "g", "2.10", 9000),
    "OIL": ("Olive oil", "Dry goods", "ml", "MILL", 5, "l", "38.00", 15000),
    "BAS": ("Basil", "Fresh", "g", "FARM", 100, "g", "1.80", 900),
    "SAU": ("Tomato sauce", "Made here", "g", "", 1, "kg", "0", 0),
    "BOX": ("Pizza box", "Packaging", "each", "MILL", 100, "each", "14.00", 2500),
    "LEM": ("Lemonade, bottle", "Drinks", "each", "DAIRY", 24, "each", "15.60", 300),
}
SUPPLIERS = {  # code: name, lead days, weekdays, share late, share short
    "MILL": ("Millers & Sons", 2, [1, 4], 0.05, 0.02),
    "DAIRY": ("Green Valley Dairy", 1, [1, 2, 3, 4, 5, 6], 0.10, 0.05),
    "BUTCHER": ("Old Town Butcher", 1, [2, 4, 6], 0.35, 0.15),
    "FARM": ("Farm Gate", 1, [1, 3, 5], 0.20, 0.25),
}
MENU = {  # code: name, category, price, recipe (sku, quantity, unit, yield)
    "marg_m": ("Margherita, medium", "Pizza", "11.50", [("FLO", 220, "g", 1), ("SAU", 90, "g", 1), ("MOZ", 110, "g", 1), ("BAS", 3, "g", "0.6"), ("OIL", 8, "ml", 1), ("BOX", 1, "each", 1)]),
    "hawa_m": ("Hawaiian, medium", "Pizza", "13.25", [("FLO", 220, "g", 1), ("SAU", 90, "g", 1), ("MOZ", 100, "g", 1), ("HAM", 60, "g", "0.95"), ("PIN", 70, "g", "0.65"), ("BOX", 1, "each", 1)]),
    "lemo": ("Lemonade", "Drinks", "3.20", [("LEM", 1, "each", 1)]),
}  # fmt: skip
COUNTED = {"MOZ": Decimal(-140), "FLO": Decimal(95)}  # what each Sunday's count finds too little or too much
SAUCE = ("2", "kg", [("TOM", "2.2", "kg", "0.9"), ("OIL", "60", "ml", 1), ("BAS", "20", "g", "0.8")])
WEEK = (0.7, 0.75, 0.85, 1.0, 1.5, 1.7, 1.1)


def key(*parts: object) -> UUID:
    """A stable id for what these words name."""
    return uuid5(NAMESPACE, " ".join(map(str, parts)))


@dataclass
class House:
    """Rows per raw table, and what should come of them."""

    today: date
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    usage: dict[tuple[str, date, str], Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    on_hand: dict[tuple[str, str], Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def add(self, table: str, **row: Any) -> None:
        self.rows[table].append(row)


def build_house(now: datetime | None = None, days: int = DAYS) -> House:
    """The house as of now: every business day before today is complete."""
    moment = now or datetime.now(UTC)
    house = House((moment.astimezone(ZoneInfo("America/New_York")) - timedelta(hours=4)).date())
    generator = random.Random(20_261_122)
    _master_data(house)
    _rejected(house)
    for number in range(days, 0, -1):
        day = house.today - timedelta(days=number)
        for code in LOCATIONS:
            if not (code == "HAR" and day.isoweekday() == 1):  # Harbour is closed on Mondays
                _business_day(house, generator, code, day, is_first=number == days)
    return house


def _master_data(house: House) -> None:
    for code, (name, zone) in LOCATIONS.items():
        house.add("locations", id=key("location", code), code=code, name=name, time_zone=zone, currency="USD", day_cutoff=CUTOFF, allows_negative=True)  # fmt: skip
    for code, (name, lead, weekdays, _, _) in SUPPLIERS.items():
        house.add("suppliers", id=key("supplier", code), code=code, name=name, currency="USD", lead_time_days=lead, minimum_order_value=Decimal(50), on_time_grace_hours=0, delivery_weekdays=Jsonb(weekdays))  # fmt: skip
    for sku, (name, category, unit, supplier, *_) in PRODUCTS.items():
        house.add("products", id=key("product", sku), sku=sku, name=name, category=category, stock_unit=unit, tracks_lots=False, is_active=True)  # fmt: skip
        if supplier:
            _price_list(house, supplier, sku)
            house.add("supplier_products", id=key("offer", sku), supplier_id=key("supplier", supplier), product_id=key("product", sku), supplier_sku=f"{supplier}-{sku}", pack_quantity=Decimal(PRODUCTS[sku][4]), pack_unit=PRODUCTS[sku][5], price=Decimal(PRODUCTS[sku][6]), currency="USD", is_preferred=True, is_active=True)  # fmt: skip
        for code in LOCATIONS:
            house.add("inventory_items", id=key("item", code, sku), product_id=key("product", sku), location_id=key("location", code), area_id=None, on_hand=Decimal(0), reorder_point=Decimal(10**9) if sku == "BAS" else None, avg_cost=Decimal(0), currency="USD")  # fmt: skip
    first = house.today - timedelta(days=400)
    for code, (name, category, price, lines) in MENU.items():
        house.add("menu_items", id=key("menu", code), code=code, name=name, category=category, price=Decimal(price), is_active=True)  # fmt: skip
        _recipe(house, f"menu {code}", lines, menu_item_id=key("menu", code), product_id=None, yield_quantity=Decimal(1), yield_unit="each", effective_from=first)  # fmt: skip
    quantity, unit, lines = SAUCE
    _recipe(house, "sauce", lines, menu_item_id=None, product_id=key("product", "SAU"), yield_quantity=Decimal(quantity), yield_unit=unit, effective_from=first)  # fmt: skip


def _rejected(house: House) -> None:
    """Rows that could not be read: two of Riverside's till, one that names no location."""
    for number, (source, code, place, state) in enumerate(
        (("pos", "not_a_number", "RIV", "pending"), ("pos", "not_a_number", "RIV", "loaded"), ("invoices", "unknown_supplier", None, "pending"))
    ):  # fmt: skip
        house.add("rows", id=number, source=source, code=code, location_code=place, state=state, quarantined_at=datetime(2026, 11, 20, tzinfo=UTC))  # fmt: skip


def _recipe(house: House, name: str, lines: list[tuple[Any, ...]], **recipe: Any) -> None:
    house.add("recipes", id=key("recipe", name), effective_to=None, **recipe)
    for sku, quantity, unit, remains in lines:
        house.add("recipe_lines", id=key("line", name, sku), recipe_id=key("recipe", name), product_id=key("product", sku), quantity=Decimal(quantity), unit=unit, yield_fraction=Decimal(remains))  # fmt: skip


def _business_day(house: House, generator: random.Random, code: str, day: date, *, is_first: bool) -> None:
    at = datetime.combine(day, time(20), ZoneInfo(LOCATIONS[code][1])).astimezone(UTC)
    if is_first:
        for sku, (*_, pack, unit, price, stock) in PRODUCTS.items():
            if stock:
                cost = Decimal(price) / _in_stock_units(pack, unit)
                _move(house, code, sku, day, "opening", Decimal(stock), at - timedelta(hours=12), value=cost * stock)
    _sell(house, generator, code, day, at)
    for sku in PRODUCTS:
        if used := house.usage.get((code, day, sku)):
            _move(house, code, sku, day, "sale", -used, at, value=used * _unit_cost(sku))
    if generator.random() < 0.3:
        sku = generator.choice(["BAS", "MOZ", "HAM"])
        wasted = Decimal(generator.randrange(20, 200))
        _move(house, code, sku, day, "waste", -wasted, at, value=wasted * _unit_cost(sku))
    if day.isoweekday() == 7:
        _count(house, code, day, at + timedelta(hours=4))
    for supplier, (_, lead, weekdays, late, short) in SUPPLIERS.items():
        if day.isoweekday() in weekdays:
            _deliver(house, generator, code, supplier, day, lead, late, short)


def _count(house: House, code: str, day: date, at: datetime) -> None:
    for sku, found in COUNTED.items():
        _move(house, code, sku, day, "count_correction", found, at, value=abs(found) * _unit_cost(sku))


def _sell(house: House, generator: random.Random, code: str, day: date, at: datetime) -> None:
    size = 1.0 if code == "RIV" else 0.6
    for number in range(max(3, int(22 * size * WEEK[day.weekday()] * generator.uniform(0.8, 1.2)))):
        sold_at = at + timedelta(minutes=generator.randrange(-300, 400))
        for item in generator.sample(list(MENU), generator.choice([1, 1, 2, 3])):
            name, category, price, _ = MENU[item]
            count = generator.choice([1, 1, 1, 2, 3])
            house.add("order_lines", row_id=str(key("sale", code, day, number, item)), location_id=key("location", code), location_code=code, order_number=f"{day:%y%m%d}-{number:03}", ordered_at=sold_at, business_day=day, item_code=item, item_name=name, category=category, quantity=Decimal(count), unit_price=Decimal(price), line_total=Decimal(price) * count, source_file=f"{code}-{day:%y%m%d}.csv", source_line=number + 1, loaded_at=sold_at + timedelta(days=1))  # fmt: skip
            for sku, quantity in plate(item).items():
                house.usage[code, day, sku] += quantity * count


def plate(item: str) -> dict[str, Decimal]:
    """What one portion takes of what is bought, gross of yields, the sauce exploded."""
    taken: dict[str, Decimal] = defaultdict(Decimal)
    made, unit, sauce = SAUCE
    for sku, quantity, _, remains in MENU[item][3]:
        gross = Decimal(quantity) / Decimal(remains)
        if sku != "SAU":
            taken[sku] += gross
            continue
        for inner, amount, inner_unit, inner_remains in sauce:
            share = _in_stock_units(amount, inner_unit) / Decimal(inner_remains) / _in_stock_units(made, unit)
            taken[inner] += gross * share
    return taken


def _in_stock_units(quantity: Any, unit: str) -> Decimal:
    return Decimal(quantity) * {"kg": 1000, "l": 1000}.get(unit, 1)


def _unit_cost(sku: str) -> Decimal:
    *_, pack, unit, price, _ = PRODUCTS[sku]
    return Decimal(price) / _in_stock_units(pack, unit)


def _move(house: House, code: str, sku: str, day: date, kind: str, delta: Decimal, at: datetime, *, value: Decimal, reference: str = "") -> None:  # fmt: skip
    delta = delta.quantize(Decimal("0.000001"))
    item = key("item", code, sku)
    house.on_hand[code, sku] += delta
    house.add("stock_movements", id=key("movement", code, sku, day, kind, reference), kind=kind, from_item_id=item if delta < 0 else None, to_item_id=item if delta > 0 else None, product_id=key("product", sku), quantity=abs(delta), value=abs(value).quantize(Decimal("0.000001")), currency="USD", occurred_at=at, recorded_at=at + (timedelta(days=2) if kind == "waste" else timedelta(minutes=1)), source="pos" if kind == "sale" else "scan", reason_code=None, reference=reference or None, reverses_id=None)  # fmt: skip


def _deliver(house: House, generator: random.Random, code: str, supplier: str, day: date, lead: int, late: float, short: float) -> None:  # fmt: skip
    """An order for what the last days used, promised for this day; sometimes late, sometimes short."""
    wanted = [sku for sku, row in PRODUCTS.items() if row[3] == supplier]
    order, is_late = key("order", code, supplier, day), generator.random() < late
    arrives = day + timedelta(days=1 if is_late else 0)
    at = datetime.combine(arrives, time(10), ZoneInfo(LOCATIONS[code][1])).astimezone(UTC)
    is_open = at >= datetime.combine(house.today, time(0), UTC)
    sent = datetime.combine(day - timedelta(days=lead), time(15), UTC)
    house.add("purchase_orders", id=order, number=f"PO-{day:%y%m%d}-{code}-{supplier}", supplier_id=key("supplier", supplier), location_id=key("location", code), status="sent" if is_open else "received", currency="USD", expected_on=day, ordered_at=sent, sent_at=sent)  # fmt: skip
    for sku in wanted:
        *_, pack, unit, price, _ = PRODUCTS[sku]
        recent = sum(house.usage.get((code, day - timedelta(days=back), sku), Decimal(0)) for back in range(1, 8))
        lacking = recent * Decimal("1.2") - house.on_hand[code, sku]
        if lacking <= 0:
            continue
        packs = (lacking / _in_stock_units(pack, unit)).to_integral_value(ROUND_CEILING)
        is_short = generator.random() < short
        came = Decimal(0) if is_open else packs - (1 if is_short and packs > 1 else 0)
        paid = Decimal(price) * (Decimal("1.06") if generator.random() < 0.1 else 1)
        line = key("order line", order, sku)
        house.add("purchase_order_lines", id=line, purchase_order_id=order, product_id=key("product", sku), pack_quantity=Decimal(pack), pack_unit=unit, packs_ordered=packs, packs_received=came, price=Decimal(price), completed_at=at if came == packs else None)  # fmt: skip
        if came:
            house.add("purchase_order_receipts", id=key("movement", code, sku, day, "receipt", str(line)), purchase_order_line_id=line, packs=came, price=paid, occurred_at=at)  # fmt: skip
            _bill(house, order, line, sku, supplier, day, packs, paid)
            _move(house, code, sku, day, "receipt", came * _in_stock_units(pack, unit), at, value=came * paid, reference=str(line))  # fmt: skip


def _price_list(house: House, supplier: str, sku: str) -> None:
    """The article on the supplier's list, a year ago and a tenth dearer since a month."""
    price, at = Decimal(PRODUCTS[sku][-2]), datetime.now(UTC)
    for days, now in ((365, price), (30, price * Decimal("1.1"))):
        house.add("prices", row_id=f"{supplier} {sku} {days}", supplier_id=key("supplier", supplier), supplier_code=supplier, supplier_sku=f"{supplier}-{sku}", name=sku, price=now, price_quantity=Decimal(1), currency="USD", valid_from=house.today - timedelta(days=days), is_dated=True, is_offered=True, loaded_at=at)  # fmt: skip


def _bill(house: House, order: UUID, line: UUID, sku: str, supplier: str, day: date, packs: Decimal, paid: Decimal) -> None:  # fmt: skip
    """An invoice of its own for each line: everything ordered is billed, what came or not, at what was paid."""
    number = next(row["number"] for row in reversed(house.rows["purchase_orders"]) if row["id"] == order)
    house.add("invoices", document_id=str(line), kind="invoice", sign=1, number=f"{number}-{sku}", supplier_code=supplier, supplier_name=supplier, issued_on=day, currency="USD", loaded_at=datetime.now(UTC))  # fmt: skip
    house.add("invoice_lines", line_id=str(line), document_id=str(line), sign=1, order_number=number, supplier_sku=f"{supplier}-{sku}", quantity=packs, unit_code="CS", net_amount=packs * paid)  # fmt: skip


# ------------------------------------------------------------------ into the warehouse


def declared_tables() -> dict[str, tuple[str, dict[str, str]]]:
    """Every raw table that dbt declares: its schema and its columns with their raw types."""
    tables = {}
    for path in SOURCES.glob("*/_sources.yml"):
        for source in yaml.safe_load(path.read_text())["sources"]:
            for table in source["tables"]:
                columns = {c["name"]: RAW_TYPES.get(c["data_type"], c["data_type"]) for c in table["columns"]}
                tables[table["name"]] = (source["schema"], columns)
    return tables


def create_raw(connection: psycopg.Connection[Any]) -> None:
    """The empty raw tables, as ingestion creates them."""
    for name, (schema, columns) in declared_tables().items():
        connection.execute(sql.SQL("create schema if not exists {}").format(sql.Identifier(schema)))
        typed = sql.SQL(", ").join(sql.SQL(f"{{}} {kind}").format(sql.Identifier(column)) for column, kind in columns.items())  # fmt: skip
        connection.execute(sql.SQL("create table {} ({})").format(sql.Identifier(schema, name), typed))


def fill_raw(connection: psycopg.Connection[Any], rows: Mapping[str, list[dict[str, Any]]]) -> None:
    """Insert rows into the raw tables; columns that a row does not name stay null."""
    tables = declared_tables()
    for name, each in rows.items():
        schema, columns = tables[name]
        named = [column for column in columns if any(column in row for row in each)]
        target = sql.SQL("copy {} ({}) from stdin").format(sql.Identifier(schema, name), sql.SQL(", ").join(map(sql.Identifier, named)))  # fmt: skip
        with connection.cursor().copy(target) as copy:
            for row in each:
                copy.write_row([row.get(column) for column in named])
