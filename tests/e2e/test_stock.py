"""The stock list and an item's history."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.e2e.conftest import Visit
from tests.e2e.kitchen import Kitchen
from tests.e2e.pages import StockPage


def stocked(kitchen: Kitchen) -> None:
    kitchen.product("Basmati rice")
    kitchen.product("Plum tomatoes", pack="400", pack_unit="g")
    kitchen.scan("Basmati rice", "receive", "8")
    kitchen.scan("Plum tomatoes", "receive", "2")
    kitchen.set_reorder_point("Plum tomatoes", "2000", "8000")


class TestStockList:
    def test_search_narrows_and_says_when_nothing_fits(self, kitchen: Kitchen, visit: Callable[..., Visit]):
        stocked(kitchen)
        window = visit()
        window.log_in(kitchen.person())
        stock = StockPage(window.page, kitchen.base_url).open()
        assert stock.on_hand("Basmati rice") == "40 kg"
        stock.search("tomat")
        expect(stock.rows).to_have_count(1)
        assert stock.on_hand("Plum tomatoes") == "800 g"
        stock.search("caviar")
        expect(window.page.get_by_text("Nothing is called “caviar” here")).to_be_visible()

    def test_what_is_low_has_a_word_and_a_filter(self, kitchen: Kitchen, visit: Callable[..., Visit]):
        stocked(kitchen)
        window = visit()
        window.log_in(kitchen.person())
        stock = StockPage(window.page, kitchen.base_url).open().only_below_reorder()
        expect(stock.rows).to_have_count(1)
        expect(stock.row("Plum tomatoes").get_by_text("low", exact=True)).to_be_visible()
        window.page.reload()
        expect(stock.rows).to_have_count(1)

    def test_an_error_says_why_and_offers_to_try_again(self, kitchen: Kitchen, visit: Callable[..., Visit]):
        stocked(kitchen)
        window = visit()
        window.log_in(kitchen.person())
        problem = {
            "status": 503,
            "title": "Service Unavailable",
            "code": "unavailable",
            "detail": "The database is away.",
        }
        window.context.route("**/api/inventory?*", lambda route: route.fulfill(status=503, json=problem))
        window.page.goto(f"{kitchen.base_url}/stock")
        expect(window.page.get_by_role("alert")).to_contain_text("The database is away.")
        window.context.unroute_all()
        window.page.get_by_role("button", name="Try again").click()
        expect(StockPage(window.page, kitchen.base_url).rows).to_have_count(2)


class TestItem:
    def test_its_figures_and_movements(self, kitchen: Kitchen, visit: Callable[..., Visit]):
        stocked(kitchen)
        kitchen.scan("Basmati rice", "issue", "3")
        window = visit()
        window.log_in(kitchen.person())
        item = StockPage(window.page, kitchen.base_url).open().open_item("Basmati rice")
        item.wait_until_loaded()
        assert item.figure("On hand") == "25 kg"
        expect(item.rows).to_have_count(2)
        expect(item.rows.first).to_contain_text("Used")
        expect(item.rows.first).to_contain_text("−15\u00a0kg")
        expect(window.page.get_by_role("img", name="On hand over the movements shown")).to_be_visible()
