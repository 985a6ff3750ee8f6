"""Locations, products, suppliers, prices, menu and recipes, sent to the API."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from infra.demo import sales
from infra.demo.client import Person
from infra.demo.ids import fact_id
from infra.demo.restaurant import (
    AREAS,
    CURRENCY,
    LOCATIONS,
    TIME_ZONE,
    Code,
    Ingredient,
    Line,
    Offer,
    Restaurant,
    monday_of,
)

WORKERS = 4


@dataclass
class Setting:
    """The ids of what was set up."""

    locations: dict[str, str] = field(default_factory=dict)
    areas: dict[tuple[str, str], str] = field(default_factory=dict)
    products: dict[str, str] = field(default_factory=dict)
    suppliers: dict[str, str] = field(default_factory=dict)
    offers: dict[str, str] = field(default_factory=dict)


class Builder:
    """Sends the restaurant to the API as one person; what is there already is left as it is."""

    def __init__(self, admin: Person, restaurant: Restaurant, first_day: date) -> None:
        self._admin, self._restaurant, self._first_day = admin, restaurant, first_day
        self._since = datetime.combine(first_day - timedelta(days=30), time(12), UTC)
        self.setting = Setting()

    def build(self, progress: Callable[[str], None]) -> Setting:
        """Everything that a day of sales needs."""
        self._locations()
        made = self._together(self._product, self._restaurant.ingredients.values())
        self.setting.products = dict(made)
        self.setting.suppliers = dict(self._together(self._supplier, self._restaurant.suppliers.values()))
        self.setting.offers = dict(self._together(self._offer, self._restaurant.offers))
        progress(
            f"{len(self.setting.locations)} locations, {len(self.setting.products)} products,"
            f" {len(self.setting.suppliers)} suppliers, {len(self.setting.offers)} supplier products with prices"
        )
        self._together(self._made, self._restaurant.made)
        dishes = self._together(self._dish, sales.menu().items())
        progress(f"{len(dishes)} menu items with recipes")
        return self.setting

    @staticmethod
    def _together(send: Callable[[Any], Any], rows: Iterable[Any]) -> list[Any]:
        with ThreadPoolExecutor(WORKERS) as pool:
            return list(pool.map(send, rows))

    def _id(self, *key: object) -> str:
        return fact_id(self._since, *key)

    def _locations(self) -> None:
        for code, name in LOCATIONS.items():
            body = {"id": self._id("location", code), "code": code, "name": name, "time_zone": TIME_ZONE}
            location = self._admin.post("/api/locations", {**body, "currency": CURRENCY, "day_cutoff": "04:00:00"})
            self.setting.locations[code] = location["id"]
            for position, area in enumerate(AREAS, 1):
                made = self._admin.post(
                    f"/api/locations/{location['id']}/areas",
                    {"id": self._id("area", code, area), "name": area, "position": position},
                )
                self.setting.areas[code, area] = made["id"]

    def _product(self, ingredient: Ingredient) -> tuple[str, str]:
        codes = [code for code in self._restaurant.codes if code.sku == ingredient.sku]
        body = {
            "id": self._id("product", ingredient.sku),
            "sku": ingredient.sku,
            "name": ingredient.name,
            "category": ingredient.category,
            "stock_unit": ingredient.stock_unit,
            "shelf_life_days": ingredient.shelf_life_days,
            "allergens": ingredient.allergens,
            "units": [{"unit": unit, "numerator": size} for unit, size in ingredient.units.items()],
            "barcodes": [_barcode(code) for code in codes],
        }
        return ingredient.sku, self._admin.post("/api/products", body)["id"]

    def _supplier(self, row: dict[str, Any]) -> tuple[str, str]:
        terms = {name: value for name, value in row.items() if name not in {"orders", "odds"}}
        body = {"id": self._id("supplier", row["code"]), "currency": CURRENCY, **terms}
        return row["code"], self._admin.post("/api/suppliers", body)["id"]

    def _offer(self, offer: Offer) -> tuple[str, str]:
        """What a supplier sells, with the prices of the year."""
        body = {
            "id": self._id("offer", offer.supplier_sku),
            "supplier_id": self.setting.suppliers[offer.supplier],
            "product_id": self.setting.products[offer.sku],
            "supplier_sku": offer.supplier_sku,
            "pack_name": offer.pack_name,
            "pack_quantity": offer.pack_quantity,
            "pack_unit": offer.pack_unit,
            "price": str(offer.price),
            "price_valid_from": self._since.isoformat(),
            "is_preferred": offer.is_preferred,
        }
        made = self._admin.post("/api/supplier-products", body)
        url = f"/api/supplier-products/{made['id']}"
        if offer.changes:
            known = {datetime.fromisoformat(p["valid_from"]) for p in self._admin.get(f"{url}/prices")["items"]}
            version = self._admin.get(url)["version"]
            for week, price in offer.changes:
                since = datetime.combine(self._first_day + timedelta(weeks=week), time(9), UTC)
                if since not in known and since < datetime.now(UTC):
                    change = {"price": str(price), "price_valid_from": since.isoformat()}
                    version = self._admin.patch(url, change, version)["version"]
        return offer.supplier_sku, made["id"]

    # ------------------------------------------------------------------ menu

    def _made(self, sku: str) -> None:
        made = self._restaurant.made[sku]
        self._admin.post(
            "/api/recipes",
            {
                "id": self._id("recipe", sku),
                "product_id": self.setting.products[sku],
                "yield_quantity": made.quantity,
                "yield_unit": made.unit,
                "effective_from": self._since.date().isoformat(),
                "lines": self._lines(made.lines),
            },
        )

    def _dish(self, row: tuple[tuple[str, str], tuple[str, Any]]) -> str:
        """A pizza of a size, with its recipes of the year."""
        (name, size), (category, price) = row
        code = f"{name}_{size}"
        dish = self._admin.post(
            "/api/menu-items",
            {
                "id": self._id("menu item", code),
                "code": code,
                "name": f"{self._restaurant.titles[name]} {size}",
                "category": category,
                "price": str(price),
            },
        )
        changes = [(week, monday_of(self._first_day, week)) for week in self._restaurant.changes(name)]
        for week, since in ((0, self._since.date()), *changes):
            self._admin.post(
                "/api/recipes",
                {
                    "id": self._id("recipe", code, week),
                    "menu_item_id": dish["id"],
                    "effective_from": since.isoformat(),
                    "lines": self._lines(self._restaurant.pizza(name, size, week)),
                },
            )
        return code

    def _lines(self, lines: Iterable[Line]) -> list[dict[str, str]]:
        return [
            {
                "product_id": self.setting.products[line.sku],
                "quantity": str(line.quantity),
                "unit": line.unit,
                "yield_fraction": str(line.yield_fraction),
            }
            for line in lines
        ]


def _barcode(code: Code) -> dict[str, str]:
    return {
        "code": code.code,
        "symbology": code.symbology,
        "pack_quantity": code.pack_quantity,
        "pack_unit": code.pack_unit,
    }
