"""Scanning: by camera, by wedge, by hand; undo; and what happens without a connection."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.e2e.conftest import PHONE, Visit
from tests.e2e.kitchen import Kitchen, ean13
from tests.e2e.pages import LogInPage, ScanPage

Open = Callable[..., Visit]


@pytest.fixture
def rice(kitchen: Kitchen) -> str:
    """The code of basmati rice in bags of 5 kg, eight of them on hand."""
    kitchen.product("Basmati rice")
    kitchen.scan("Basmati rice", "receive", "8")
    return kitchen.codes["Basmati rice"]


class TestCamera:
    def test_scan_use_and_undo(
        self, kitchen: Kitchen, rice: str, visit: Open, browser_with_camera: Callable[[str], Browser]
    ):
        window = visit(browser=browser_with_camera(rice), **PHONE)
        scan = window.log_in(kitchen.person()).choose("Use").start_camera()
        assert scan.decoder == "wasm"
        scan.wait_for_product("Basmati rice")
        assert scan.about == "5 kg a pack · 40 kg left"
        assert scan.set_amount("2").action == "Use 10 kg"
        assert scan.confirm().split("\n")[0] == "Used 10 kg · Basmati rice"
        expect(scan.message).to_contain_text("30")
        assert kitchen.on_hand("Basmati rice") == Decimal(30_000)
        scan.undo_last()
        assert kitchen.on_hand("Basmati rice") == Decimal(40_000)

    def test_the_same_code_in_view_is_not_scanned_twice(
        self, kitchen: Kitchen, rice: str, visit: Open, browser_with_camera: Callable[[str], Browser]
    ):
        window = visit(browser=browser_with_camera(rice))
        scan = window.log_in(kitchen.person()).start_camera().wait_for_product("Basmati rice")
        window.page.wait_for_timeout(2500)
        assert scan.action == "Use 5 kg"

    def test_without_wasm_the_server_decodes(
        self, kitchen: Kitchen, rice: str, visit: Open, browser_with_camera: Callable[[str], Browser]
    ):
        window = visit(browser=browser_with_camera(rice))
        window.context.route("**/vendor/*", lambda route: route.fulfill(status=404))
        scan = window.log_in(kitchen.person()).start_camera().wait_for_product("Basmati rice")
        assert scan.decoder == "server"

    def test_without_a_camera_it_says_what_else_works(self, kitchen: Kitchen, visit: Open):
        window = visit()
        window.log_in(kitchen.person())
        window.page.get_by_role("button", name="Start camera").click()
        expect(window.page.locator("#camera-note")).to_contain_text(re.compile("type the code", re.IGNORECASE))


class TestWedge:
    @pytest.mark.parametrize("end", ["Enter", "Tab", None])
    def test_a_fast_burst_is_a_scan_whatever_ends_it(self, kitchen: Kitchen, rice: str, visit: Open, end: str | None):
        scan = visit().log_in(kitchen.person()).wedge(rice, end=end).wait_for_product("Basmati rice")
        assert scan.action == "Use 5 kg"

    def test_a_second_scan_of_the_same_adds_one(self, kitchen: Kitchen, rice: str, visit: Open):
        scan = visit().log_in(kitchen.person()).wedge(rice).wait_for_product("Basmati rice").wedge(rice)
        expect(scan.page.locator("#confirm")).to_have_text("Use 10\u00a0kg")

    def test_a_burst_into_a_field_leaves_the_field_as_it_was(self, kitchen: Kitchen, rice: str, visit: Open):
        scan = visit().log_in(kitchen.person()).wedge(rice).wait_for_product("Basmati rice")
        other = kitchen.product("Olive oil", pack="1", pack_unit="l", stock_unit="ml")
        scan.page.get_by_label("Quantity").fill("3")
        scan.page.get_by_label("Quantity").focus()
        scan.wedge(kitchen.codes["Olive oil"]).wait_for_product(other["name"])
        assert scan.action == "Use 1 l"

    def test_a_burst_into_the_quantity_is_one_more_and_not_a_huge_number(
        self, kitchen: Kitchen, rice: str, visit: Open
    ):
        scan = visit().log_in(kitchen.person()).wedge(rice).wait_for_product("Basmati rice").set_amount("3")
        scan.page.get_by_label("Quantity").focus()
        scan.wedge(rice)
        expect(scan.page.locator("#confirm")).to_have_text("Use 20\u00a0kg")

    def test_a_scanner_as_slow_as_a_person_posts_no_huge_quantity(self, kitchen: Kitchen, rice: str, visit: Open):
        scan = visit().log_in(kitchen.person()).type_code(rice).wait_for_product("Basmati rice")
        scan.page.get_by_label("Quantity").fill("")
        scan.page.keyboard.type(rice, delay=60)
        assert scan.action == "Type how much"
        scan.page.keyboard.press("Enter")
        scan.wait_for_product("Basmati rice")
        expect(scan.message).to_have_count(0)
        assert kitchen.on_hand("Basmati rice") == Decimal(40_000)

    def test_letters_of_a_code_are_no_shortcuts(self, kitchen: Kitchen, visit: Open):
        kitchen.product("House stock", code="LOGS-1")
        scan = visit().log_in(kitchen.person())
        scan.page.keyboard.press("Escape")
        scan.page.wait_for_timeout(100)
        scan.wedge("LOGS-1").wait_for_product("House stock")
        assert scan.page.url == f"{kitchen.base_url}/"

    def test_a_person_typing_is_not_a_scanner(self, kitchen: Kitchen, rice: str, visit: Open):
        scan = visit().log_in(kitchen.person())
        scan.page.get_by_label("Code", exact=True).focus()
        scan.wedge(rice[:6], end=None, milliseconds_per_key=90)
        expect(scan.page.get_by_label("Code", exact=True)).to_have_value(rice[:6])


class TestTypedCode:
    def test_an_unknown_code_says_what_to_do_and_moves_nothing(self, kitchen: Kitchen, visit: Open):
        code = ean13()
        scan = visit().log_in(kitchen.person()).type_code(code)
        expect(scan.message).to_contain_text("Unknown code")
        expect(scan.message).to_contain_text(f"{code} belongs to no product yet. It was kept")
        assert kitchen.items(location_id=kitchen.place["id"]) == []

    def test_a_wrong_check_digit_says_which_mistake_it_is(self, kitchen: Kitchen, rice: str, visit: Open):
        wrong = rice[:-1] + str((int(rice[-1]) + 1) % 10)
        scan = visit().log_in(kitchen.person()).type_code(wrong)
        expect(scan.message).to_contain_text("Not done")
        expect(scan.message).to_contain_text("One digit was misread or mistyped")

    def test_a_weight_in_another_unit(self, kitchen: Kitchen, rice: str, visit: Open):
        scan = visit().log_in(kitchen.person()).type_code(rice).wait_for_product("Basmati rice")
        assert scan.set_amount("1,25", "kg").action == "Use 1.25 kg"
        scan.confirm()
        assert kitchen.on_hand("Basmati rice") == Decimal(38_750)

    def test_no_quantity_is_asked_for_and_not_guessed(self, kitchen: Kitchen, rice: str, visit: Open):
        scan = visit().log_in(kitchen.person()).type_code(rice).wait_for_product("Basmati rice")
        for nonsense in ("0", "-3", "NaN", "1e3", ""):
            assert scan.set_amount(nonsense).action == "Type how much"
        scan.page.locator("#confirm").click()
        assert "greater than zero" in scan.problem()
        assert kitchen.on_hand("Basmati rice") == Decimal(40_000)


class TestModes:
    def test_receive(self, kitchen: Kitchen, rice: str, visit: Open):
        scan = visit().log_in(kitchen.person()).choose("Receive").type_code(rice).wait_for_product("Basmati rice")
        assert scan.action == "Receive 5 kg"
        scan.confirm()
        assert kitchen.on_hand("Basmati rice") == Decimal(45_000)

    def test_waste_asks_why(self, kitchen: Kitchen, rice: str, visit: Open):
        scan = visit().log_in(kitchen.person()).choose("Waste").type_code(rice).wait_for_product("Basmati rice")
        scan.page.locator("#confirm").click()
        assert scan.problem() == "Say why it goes to waste."
        scan.choose_reason("Spoiled").confirm()
        (movement,) = kitchen.ask(
            "GET", "/api/stock-movements", params={"location_id": kitchen.place["id"], "kind": "waste"}
        )["items"]
        assert (movement["quantity"], movement["reason_code"]) == ("5000", "spoiled")

    def test_count_sets_what_there_is(self, kitchen: Kitchen, rice: str, visit: Open):
        scan = visit().log_in(kitchen.person()).choose("Count").type_code(rice).wait_for_product("Basmati rice")
        assert scan.set_amount("7").action == "Set count to 35 kg"
        scan.confirm()
        assert kitchen.on_hand("Basmati rice") == Decimal(35_000)

    def test_the_mode_is_remembered(self, kitchen: Kitchen, rice: str, visit: Open):
        scan = visit().log_in(kitchen.person()).choose("Receive").open()
        assert scan.type_code(rice).wait_for_product("Basmati rice").action == "Receive 5 kg"


class TestWithoutConnection:
    """The queue: what was confirmed is on disk, and is sent once, by the person who captured it."""

    @staticmethod
    def cut(page: Page) -> None:
        page.context.route("**/api/**", lambda route: route.abort("internetdisconnected"))

    def test_a_scan_survives_the_tab_and_is_posted_once(self, kitchen: Kitchen, rice: str, visit: Open):
        window = visit()
        scan = window.log_in(kitchen.person()).type_code(rice).wait_for_product("Basmati rice")
        self.cut(window.page)
        assert "not sent yet" in scan.confirm()
        expect(scan.backlog).to_have_text("1 unsent")
        window.page.close()
        window.context.unroute_all()
        again = ScanPage(window.context.new_page(), kitchen.base_url).open()
        expect(again.backlog).to_be_hidden(timeout=15_000)
        assert kitchen.on_hand("Basmati rice") == Decimal(35_000)
        expect(again.last).to_have_count(1)

    def test_a_lost_answer_doubles_nothing(self, kitchen: Kitchen, rice: str, visit: Open):
        window = visit()
        scan = window.log_in(kitchen.person()).type_code(rice).wait_for_product("Basmati rice")
        sends: list[str] = []

        def lose_first_answer(route: Route) -> None:
            sends.append(route.request.post_data or "")
            if len(sends) == 1:
                route.fetch()
                route.abort("connectionreset")
            else:
                route.continue_()

        window.context.route("**/api/scans", lose_first_answer)
        assert "Used 5 kg" in scan.confirm()
        assert len(sends) == 2
        assert kitchen.on_hand("Basmati rice") == Decimal(35_000)

    def test_somebody_elses_scans_wait_for_them(self, kitchen: Kitchen, rice: str, visit: Open):
        window = visit()
        ana, ben = kitchen.person(name="Ana Cook"), kitchen.person(name="Ben Baker")
        scan = window.log_in(ana).type_code(rice).wait_for_product("Basmati rice")
        window.context.route("**/api/scans", lambda route: route.abort("internetdisconnected"))
        scan.confirm()
        scan.log_out()
        window.context.unroute_all()
        scan = LogInPage(window.page, kitchen.base_url).log_in(ben.email, ben.password)
        expect(scan.backlog).to_have_text("1 of Ana Cook")
        assert kitchen.on_hand("Basmati rice") == Decimal(40_000)
        scan.log_out()
        scan = LogInPage(window.page, kitchen.base_url).log_in(ana.email, ana.password)
        expect(scan.backlog).to_be_hidden(timeout=15_000)
        assert kitchen.on_hand("Basmati rice") == Decimal(35_000)

    def test_another_person_in_another_tab_sends_nothing_of_the_first(self, kitchen: Kitchen, rice: str, visit: Open):
        window = visit()
        ana, ben = kitchen.person(name="Ana Cook"), kitchen.person(name="Ben Baker")
        scan = window.log_in(ana).type_code(rice).wait_for_product("Basmati rice")
        window.page.route("**/api/scans", lambda route: route.abort("internetdisconnected"))
        scan.confirm()
        LogInPage(window.context.new_page(), kitchen.base_url).log_in(ben.email, ben.password)
        expect(window.page.locator("#person-name")).to_have_text("Ben Baker")
        window.page.unroute_all()
        window.page.evaluate("dispatchEvent(new Event('online'))")
        expect(scan.backlog).to_have_text("1 of Ana Cook")
        assert kitchen.on_hand("Basmati rice") == Decimal(40_000)
