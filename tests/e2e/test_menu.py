"""The menu with what each item costs, leaves and contains."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from api.domain.ids import uuid7
from tests.e2e.conftest import PHONE, Visit
from tests.e2e.kitchen import Kitchen
from tests.e2e.pages import MenuPage


def dish(kitchen: Kitchen, name: str, lines: dict[str, str], price: str) -> dict[str, Any]:
    """An item of so many grams of each product."""
    body = {"id": str(uuid7()), "code": f"{name}-{secrets.token_hex(4)}", "name": name, "price": price}
    made = kitchen.ask("POST", "/api/menu-items", json=body)
    recipe = {
        "id": str(uuid7()),
        "menu_item_id": made["id"],
        "effective_from": "2026-01-01",
        "lines": [
            {"product_id": kitchen.products[product]["id"], "quantity": quantity, "unit": "g"}
            for product, quantity in lines.items()
        ],
    }
    if lines:
        kitchen.ask("POST", "/api/recipes", json=recipe)
    return made


@pytest.fixture
def mark(kitchen: Kitchen) -> str:
    """Three dishes that share a mark in their names: menus are everybody's, so a test looks for its own.

    Rice costs 20 for 5 kg: 250 g of it cost 1 and leave 11 of 12. Nobody sells saffron, and soup has no recipe.
    """
    mark = secrets.token_hex(3)
    for name in ("Basmati rice", "Saffron"):
        kitchen.product(name)
    kitchen.sold_by(kitchen.supplier(), "Basmati rice")
    dish(kitchen, f"Pilaf {mark}", {"Basmati rice": "250"}, "12")
    dish(kitchen, f"Risotto {mark}", {"Basmati rice": "250", "Saffron": "1"}, "18")
    dish(kitchen, f"Soup {mark}", {}, "6")
    return mark


class TestMenu:
    def test_says_what_is_left_of_the_price_and_what_is_not_known(
        self, kitchen: Kitchen, visit: Callable[..., Visit], mark: str
    ):
        window = visit()
        window.log_in(kitchen.person("manager"))
        menu = MenuPage(window.page, kitchen.base_url).open().search(mark)
        expect(menu.rows).to_have_count(3)
        expect(menu.row("Pilaf")).to_contain_text("$11.00")
        expect(menu.row("Pilaf")).to_contain_text("8.3 %")
        expect(menu.row("Risotto")).to_contain_text("Saffron: no supplier's price")
        expect(menu.row("Risotto")).to_contain_text("over $1.00")
        expect(menu.row("Soup")).to_contain_text("no recipe today")

    def test_at_the_places_average_cost(self, kitchen: Kitchen, visit: Callable[..., Visit], mark: str):
        window = visit(**PHONE)
        window.log_in(kitchen.person("manager"))
        menu = MenuPage(window.page, kitchen.base_url).open().search(mark)
        expect(menu.row("Pilaf")).to_contain_text("$11.00")
        menu.at_average_cost()
        expect(menu.row("Pilaf")).to_contain_text("never here at a cost")
        window.page.reload()
        expect(menu.row("Pilaf")).to_contain_text("never here at a cost")
