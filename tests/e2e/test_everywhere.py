"""What holds on every page: text stays text, the keyboard suffices, a phone never scrolls sideways."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import PHONE, Visit
from tests.e2e.kitchen import Kitchen
from tests.e2e.pages import OrderPage, OrdersPage, ScanPage, StockPage

PAYLOAD = "<img src=x onerror=document.title='pwned'><script>document.title='pwned'</script>"
PATHS = ("/", "/stock", "/counts", "/transfers", "/waste", "/orders", "/menu", "/alerts", "/login")


class TestText:
    def test_a_payload_as_a_name_is_only_a_name(self, kitchen: Kitchen, visit: Callable[..., Visit]):
        kitchen.product(PAYLOAD)
        kitchen.scan(PAYLOAD, "receive", "1")
        supplier = kitchen.supplier("\"><svg onload=document.title='pwned'>")
        kitchen.sold_by(supplier, PAYLOAD)
        draft = kitchen.order(supplier, {PAYLOAD: "1"})
        window = visit()
        scan = window.log_in(kitchen.person("manager", "<b onmouseover=alert(1)>Eve</b>"))
        scan.type_code(kitchen.codes[PAYLOAD]).wait_for_product(PAYLOAD).confirm()
        stock = StockPage(window.page, kitchen.base_url).open()
        expect(stock.rows.first).to_contain_text(PAYLOAD)
        stock.open_item("<img").wait_until_loaded()
        OrdersPage(window.page, kitchen.base_url).open()
        OrderPage(window.page, kitchen.base_url).open_id(draft["id"])
        expect(window.page).to_have_title(f"{draft['number']} · Stockpot")
        assert window.page.locator("img, main svg[onload]").count() == 0


class TestKeyboard:
    def test_a_scan_without_a_pointer(self, kitchen: Kitchen, visit: Callable[..., Visit]):
        kitchen.product("Basmati rice")
        kitchen.scan("Basmati rice", "receive", "2")
        window = visit()
        scan = window.log_in(kitchen.person())
        keyboard = window.page.keyboard
        keyboard.press("Escape")
        keyboard.press("/")
        expect(window.page.get_by_label("Code", exact=True)).to_be_focused()
        keyboard.type(kitchen.codes["Basmati rice"], delay=60)
        keyboard.press("Enter")
        scan.wait_for_product("Basmati rice")
        expect(window.page.locator("#confirm")).to_be_focused()
        keyboard.press("Enter")
        expect(scan.message).to_contain_text("Used 5\u00a0kg")
        undo = window.page.locator("#last").get_by_role("button", name="Undo")
        while not undo.evaluate("button => button === document.activeElement"):
            keyboard.press("Tab")
        keyboard.press("Enter")
        expect(window.page.locator("#last li.reversed")).to_have_count(1)

    def test_going_from_page_to_page_and_help(self, kitchen: Kitchen, visit: Callable[..., Visit]):
        window = visit()
        window.log_in(kitchen.person())
        keyboard = window.page.keyboard
        keyboard.press("Escape")
        keyboard.press("?")
        expect(window.page.get_by_role("dialog", name="Keys")).to_be_visible()
        keyboard.press("Escape")
        expect(window.page.get_by_role("dialog", name="Keys")).to_be_hidden()
        keyboard.type("gs", delay=90)
        window.page.wait_for_url("**/stock")
        expect(window.page.get_by_role("heading", name="Stock", exact=True)).to_be_visible()
        StockPage(window.page, kitchen.base_url).wait_until_loaded()
        keyboard.press("/")
        expect(window.page.get_by_label("Search items")).to_be_focused()


class TestPhone:
    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_no_page_scrolls_sideways(self, kitchen: Kitchen, visit: Callable[..., Visit], scheme: str):
        name = "Mozzarella di bufala campana DOP in whey, four balls to a tub"
        kitchen.product(name)
        kitchen.scan(name, "receive", "2")
        supplier = kitchen.supplier("Caseificio e Gastronomia di San Giovanni in Persiceto")
        kitchen.sold_by(supplier, name)
        draft = kitchen.order(supplier, {name: "12"})
        window = visit(**PHONE, color_scheme=scheme)
        scan = window.log_in(kitchen.person("manager"))
        item = kitchen.items(location_id=kitchen.place["id"])[0]
        for path in (*PATHS, f"/stock/{item['id']}", f"/orders/{draft['id']}"):
            window.page.goto(kitchen.base_url + path)
            window.page.wait_for_load_state("networkidle")
            widths = window.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
            assert widths == [360, 360], path
        scan = ScanPage(window.page, kitchen.base_url).open().type_code(kitchen.codes[name]).wait_for_product(name)
        box = scan.page.locator("#confirm").bounding_box()
        assert box is not None
        assert box["height"] >= 56
        assert box["y"] + box["height"] <= 740, "the primary action lies under the thumb, not below the page"

    def test_targets_are_large_enough_for_wet_hands(self, kitchen: Kitchen, visit: Callable[..., Visit]):
        kitchen.product("Basmati rice")
        window = visit(**PHONE)
        scan = window.log_in(kitchen.person()).type_code(kitchen.codes["Basmati rice"]).wait_for_product("Basmati rice")
        targets = scan.page.locator(".scan button:visible, .modes > label, .more summary")
        heights = [box["height"] for one in targets.all() if (box := one.bounding_box())]
        assert len(heights) >= 8
        assert min(heights) >= 56


class TestPolicy:
    def test_nothing_from_elsewhere_is_asked_for(self, kitchen: Kitchen, visit: Callable[..., Visit]):
        window = visit()
        hosts: set[str] = set()
        window.page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
        window.log_in(kitchen.person())
        for path in PATHS:
            window.page.goto(kitchen.base_url + path)
            window.page.wait_for_load_state("networkidle")
        assert hosts == {kitchen.base_url.split("/")[2]}
