"""A count from the shelf to the books: on a phone, partly without a connection, then approved at a desk."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from playwright.sync_api import expect

from tests.e2e.conftest import PHONE, Visit
from tests.e2e.kitchen import Kitchen
from tests.e2e.pages import CountsPage


class TestCount:
    def test_from_the_shelf_to_the_books(self, kitchen: Kitchen, visit: Callable[..., Visit]):
        """40 kg of rice are expected and 39 kg counted, of which 9 kg by a second look; 800 g of tomatoes are all there."""
        kitchen.product("Basmati rice")
        kitchen.product("Plum tomatoes", pack="400", pack_unit="g")
        kitchen.scan("Basmati rice", "receive", "8")
        kitchen.scan("Plum tomatoes", "receive", "2")

        phone = visit(**PHONE)
        phone.log_in(kitchen.person())
        sheet = CountsPage(phone.page, kitchen.base_url).open().start().wait_for_item("Basmati rice")
        number = sheet.number
        expect(phone.page.locator("#counting")).not_to_contain_text("expected")
        sheet.type_line(kg="30").wait_for_item("Plum tomatoes")
        expect(sheet.shelf("Basmati rice")).to_contain_text("30\u00a0kg", timeout=15_000)

        phone.context.set_offline(True)
        sheet.type_line(g="800")
        expect(sheet.unsent).to_contain_text("1 counted lines are on this device")
        expect(sheet.shelf("Plum tomatoes")).to_contain_text("unsent")
        phone.context.set_offline(False)
        expect(sheet.unsent).to_be_hidden(timeout=20_000)
        expect(sheet.shelf("Plum tomatoes")).to_contain_text("800\u00a0g", timeout=15_000)

        phone.page.get_by_label("Jump to an item").fill(kitchen.codes["Basmati rice"])
        phone.page.keyboard.press("Enter")
        sheet.wait_for_item("Basmati rice").type_line(kg="9")
        expect(sheet.shelf("Basmati rice")).to_contain_text("39\u00a0kg", timeout=15_000)
        sheet.act("submit").wait_for_status("To approve")

        desk = visit()
        desk.log_in(kitchen.person("manager", "Mo Manager"))
        review = CountsPage(desk.page, kitchen.base_url).open().open_count(number).wait_for_status("To approve")
        assert review.reviewed("Basmati rice")[:3] == ["39 kg", "40 kg", "−1 kg"]
        assert review.reviewed("Plum tomatoes")[:3] == ["800 g", "800 g", "0 g"]
        review.act("approve").wait_for_status("Posted")
        assert kitchen.on_hand("Basmati rice") == Decimal(39000)

    def test_nothing_typed_is_no_zero_until_it_is_said(self, kitchen: Kitchen, visit: Callable[..., Visit]):
        kitchen.product("Basmati rice")
        kitchen.scan("Basmati rice", "receive", "8")
        phone = visit(**PHONE)
        phone.log_in(kitchen.person())
        sheet = CountsPage(phone.page, kitchen.base_url).open().start().wait_for_item("Basmati rice")
        sheet.type_line(kg="")
        expect(phone.page.get_by_role("button", name="None there: count 0")).to_be_focused()
        expect(phone.page.locator("#shelf button .icon")).to_have_count(0)
        phone.page.keyboard.press("Enter")
        expect(sheet.shelf("Basmati rice")).to_contain_text("0\u00a0g", timeout=15_000)
